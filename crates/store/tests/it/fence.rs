//! The fence, asked in every way SQL has: one tenant never meets another's rows, and one bot never its
//! neighbour's. All of it through raw SQL as the role that serves requests, because the fence must hold
//! whatever the program says.

use domain::ids::{BotId, WorkspaceId};
use testdb::{Bot, Tenant, TestDb};
use tokio_postgres::{Client, error::SqlState};

use crate::support::{is_forbidden, number, rows, texts};

/// Two workspaces with a bot each, and a second bot in the first; rows of every kind in all three.
struct Colony {
    db: TestDb,
    acme: Tenant,
    sibling: Bot,
    mallory: Tenant,
}

impl Colony {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let (acme, mallory) = (db.tenant("acme").await, db.tenant("mallory").await);
        let sibling = db.bot(acme.workspace, "acme_second_bot").await;
        for (tenant, bot) in [(&acme, &acme.bot), (&acme, &sibling), (&mallory, &mallory.bot)] {
            rows::fill(&db, tenant.workspace, bot, &tenant.owner).await;
        }
        Self { db, acme, sibling, mallory }
    }

    /// The rows that a transaction fenced to acme's first bot must never meet, as a condition.
    fn strangers(&self) -> [(&'static str, String); 2] {
        let (workspace, sibling) = (self.mallory.workspace, self.sibling.id);
        [
            ("tenant", format!("workspace_id = '{workspace}'")),
            ("bot", format!("bot_id = '{sibling}'")),
        ]
    }

    /// The tables in which such rows lie.
    async fn tables(&self, admin: &Client, kind: &str) -> Vec<String> {
        match kind {
            "tenant" => rows::tenant_tables(admin).await,
            _ => rows::bot_tables(admin).await,
        }
    }

    /// A request of acme's, fenced to its first bot.
    async fn request(&self) -> Client {
        let app = self.db.app().await;
        begin(&app, Some(self.acme.workspace), Some(self.acme.bot.id)).await;
        app
    }
}

async fn begin(client: &Client, workspace: Option<WorkspaceId>, bot: Option<BotId>) {
    let text = |id: Option<String>| id.unwrap_or_default();
    let (workspace, bot) =
        (text(workspace.map(|id| id.to_string())), text(bot.map(|id| id.to_string())));
    let sql = format!(
        "begin; select set_config('app.workspace_id', '{workspace}', true), set_config('app.bot_id', '{bot}', true)"
    );
    client.batch_execute(&sql).await.expect("begun");
}

/// What `sql` would do, without doing it: how many rows it meets, or why it is refused.
async fn attempt(client: &Client, sql: &str) -> Result<u64, tokio_postgres::Error> {
    client.batch_execute("savepoint attempt").await.expect("a savepoint");
    let outcome = client.execute(sql, &[]).await;
    client.batch_execute("rollback to savepoint attempt").await.expect("back");
    outcome
}

/// Fails unless `sql` meets no row, or may not be asked at all.
async fn meets_nothing(client: &Client, sql: &str) {
    match attempt(client, sql).await {
        Ok(0) => {}
        Ok(n) => panic!("{sql}: met {n} rows"),
        Err(err) => assert!(is_forbidden(&err), "{sql}: {err:?}"),
    }
}

/// Fails unless the server refuses `sql`.
async fn is_refused(client: &Client, sql: &str) {
    match attempt(client, sql).await {
        Ok(n) => panic!("{sql}: met {n} rows"),
        Err(err) => assert!(is_forbidden(&err), "{sql}: {err:?}"),
    }
}

#[tokio::test]
async fn there_is_a_row_of_every_kind_behind_each_fence() {
    let colony = Colony::new().await;
    let admin = colony.db.superuser().await;
    for (kind, stranger) in colony.strangers() {
        for table in colony.tables(&admin, kind).await {
            let count =
                number(&admin, &format!("select count(*) from {table} where {stranger}")).await;
            assert!(count > 0, "{table} has no row to hide: add one to support/rows.rs");
        }
    }
}

