//! The fence as rules over the catalogue: what every table must have, and what nothing may have.
//!
//! A table that is in no list here is a tenant's and a bot's. Whoever adds one that is not says so below,
//! where a reviewer sees it.

use tokio_postgres::Client;

use super::texts;

/// Tables that belong to no tenant.
pub const GLOBAL: [&str; 19] = [
    "users",
    "email_codes",
    "sessions",
    "mails",
    "account_log",
    "instance",
    "directory",
    "workspaces",
    "limit_buckets",
    "client_standings",
    "second_factors",
    "backup_codes",
    "password_resets",
    "address_changes",
    "signup_invitations",
    "person_salts",
    "stripe_customers",
    "stripe_events",
    "__diesel_schema_migrations",
];

/// Tables of a workspace whose rows need not be about one bot.
pub const WORKSPACE_LEVEL: [&str; 11] = [
    "members",
    "bots",
    "jobs",
    "audit_log",
    "audit_heads",
    "invitations",
    "exports",
    "export_parts",
    "billing",
    "billing_notices",
    "message_months",
];

/// Those of them that every transaction of the workspace sees whole, whichever bot it is fenced to.
const WITHOUT_BOTS: [&str; 8] = [
    "members",
    "audit_heads",
    "invitations",
    "exports",
    "export_parts",
    "billing",
    "billing_notices",
    "message_months",
];

/// Tables of a bot that a transaction fenced to the workspace alone sees for all its bots: what the
/// dashboard sums up, and who may do what.
const ACROSS_BOTS: [&str; 7] = [
    "approvals",
    "bot_counters",
    "bot_days",
    "bot_sources",
    "bot_permissions",
    "broadcasts",
    "broadcast_tallies",
];

/// Policies for requests that are not about a tenant: what a person may know before any is chosen.
const BEFORE_A_TENANT: [&str; 5] = [
    "own on members",
    "own on workspaces",
    "own on bot_permissions",
    "lookup on directory",
    // The workspace's own row: its key is the workspace.
    "tenant on workspaces",
];

/// Tables that outlive what they tell of, or name a bot that the fence around their work finds.
const WITHOUT_BOT_KEY: [&str; 1] = ["audit_log"];

/// What is about a bot and does not go with it when it moves to another workspace: nothing of the kind may be
/// left when it goes.
const STAYS_BEHIND: [&str; 1] = ["bot_permissions"];

/// The only ways around the fence: each does one thing, for the tenant that its caller is fenced to.
const DOORS: [&str; 2] = ["remove_workspace()", "move_bot(uuid)"];

/// What is wrong with the database behind `client`, a superuser's. Empty: nothing.
pub async fn complaints(client: &Client) -> Vec<String> {
    let mut found = Vec::new();
    for rule in RULES {
        found.extend(texts(client, &fill(rule)).await);
    }
    found.sort();
    found
}

/// The lists above as SQL arrays.
fn fill(rule: &str) -> String {
    let array = |names: &[&str]| format!("array['{}']::text[]", names.join("', '"));
    [
        // First, because it uses another.
        ("TENANTS", TENANTS.to_owned()),
        ("GLOBAL", array(&GLOBAL)),
        ("WORKSPACE_LEVEL", array(&WORKSPACE_LEVEL)),
        ("WITHOUT_BOTS", array(&WITHOUT_BOTS)),
        ("ACROSS_BOTS", array(&ACROSS_BOTS)),
        ("BEFORE_A_TENANT", array(&BEFORE_A_TENANT)),
        ("WITHOUT_BOT_KEY", array(&WITHOUT_BOT_KEY)),
        ("STAYS_BEHIND", array(&STAYS_BEHIND)),
        ("DOORS", array(&DOORS)),
        (
            "OUTSIDE",
            "n.nspname !~ '^pg_(catalog|toast|temp)' and n.nspname <> 'information_schema'"
                .to_owned(),
        ),
    ]
    .iter()
    .fold(rule.to_owned(), |sql, (name, value)| sql.replace(&format!("{{{name}}}"), value))
}

