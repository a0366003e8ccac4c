//! What an export is made of: one statement a file, read a page at a time by its key.

use diesel::{deserialize::QueryableByName, prelude::*, sql_query, sql_types as sql};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use crate::{BotTx, WorkspaceTx};

/// One file of an export.
#[derive(Debug)]
pub struct Source {
    /// What the file is called, without its ending.
    pub name: &'static str,
    /// Whether its rows belong to bots, and are read behind the fence of each.
    pub of_bots: bool,
    /// Rows that are read at once: few where each may be long, so that a page is a few MiB at most whatever
    /// people wrote.
    pub page: i64,
    /// The columns, in their order.
    pub columns: &'static [&'static str],
    /// Gives `key`, a JSON array, and the columns, for the workspace `$1` and the bot `$2`, of rows behind
    /// the key `$3` (null: all), at most `$4`.
    sql: &'static str,
}

/// All of it. Secrets, hashes and what can be derived are left out.
pub const SOURCES: &[Source] = &[
    Source {
        name: "members",
        of_bots: false,
        page: 5_000,
        columns: &["name", "email", "role", "since"],
        sql: "select json_build_array(m.user_id) as key, u.name, u.email, m.role, m.joined_at as since
              from members m join users u on u.id = m.user_id
              where m.workspace_id = $1 and $2::uuid is null
                and ($3::jsonb is null or m.user_id > ($3::jsonb ->> 0)::uuid)
              order by m.user_id limit $4",
    },
    Source {
        name: "bots",
        of_bots: false,
        page: 20,
        columns: &[
            "slug", "name", "username", "telegram_id", "api", "welcome", "goodbye", "connected",
            "disconnected",
        ],
        sql: "select json_build_array(id) as key, slug, name, username, telegram_id, api, welcome, goodbye,
                     created_at as connected, disconnected_at as disconnected
              from bots
              where workspace_id = $1 and $2::uuid is null
                and ($3::jsonb is null or id > ($3::jsonb ->> 0)::uuid)
              order by id limit $4",
    },
    Source {
        name: "rights",
        of_bots: true,
        page: 5_000,
        columns: &["bot", "name", "email", "rights", "since"],
        sql: "select json_build_array(p.user_id) as key, b.slug as bot, u.name, u.email, p.rights,
                     p.granted_at as since
              from bot_permissions p join users u on u.id = p.user_id
              join bots b on b.workspace_id = p.workspace_id and b.id = p.bot_id
              where p.workspace_id = $1 and p.bot_id = $2
                and ($3::jsonb is null or p.user_id > ($3::jsonb ->> 0)::uuid)
              order by p.user_id limit $4",
    },
    Source {
        name: "subscribers",
        of_bots: true,
        page: 5_000,
        columns: &[
            "bot", "chat", "name", "username", "language", "source", "status", "status_since", "since",
            "last_active",
        ],
        sql: "select json_build_array(s.chat_id) as key, b.slug as bot, s.chat_id as chat, s.name, s.username,
                     s.language, s.source, s.status, s.status_at as status_since, s.since,
                     s.last_active_at as last_active
              from subscribers s join bots b on b.workspace_id = s.workspace_id and b.id = s.bot_id
              where s.workspace_id = $1 and s.bot_id = $2
                and ($3::jsonb is null or s.chat_id > ($3::jsonb ->> 0)::bigint)
              order by s.chat_id limit $4",
    },
    Source {
        name: "chats",
        of_bots: true,
        page: 5_000,
        columns: &[
            "bot", "chat", "was", "kind", "title", "username", "standing", "reason", "standing_since", "since",
        ],
        sql: "select json_build_array(c.chat_id) as key, b.slug as bot, c.chat_id as chat, c.was, c.kind, c.title,
                     c.username, c.standing, c.reason, c.standing_at as standing_since, c.since
              from chats c join bots b on b.workspace_id = c.workspace_id and b.id = c.bot_id
              where c.workspace_id = $1 and c.bot_id = $2
                and ($3::jsonb is null or c.chat_id > ($3::jsonb ->> 0)::bigint)
              order by c.chat_id limit $4",
    },
    Source {
        name: "broadcasts",
        of_bots: true,
        page: 20,
        columns: &[
            "bot", "id", "author", "text", "silent", "protected", "audience", "chosen", "stars_at_most", "status", "scheduled", "zone", "recipients",
            "created", "started", "finished",
        ],
        sql: "select json_build_array(w.id) as key, b.slug as bot, w.id, w.author_name as author,
                     w.source as text, w.silent, w.protected, w.audience, w.chosen,
                     w.paid_cap as stars_at_most, w.status, w.scheduled_at as scheduled, w.zone,
                     w.total as recipients, w.created_at as created, w.started_at as started, w.finished_at as finished
              from broadcasts w join bots b on b.workspace_id = w.workspace_id and b.id = w.bot_id
              where w.workspace_id = $1 and w.bot_id = $2
                and ($3::jsonb is null or w.id > ($3::jsonb ->> 0)::uuid)
              order by w.id limit $4",
    },
    Source {
        name: "approvals",
        of_bots: true,
        page: 500,
        columns: &[
            "bot", "broadcast", "recipients", "asked_by", "asked", "state", "decided_by", "decided", "reason",
        ],
        sql: "select json_build_array(a.id) as key, b.slug as bot, a.broadcast_id as broadcast,
                     a.audience as recipients, a.asked_by_name as asked_by, a.asked_at as asked, a.state,
                     a.decided_by_name as decided_by, a.decided_at as decided, a.reason
              from approvals a join bots b on b.workspace_id = a.workspace_id and b.id = a.bot_id
              where a.workspace_id = $1 and a.bot_id = $2
                and ($3::jsonb is null or a.id > ($3::jsonb ->> 0)::uuid)
              order by a.id limit $4",
    },
    Source {
        name: "deliveries",
        of_bots: true,
        page: 5_000,
        columns: &["bot", "broadcast", "chat", "attempt", "outcome", "reason", "message", "at"],
        sql: "select json_build_array(d.broadcast_id, d.chat_id, d.attempt) as key, b.slug as bot,
                     d.broadcast_id as broadcast, d.chat_id as chat, d.attempt, d.outcome, d.reason,
                     d.message_id as message, d.at
              from deliveries d join bots b on b.workspace_id = d.workspace_id and b.id = d.bot_id
              where d.workspace_id = $1 and d.bot_id = $2
                and ($3::jsonb is null or (d.broadcast_id, d.chat_id, d.attempt)
                     > (($3::jsonb ->> 0)::uuid, ($3::jsonb ->> 1)::bigint, ($3::jsonb ->> 2)::smallint))
              order by d.broadcast_id, d.chat_id, d.attempt limit $4",
    },
    Source {
        name: "audit-log",
        of_bots: false,
        page: 500,
        columns: &["line", "at", "person", "kind", "bot", "about", "details"],
        sql: "select json_build_array(at, id) as key, seq as line, at, actor_name as person, kind,
                     bot_slug as bot, resource as about, details
              from audit_log
              where workspace_id = $1 and $2::uuid is null
                and ($3::jsonb is null or (at >= ($3::jsonb ->> 0)::timestamptz
                     and (at, id) > (($3::jsonb ->> 0)::timestamptz, ($3::jsonb ->> 1)::uuid)))
              order by at, id limit $4",
    },
];