#[tokio::test]
async fn a_transaction_without_a_tenant_meets_no_row() {
    let colony = Colony::new().await;
    let tables = rows::tenant_tables(&colony.db.superuser().await).await;
    let app = colony.db.app().await;
    // The setting is null before it was ever set, and empty afterwards.
    for fenced_before in [false, true] {
        if fenced_before {
            begin(&app, Some(colony.acme.workspace), Some(colony.acme.bot.id)).await;
            app.batch_execute("commit").await.expect("ended");
        }
        app.batch_execute("begin").await.expect("begun");
        for table in tables.iter().map(String::as_str).chain(["workspaces"]) {
            meets_nothing(&app, &format!("select 1 from {table}")).await;
            meets_nothing(&app, &format!("delete from {table}")).await;
        }
        app.batch_execute("rollback").await.expect("ended");
    }
}

#[tokio::test]
async fn a_bot_without_its_workspace_opens_nothing() {
    let colony = Colony::new().await;
    let tables = rows::tenant_tables(&colony.db.superuser().await).await;
    let app = colony.db.app().await;
    for (workspace, bot) in
        [(None, colony.acme.bot.id), (Some(colony.mallory.workspace), colony.acme.bot.id)]
    {
        begin(&app, workspace, Some(bot)).await;
        for table in &tables {
            // Mallory's people and the end of her log are mallory's own: no bot is theirs.
            let is_without_bots = matches!(
                table.as_str(),
                "members"
                    | "invitations"
                    | "audit_heads"
                    | "exports"
                    | "export_parts"
                    | "billing"
                    | "billing_notices"
                    | "message_months"
            );
            if !is_without_bots || workspace.is_none() {
                meets_nothing(&app, &format!("select 1 from {table}")).await;
            }
        }
        app.batch_execute("rollback").await.expect("ended");
    }
}

#[tokio::test]
async fn a_fenced_transaction_sees_its_own_rows() {
    let colony = Colony::new().await;
    let tables = rows::tenant_tables(&colony.db.superuser().await).await;
    let app = colony.request().await;
    for table in &tables {
        let seen = attempt(&app, &format!("select 1 from {table}")).await;
        assert!(
            seen.expect("granted") > 0,
            "{table}: a fence that hides everything proves nothing"
        );
    }
}

#[tokio::test]
async fn reading_never_meets_a_strangers_row() {
    let colony = Colony::new().await;
    let admin = colony.db.superuser().await;
    let app = colony.request().await;
    for (kind, stranger) in colony.strangers() {
        for table in colony.tables(&admin, kind).await {
            meets_nothing(&app, &format!("select 1 from {table} where {stranger}")).await;
            meets_nothing(&app, &format!("select 1 from only {table} where {stranger} for update"))
                .await;
            meets_nothing(
                &app,
                &format!("with t as (select * from {table}) select 1 from t where {stranger}"),
            )
            .await;
            meets_nothing(
                &app,
                &format!(
                    "select 1 from users u join lateral (select * from {table}) t on {stranger}"
                ),
            )
            .await;
            meets_nothing(
                &app,
                &format!("select 1 from {table} mine right join {table} t on t.{stranger} where t.{stranger}"),
            )
            .await;
            meets_nothing(
                &app,
                &format!("select 1 where exists (select from {table} where {stranger})"),
            )
            .await;
        }
    }
}

#[tokio::test]
async fn changing_and_deleting_never_meet_a_strangers_row() {
    let colony = Colony::new().await;
    let admin = colony.db.superuser().await;
    let app = colony.request().await;
    for (kind, stranger) in colony.strangers() {
        let column = stranger.split(' ').next().expect("a column");
        for table in colony.tables(&admin, kind).await {
            meets_nothing(
                &app,
                &format!("update {table} set {column} = {column} where {stranger}"),
            )
            .await;
            meets_nothing(&app, &format!("delete from {table} where {stranger}")).await;
            meets_nothing(&app, &format!("delete from {table} t using users u where t.{stranger}"))
                .await;
            // Nor can one's own row be handed over.
            is_refused(&app, &format!("update {table} set {stranger}")).await;
        }
    }
}

