//! A row of each kind for a bot, so that there is something behind every fence.

use domain::ids::WorkspaceId;
use testdb::{Bot, Person, TestDb};
use tokio_postgres::Client;

use super::texts;

/// Rows that a bot and its workspace have: `$1` the workspace, `$2` the bot, `$3` a member.
const ROWS: [&str; 14] = [
    "insert into bot_permissions (workspace_id, bot_id, user_id, rights) values ($1, $2, $3, '{view}')",
    "insert into bot_secrets (workspace_id, bot_id, kind, sealed) select $1, $2, 'token', 'sealed' where $3 is not null",
    "insert into test_recipients (workspace_id, bot_id, user_id, code) values ($1, $2, $3, 'code')",
    // By triggers these fill the counters, days and sources as well.
    "insert into subscribers (workspace_id, bot_id, chat_id, name, source, status)
     select $1, $2, 7, 'Ada', 'link', 'active' where $3 is not null",
    "insert into broadcasts (workspace_id, bot_id, id, author_id, author_name, source, status)
     values ($1, $2, $2, $3, 'Ada', 'Hello', 'sending')",
    "insert into broadcast_chunks (workspace_id, bot_id, broadcast_id, n, chat_ids)
     select $1, $2, $2, 0, '{7}' where $3 is not null",
    "insert into broadcast_intents (workspace_id, bot_id, broadcast_id, chunk, start, stop, epoch)
     select $1, $2, $2, 0, 0, 1, 1 where $3 is not null",
    "insert into deliveries (workspace_id, bot_id, broadcast_id, chat_id, outcome)
     select $1, $2, $2, 7, 'sent' where $3 is not null",
    "insert into broadcast_tallies (workspace_id, bot_id, broadcast_id, sent)
     select $1, $2, $2, 1 where $3 is not null",
    "insert into leases (workspace_id, bot_id, kind, holder, epoch, until)
     values ($1, $2, 'send', $3, 1, gannet_now() + interval '15 s')",
    "insert into replies (workspace_id, bot_id, id, chat_id, message) select $1, $2, $2, 7, '{}' where $3 is not null",
    "insert into updates (workspace_id, bot_id, update_id, body) select $1, $2, 1, 'body' where $3 is not null",
    "insert into jobs (workspace_id, bot_id, id, kind, payload) select $1, $2, $2, 'x', '{}' where $3 is not null",
    "insert into audit_log (workspace_id, bot_id, id, actor_id, actor_name, kind, details)
     values ($1, $2, $2, $3, 'Ada', 'x', '{}')",
];

/// Writes a row into every table that a bot has rows in.
pub async fn fill(db: &TestDb, workspace: WorkspaceId, bot: &Bot, member: &Person) {
    let admin = db.superuser().await;
    for sql in ROWS {
        let values = [&workspace.as_uuid(), &bot.id.as_uuid(), &member.id.as_uuid()];
        let values = values.map(|id| id as &(dyn tokio_postgres::types::ToSql + Sync));
        admin.execute(sql, &values).await.unwrap_or_else(|err| panic!("{sql}: {err:?}"));
    }
}

/// The tables with a `workspace_id`, but for the directory, which everybody may look things up in.
pub async fn tenant_tables(admin: &Client) -> Vec<String> {
    texts(
        admin,
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           and a.attname = 'workspace_id' and c.relname <> 'directory' order by 1",
    )
    .await
}

/// Those of them whose rows are each about one bot (the bots themselves are their own).
pub async fn bot_tables(admin: &Client) -> Vec<String> {
    texts(
        admin,
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           and a.attname = 'bot_id' and c.relname <> 'directory' order by 1",
    )
    .await
}