/// A row as a line of JSON, its columns in their order.
#[derive(Clone, Debug, QueryableByName)]
pub struct Line {
    /// Where the page after it begins.
    #[diesel(sql_type = sql::Jsonb)]
    pub key: Value,
    /// The row.
    #[diesel(sql_type = sql::Text)]
    pub json: String,
}

/// Rows of the workspace behind `after`, at most `limit`.
pub async fn of_workspace(
    tx: &mut WorkspaceTx<'_>,
    source: &Source,
    after: &Option<Value>,
    limit: i64,
) -> QueryResult<Vec<Line>> {
    let workspace = tx.workspace;
    read(tx.conn, source, workspace.as_uuid(), None, after, limit).await
}

/// Rows of the bot behind `after`, at most `limit`.
pub async fn of_bot(
    tx: &mut BotTx<'_>,
    source: &Source,
    after: &Option<Value>,
    limit: i64,
) -> QueryResult<Vec<Line>> {
    let (workspace, bot) = (tx.workspace, tx.bot);
    read(tx.conn, source, workspace.as_uuid(), Some(bot.as_uuid()), after, limit).await
}

async fn read(
    conn: &mut AsyncPgConnection,
    source: &Source,
    workspace: uuid::Uuid,
    bot: Option<uuid::Uuid>,
    after: &Option<Value>,
    limit: i64,
) -> QueryResult<Vec<Line>> {
    // Moments are written as the session has them, and files should read alike wherever a server is.
    sql_query("set local time zone 'UTC'").execute(conn).await?;
    let columns: Vec<String> = source.columns.iter().map(|name| format!("r.\"{name}\"")).collect();
    let text = format!(
        "select r.key::jsonb as key, row_to_json((select l from (select {}) l))::text as json from ({}) r",
        columns.join(", "),
        source.sql
    );
    sql_query(text)
        .bind::<sql::Uuid, _>(workspace)
        .bind::<sql::Nullable<sql::Uuid>, _>(bot)
        .bind::<sql::Nullable<sql::Jsonb>, _>(after)
        .bind::<sql::BigInt, _>(limit)
        .load(conn)
        .await
}