#[tokio::test]
async fn inserting_and_upserting_a_strangers_row_is_refused() {
    let colony = Colony::new().await;
    let admin = colony.db.superuser().await;
    let app = colony.request().await;
    for (kind, stranger) in colony.strangers() {
        for table in colony.tables(&admin, kind).await {
            let key = texts(
                &admin,
                &format!(
                    "select a.attname::text from pg_index i
                     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                     where i.indrelid = '{table}'::regclass and i.indisprimary"
                ),
            )
            .await
            .join(", ");
            // What the database computes by itself cannot be given.
            let columns = texts(
                &admin,
                &format!(
                    "select attname::text from pg_attribute
                     where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''"
                ),
            )
            .await
            .join(", ");
            let rows =
                texts(&admin, &format!("select to_jsonb(t)::text from {table} t where {stranger}"))
                    .await;
            for row in rows {
                let row = row.replace('\'', "''");
                let insert = format!(
                    "insert into {table} ({columns})
                     select {columns} from jsonb_populate_record(null::{table}, '{row}'::jsonb)"
                );
                is_refused(&app, &insert).await;
                is_refused(&app, &format!("{insert} returning *")).await;
                is_refused(&app, &format!("{insert} on conflict do nothing")).await;
                let update = "do update set workspace_id = excluded.workspace_id";
                is_refused(&app, &format!("{insert} on conflict ({key}) {update}")).await;
            }
        }
    }
}

