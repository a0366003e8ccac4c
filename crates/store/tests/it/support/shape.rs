//! Everything a migration can make, as lines of text: equal shapes, equal schemas.

use std::collections::BTreeSet;

use tokio_postgres::Client;

use super::texts;

/// Grants in one order: `grant` and `revoke` leave them in the order they came.
const ACL: &str =
    "(select string_agg(item::text, ' ' order by item::text collate \"C\") from unnest(ACL) item)";

const SHAPES: [&str; 9] = [
    "select format('schema %s %s %s', nspname, nspowner::regrole, ACL[nspacl])
     from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'",
    "select format('relation %s kind=%s owner=%s rls=%s force=%s options=%s acl=%s comment=%s', relname, relkind,
                   relowner::regrole, relrowsecurity, relforcerowsecurity, reloptions, ACL[relacl],
                   obj_description(oid, 'pg_class'))
     from pg_class where relnamespace = 'public'::regnamespace and relname <> '__diesel_schema_migrations'
                     and relname <> '__diesel_schema_migrations_pkey'",
    "select format('column %s.%s #%s %s null=%s default=%s acl=%s comment=%s', attrelid::regclass, attname, attnum,
                   format_type(atttypid, atttypmod), not attnotnull, pg_get_expr(adbin, adrelid), ACL[attacl],
                   col_description(attrelid, attnum))
     from pg_attribute a join pg_class c on c.oid = attrelid
     left join pg_attrdef d on adrelid = attrelid and adnum = attnum
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') and attnum > 0
       and not attisdropped and relname <> '__diesel_schema_migrations'",
    "select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
     from pg_constraint where connamespace = 'public'::regnamespace
                          and conrelid <> coalesce(to_regclass('__diesel_schema_migrations'), 0)",
    "select format('index: %s', pg_get_indexdef(indexrelid))
     from pg_index join pg_class c on c.oid = indexrelid
     where relnamespace = 'public'::regnamespace and relname <> '__diesel_schema_migrations_pkey'",
    "select format('policy %s on %s permissive=%s cmd=%s roles=%s using=%s check=%s', polname, polrelid::regclass,
                   polpermissive, polcmd, polroles::regrole[], pg_get_expr(polqual, polrelid),
                   pg_get_expr(polwithcheck, polrelid))
     from pg_policy",
    "select format('trigger: %s enabled=%s', pg_get_triggerdef(t.oid), tgenabled)
     from pg_trigger t join pg_class c on c.oid = tgrelid
     where not tgisinternal and relnamespace = 'public'::regnamespace",
    "select format('function owner=%s acl=%s comment=%s %s', proowner::regrole, ACL[proacl],
                   obj_description(oid, 'pg_proc'), pg_get_functiondef(oid))
     from pg_proc where pronamespace = 'public'::regnamespace",
    "select format('type %s', typname) from pg_type where typnamespace = 'public'::regnamespace
       and typname !~ '__diesel_schema_migrations'
     union all select format('extension %s', extname) from pg_extension
     union all select format('default acl %s', defaclacl) from pg_default_acl",
];

/// What the database behind `client` (a superuser's) consists of. Diesel's own table is left out.
pub async fn of(client: &Client) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for shape in SHAPES {
        let sql = ["nspacl", "relacl", "attacl", "proacl"]
            .iter()
            .fold(shape.to_owned(), |sql, column| {
                sql.replace(&format!("ACL[{column}]"), &ACL.replace("ACL", column))
            });
        lines.extend(texts(client, &sql).await);
    }
    lines
}

/// Fails with the lines that differ.
pub fn assert_same(want: &BTreeSet<String>, is: &BTreeSet<String>, what: &str) {
    let missing: Vec<_> = want.difference(is).collect();
    let surplus: Vec<_> = is.difference(want).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "{what}: missing {missing:#?}, surplus {surplus:#?}"
    );
}