/// Tenants' tables, partitions among them (which do not inherit their parent's fence) under its name.
const TENANTS: &str = "(select c.oid, coalesce(whole.relname, c.relname) as relname, c.relrowsecurity, c.relforcerowsecurity
    from pg_class c
    left join pg_inherits i on i.inhrelid = c.oid left join pg_class whole on whole.oid = i.inhparent
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relname = any ({GLOBAL}))";

/// Each gives one line for each breach.
const RULES: [&str; 18] = [
    // The columns of the fence.
    "select format('%s has no column %s that is never null', t.relname, wanted)
     from {TENANTS} t, unnest(array['workspace_id', 'bot_id']) wanted
     where not (wanted = 'bot_id' and t.relname = any ({WORKSPACE_LEVEL}))
       and not exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = wanted
                          and a.attnotnull and a.atttypid = 'uuid'::regtype)",
    // The fence is up, for the owner as well. The two global tables that name tenants have one too.
    "select format('%s: row-level security is not enabled and forced', c.relname)
     from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and (c.oid in (select oid from {TENANTS} t) or c.relname in ('workspaces', 'directory'))
       and not (c.relrowsecurity and c.relforcerowsecurity)",
    "select format('%s has no policy for gannet_app', t.relname)
     from {TENANTS} t
     where not exists (select from pg_policy p where p.polrelid = t.oid
                          and p.polroles && array['gannet_app'::regrole::oid, 0::oid])",
    // What a request sees and writes is its workspace's: the outermost condition of every policy.
    "select format('policy %s on %s does not begin with the workspace: %s', p.polname, p.polrelid::regclass, clause)
     from pg_policy p, unnest(array[coalesce(pg_get_expr(p.polqual, p.polrelid), 'none'),
                                    coalesce(pg_get_expr(p.polwithcheck, p.polrelid),
                                             pg_get_expr(p.polqual, p.polrelid))]) clause
     where p.polroles && array['gannet_app'::regrole::oid, 0::oid] and p.polpermissive
       and not format('%s on %s', p.polname, p.polrelid::regclass) = any ({BEFORE_A_TENANT})
       and not (p.polcmd = 'a' and clause = 'none')
       and clause <> '(workspace_id = fence_workspace())'
       and not starts_with(clause, '((workspace_id = fence_workspace()) AND (')",
    // And its bot's.
    "select format('policy %s on %s does not keep bots apart: %s', p.polname, p.polrelid::regclass, clause)
     from pg_policy p join {TENANTS} t on t.oid = p.polrelid,
          unnest(array[pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)]) clause
     where p.polroles && array['gannet_app'::regrole::oid, 0::oid] and p.polpermissive
       and not format('%s on %s', p.polname, p.polrelid::regclass) = any ({BEFORE_A_TENANT})
       and not t.relname = any ({WITHOUT_BOTS})
       and clause <> '((workspace_id = fence_workspace()) AND (bot_id = fence_bot()))'
       and not (t.relname = any ({ACROSS_BOTS} || {WORKSPACE_LEVEL})
                and (clause ~ '\\(\\(fence_bot\\(\\) IS NULL\\) OR \\((bot_id|id) = fence_bot\\(\\)\\)\\)\\)$'
                     or (p.polcmd = 'r'
                         and clause = '((workspace_id = fence_workspace()) AND (fence_bot() IS NULL))')))",
    // Keys begin with the workspace: unique within a tenant, and ready to be distributed by it.
    "select format('unique index %s on %s does not begin with workspace_id', i.indexrelid::regclass, t.relname)
     from {TENANTS} t join pg_index i on i.indrelid = t.oid and i.indisunique
     where not exists (select from pg_attribute a where a.attrelid = t.oid and a.attnum = i.indkey[0]
                          and a.attname = 'workspace_id')",
    "select format('%s has no primary key', t.relname) from {TENANTS} t
     where not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)",
    // No row can point into another tenant.
    "select format('foreign key %s on %s does not begin with the workspace on both sides', f.conname,
                   f.conrelid::regclass)
     from pg_constraint f
     join pg_attribute here on here.attrelid = f.conrelid and here.attnum = f.conkey[1]
     join pg_attribute there on there.attrelid = f.confrelid and there.attnum = f.confkey[1]
     where f.contype = 'f'
       and (f.confrelid in (select oid from {TENANTS} t) or f.confrelid = 'workspaces'::regclass)
       and (here.attname, there.attname) not in (values ('workspace_id', 'workspace_id'))
       and not (f.confrelid = 'workspaces'::regclass and here.attname = 'workspace_id' and there.attname = 'id')",
    "select format('%s.bot_id is no foreign key to the bot of the same workspace, nor of a row that is', t.relname)
     from {TENANTS} t join pg_attribute a on a.attrelid = t.oid and a.attname = 'bot_id'
     where not t.relname = any ({WITHOUT_BOT_KEY})
       and not exists (select from pg_constraint f where f.conrelid = t.oid and f.contype = 'f'
                          and f.confrelid in (select oid from {TENANTS} t) and a.attnum = any (f.conkey))",
    // A bot that moves takes along what hangs from it.
    "select format('foreign key %s on %s does not follow a bot to another workspace (on update cascade)', f.conname,
                   f.conrelid::regclass)
     from pg_constraint f
     where f.contype = 'f' and f.confupdtype <> 'c' and not f.conrelid::regclass::text = any ({STAYS_BEHIND})
       and (f.confrelid = 'bots'::regclass
            or exists (select from pg_attribute a where a.attrelid = f.confrelid and a.attname = 'bot_id'))",
    // Ways around.
    "select format('%s may %s %s', grantee::regrole, privilege_type, c.oid::regclass)
     from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl)
     where {OUTSIDE} and (grantee = 0 or grantee in ('gannet_app'::regrole, 'gannet_worker'::regrole))
       and (grantee = 0 or privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))",
    // A part of a table is reached through the whole, and truncated by nobody either.
    "select format('%s may %s %s, which is a part of a table', grantee::regrole, privilege_type, c.oid::regclass)
     from pg_class c, aclexplode(c.relacl)
     where c.relispartition and c.relkind = 'r' and grantee <> c.relowner",
    "select format('nothing keeps %s from being truncated', part.relname)
     from pg_class part join pg_inherits i on i.inhrelid = part.oid
     where part.relkind = 'r' and part.relispartition
       and exists (select from pg_trigger t where t.tgrelid = i.inhparent and t.tgname = 'append_only_truncate')
       and not exists (select from pg_trigger t where t.tgrelid = part.oid and t.tgname = 'append_only_truncate')",
    "select format('function %s runs with its owner''s rights', p.oid::regprocedure)
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where {OUTSIDE} and p.prosecdef and not p.oid::regprocedure::text = any ({DOORS})",
    "select format('function %s is open to more than requests, or to a search path of its caller''s', p.oid::regprocedure)
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where {OUTSIDE} and p.prosecdef
       and (p.proowner <> 'gannet_owner'::regrole or p.proacl is null
            or exists (select from aclexplode(p.proacl)
                       where grantee not in ('gannet_owner'::regrole, 'gannet_app'::regrole))
            or not coalesce(p.proconfig @> '{\"search_path=public, pg_temp\"}', false))",
    "select format('%s is a view without security_invoker, or a copy that has no fence', c.oid::regclass)
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where {OUTSIDE} and (c.relkind in ('m', 'f') or c.relkind = 'v'
                          and not coalesce(c.reloptions @> '{security_invoker=true}', false))",
    "select format('the schema %s is none of ours', n.nspname) from pg_namespace n
     where {OUTSIDE} and n.nspname <> 'public'",
    // The roles themselves.
    "select format('%s is too powerful', r.rolname) from pg_roles r
     where r.rolname in ('gannet_app', 'gannet_worker', 'gannet_retention')
       and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
            or exists (select from pg_auth_members m where m.member = r.oid)
            or exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                       where {OUTSIDE} and c.relowner = r.oid
                         and not (r.rolname = 'gannet_retention'
                                  and c.relname ~ '^audit_log')))",
];