#[tokio::test]
async fn copying_out_gives_ones_own_rows_and_copying_in_is_refused() {
    use futures::{TryStreamExt, pin_mut};

    let colony = Colony::new().await;
    let tables = rows::tenant_tables(&colony.db.superuser().await).await;
    let app = colony.request().await;
    let strangers = [colony.mallory.workspace.to_string(), colony.sibling.id.to_string()];
    for table in tables {
        app.batch_execute("savepoint attempt").await.expect("a savepoint");
        // Of a table in parts, the plain form copies the whole without its parts: nothing.
        let rows = if table == "audit_log" { "(table audit_log)" } else { table.as_str() };
        let stream = app.copy_out(&format!("copy {rows} to stdout")).await.expect("granted");
        pin_mut!(stream);
        let mut text = Vec::new();
        while let Some(chunk) = stream.try_next().await.expect("a chunk") {
            text.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(text).expect("text");
        assert!(!text.is_empty(), "{table}");
        assert!(!strangers.iter().any(|id| text.contains(id.as_str())), "{table}: {text}");

        let refused =
            app.batch_execute(&format!("copy {table} from stdin")).await.expect_err("no way in");
        let code = refused.code().expect("by the server");
        assert!(
            [&SqlState::INSUFFICIENT_PRIVILEGE, &SqlState::FEATURE_NOT_SUPPORTED].contains(&code),
            "{refused:?}"
        );
        app.batch_execute("rollback to savepoint attempt").await.expect("back");
    }
}

#[tokio::test]
async fn a_request_cannot_step_over_the_fence() {
    let colony = Colony::new().await;
    let app = colony.request().await;
    for sql in [
        "set local role gannet_owner",
        "set local role gannet_worker",
        "set local session authorization postgres",
        "alter table bots no force row level security",
        "alter table bots disable row level security",
        "drop policy tenant on bots",
        "create policy open on bots to gannet_app using (true)",
        "truncate jobs",
        "create table public.mine (id int)",
        "create or replace function fence_bot() returns uuid language sql return null::uuid",
        "copy bots to program 'cat'",
    ] {
        is_refused(&app, sql).await;
    }
    // Asking to be exempt makes queries fail instead of showing more.
    app.batch_execute("set local row_security = off").await.expect("anybody may set it");
    is_refused(&app, "select 1 from bots").await;
}

/// Foreign keys are judged by the server itself, who sees all rows: they must name the tenant.
#[tokio::test]
async fn no_row_can_point_into_another_tenant() {
    let colony = Colony::new().await;
    let admin = colony.db.superuser().await;
    let keys = admin
        .query(
            "select f.conname::text, f.conrelid::regclass::text,
                    array(select a.attname::text from unnest(f.conkey) k
                          join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k
                          where a.attname not in ('workspace_id', 'user_id'))
             from pg_constraint f
             where f.contype = 'f' and f.connamespace = 'public'::regnamespace and cardinality(f.conkey) > 1",
            &[],
        )
        .await
        .expect("asked");
    assert!(keys.len() > 10, "all kinds of rows");
    for row in keys {
        let (name, table, columns): (String, String, Vec<String>) =
            (row.get(0), row.get(1), row.get(2));
        if columns.is_empty() {
            continue; // To a member of the workspace: tried below.
        }
        // A row of acme's that names mallory's bot, and whatever else leads there.
        let (from, to) = (colony.acme.bot.id, colony.mallory.bot.id);
        let assignments: Vec<String> = columns
            .iter()
            .filter(|column| matches!(column.as_str(), "bot_id" | "broadcast_id"))
            .map(|column| format!("{column} = '{to}'"))
            .collect();
        let sql = match columns.as_slice() {
            [column] if column == "export_id" => {
                format!(
                    "update {table} set export_id = md5('{to}')::uuid where export_id = md5('{from}')::uuid"
                )
            }
            _ => format!("update {table} set {} where bot_id = '{from}'", assignments.join(", ")),
        };
        admin.batch_execute("begin").await.expect("begun");
        // Its key is the bot alone, and would refuse first.
        admin
            .execute("delete from directory where bot_id = $1", &[&to.as_uuid()])
            .await
            .expect("deleted");
        let refused = admin.execute(&sql, &[]).await.expect_err(&sql);
        assert_eq!(refused.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION), "{name}: {refused:?}");
        admin.batch_execute("rollback").await.expect("ended");
    }
    for table in ["bot_permissions", "test_recipients"] {
        let stranger = colony.mallory.owner.id;
        let sql = format!(
            "update {table} set user_id = '{stranger}' where bot_id = '{}'",
            colony.acme.bot.id
        );
        let refused = admin.execute(&sql, &[]).await.expect_err("no member here");
        assert_eq!(refused.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION), "{table}");
    }
}

/// The fence through the program: the same scope types that use cases hold.
#[tokio::test]
async fn the_stores_transactions_stand_behind_the_fence() {
    use diesel::{QueryDsl, dsl::count_star};
    use diesel_async::RunQueryDsl;
    use store::{
        StoreError,
        schema::{broadcasts, subscribers},
    };

    let colony = Colony::new().await;
    let store = colony.db.store();
    for scope in [
        colony.acme.bot_scope(),
        colony.acme.bot_scope_of(&colony.sibling),
        colony.mallory.bot_scope(),
    ] {
        let seen: Vec<uuid::Uuid> = store
            .bot(&scope, async |tx| {
                Ok::<_, StoreError>(
                    subscribers::table.select(subscribers::bot_id).load(tx.conn).await?,
                )
            })
            .await
            .expect("read");
        assert_eq!(seen, [scope.bot.as_uuid()]);
    }
    let seen: i64 = store
        .workspace(&colony.acme.scope(), async |tx| {
            Ok::<_, StoreError>(broadcasts::table.select(count_star()).first(tx.conn).await?)
        })
        .await
        .expect("read");
    assert_eq!(seen, 2, "a workspace's dashboard names the broadcasts of its bots");
    let seen: i64 = store
        .user(Some(colony.acme.owner.id), async |tx| {
            Ok::<_, StoreError>(subscribers::table.select(count_star()).first(tx.conn).await?)
        })
        .await
        .expect("read");
    assert_eq!(seen, 0, "a person who has chosen no bot sees nobody");
}
