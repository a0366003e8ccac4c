//! Everything of a workspace as files: where an export stands, and what it has written.

mod sources;

use diesel::{deserialize::QueryableByName, prelude::*, sql_query, sql_types as sql};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    ids::{BotId, UserId},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{BotTx, SystemTx, WorkspaceTx};

pub use sources::{Line, SOURCES, Source, of_bot, of_workspace};

/// An export as it stands.
#[derive(Clone, Debug, QueryableByName)]
pub struct Export {
    /// Which.
    #[diesel(sql_type = sql::Uuid)]
    pub id: Uuid,
    /// Who asked for it.
    #[diesel(sql_type = sql::Uuid)]
    pub asked_by: UserId,
    /// Their name at that time.
    #[diesel(sql_type = sql::Text)]
    pub asked_by_name: String,
    #[diesel(sql_type = sql::Timestamptz)]
    asked_at: jiff_diesel::Timestamp,
    /// Which of [`SOURCES`] is being written.
    #[diesel(sql_type = sql::SmallInt)]
    pub source: i16,
    /// The last bot that was begun, for what belongs to bots.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub at_bot: Option<BotId>,
    /// The key of the last row that was written.
    #[diesel(sql_type = sql::Nullable<sql::Jsonb>)]
    pub after: Option<Value>,
    /// Parts that were written.
    #[diesel(sql_type = sql::Integer)]
    pub step: i32,
    /// Rows that were written.
    #[diesel(sql_type = sql::BigInt)]
    pub rows_done: i64,
    /// About how many there are.
    #[diesel(sql_type = sql::BigInt)]
    pub rows_total: i64,
    #[diesel(sql_type = sql::Nullable<sql::Timestamptz>)]
    ready_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = sql::Timestamptz)]
    expires_at: jiff_diesel::Timestamp,
}

impl Export {
    /// When it was asked for.
    pub fn asked_at(&self) -> Timestamp {
        self.asked_at.to_jiff()
    }

    /// Since when it is ready.
    pub fn ready_at(&self) -> Option<Timestamp> {
        self.ready_at.map(|at| at.to_jiff())
    }

    /// Until when it can be fetched.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at.to_jiff()
    }
}

/// Where an export stands after a part.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Which of [`SOURCES`].
    pub source: i16,
    /// Which bot.
    pub bot: Option<BotId>,
    /// Behind which row.
    pub after: Option<Value>,
}

/// A part of a file.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which file.
    pub file: String,
    /// A gzip member.
    pub bytes: Vec<u8>,
    /// Rows in it.
    pub rows: i32,
    /// Bytes before they were compressed.
    pub length: i64,
}

/// One file of an export.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct File {
    /// What it is called.
    #[diesel(sql_type = sql::Text)]
    pub file: String,
    /// Rows in it.
    #[diesel(sql_type = sql::BigInt)]
    pub rows: i64,
    /// Its bytes.
    #[diesel(sql_type = sql::BigInt)]
    pub length: i64,
}

/// Begins an export, in the place of one that is ready. None: one is being written.
pub async fn begin(
    tx: &mut WorkspaceTx<'_>,
    asked_by: UserId,
    name: &str,
) -> QueryResult<Option<Uuid>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql::Uuid)]
        id: Uuid,
    }
    // Its parts may be many, and a request may not take long: housekeeping removes them.
    sql_query(
        "update exports set expires_at = gannet_now()
         where workspace_id = $1 and ready_at is not null and expires_at > gannet_now()",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .execute(tx.conn)
    .await?;
    let begun: Option<Row> = sql_query(
        "insert into exports (workspace_id, id, asked_by, asked_by_name, rows_total)
         select $1, $2, $3, $4,
                coalesce((select sum(active + paused + unsubscribed + blocked + deactivated)
                          from bot_counters where workspace_id = $1), 0)
                + coalesce((select sum(sent + blocked + deactivated + failed + skipped + unknown)
                            from broadcast_tallies where workspace_id = $1), 0)
                + (select count(*) from broadcasts where workspace_id = $1)
                + (select count(*) from bots where workspace_id = $1)
                + (select count(*) from members where workspace_id = $1)
                + coalesce((select seq + unchained from audit_heads where workspace_id = $1), 0)
         on conflict (workspace_id) where ready_at is null do nothing
         returning id",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Uuid, _>(Uuid::now_v7())
    .bind::<sql::Uuid, _>(asked_by)
    .bind::<sql::Text, _>(name)
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(begun.map(|row| row.id))
}

/// The export of the workspace, if there is one that is not over.
pub async fn current(tx: &mut WorkspaceTx<'_>) -> QueryResult<Option<Export>> {
    sql_query(
        "select id, asked_by, asked_by_name, asked_at, source, at_bot, after, step, rows_done, rows_total,
                ready_at, expires_at
         from exports where workspace_id = $1 and expires_at > gannet_now()
         order by asked_at desc limit 1",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .get_result(tx.conn)
    .await
    .optional()
}

/// The next bot of the workspace, by id; those that were disconnected among them.
pub async fn bot_after(tx: &mut WorkspaceTx<'_>, bot: Option<BotId>) -> QueryResult<Option<BotId>> {
    use crate::schema::bots;
    let ours = bots::table.filter(bots::workspace_id.eq(tx.workspace)).into_boxed();
    let ours = match bot {
        Some(bot) => ours.filter(bots::id.gt(bot)),
        None => ours,
    };
    ours.order(bots::id).select(bots::id).first(tx.conn).await.optional()
}

/// Writes parts, and where the export stands after them. False: somebody else has written this step.
pub async fn advance(
    tx: &mut WorkspaceTx<'_>,
    export: &Export,
    place: &Place,
    parts: &[Part],
    rows: i64,
) -> QueryResult<bool> {
    let moved = sql_query(
        "update exports set source = $3, at_bot = $4, after = $5, step = step + 1, rows_done = rows_done + $6
         where workspace_id = $1 and id = $2 and step = $7 and ready_at is null",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Uuid, _>(export.id)
    .bind::<sql::SmallInt, _>(place.source)
    .bind::<sql::Nullable<sql::Uuid>, _>(place.bot)
    .bind::<sql::Nullable<sql::Jsonb>, _>(&place.after)
    .bind::<sql::BigInt, _>(rows)
    .bind::<sql::Integer, _>(export.step)
    .execute(tx.conn)
    .await?;
    if moved == 0 {
        return Ok(false);
    }
    for part in parts {
        sql_query(
            "insert into export_parts (workspace_id, export_id, file, n, bytes, rows, length)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind::<sql::Uuid, _>(tx.workspace)
        .bind::<sql::Uuid, _>(export.id)
        .bind::<sql::Text, _>(&part.file)
        .bind::<sql::Integer, _>(export.step)
        .bind::<sql::Bytea, _>(&part.bytes)
        .bind::<sql::Integer, _>(part.rows)
        .bind::<sql::BigInt, _>(part.length)
        .execute(tx.conn)
        .await?;
    }
    Ok(true)
}

/// The export is whole. False: it was before, or is gone.
pub async fn finish(tx: &mut WorkspaceTx<'_>, export: &Export) -> QueryResult<bool> {
    let done = sql_query(
        "update exports set ready_at = gannet_now(), expires_at = gannet_now() + interval '7 days'
         where workspace_id = $1 and id = $2 and step = $3 and ready_at is null",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Uuid, _>(export.id)
    .bind::<sql::Integer, _>(export.step)
    .execute(tx.conn)
    .await?;
    Ok(done == 1)
}

/// The files of an export, by name.
pub async fn files(tx: &mut WorkspaceTx<'_>, export: Uuid) -> QueryResult<Vec<File>> {
    sql_query(
        "select file, sum(rows)::bigint as rows, sum(length)::bigint as length from export_parts
         where workspace_id = $1 and export_id = $2 group by file order by file",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Uuid, _>(export)
    .load(tx.conn)
    .await
}

/// The next part of a file of a ready export, and its place.
pub async fn part_after(
    tx: &mut WorkspaceTx<'_>,
    export: Uuid,
    file: &str,
    after: i32,
) -> QueryResult<Option<(i32, Vec<u8>)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql::Integer)]
        n: i32,
        #[diesel(sql_type = sql::Bytea)]
        bytes: Vec<u8>,
    }
    let row: Option<Row> = sql_query(
        "select p.n, p.bytes from export_parts p
         join exports e on e.workspace_id = p.workspace_id and e.id = p.export_id
         where p.workspace_id = $1 and p.export_id = $2 and p.file = $3 and p.n > $4
           and e.ready_at is not null and e.expires_at > gannet_now()
         order by p.n limit 1",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Uuid, _>(export)
    .bind::<sql::Text, _>(file)
    .bind::<sql::Integer, _>(after)
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(row.map(|row| (row.n, row.bytes)))
}

/// Forgets the export that is being written.
pub async fn forget(tx: &mut WorkspaceTx<'_>) -> QueryResult<()> {
    sql_query("delete from exports where workspace_id = $1 and ready_at is null")
        .bind::<sql::Uuid, _>(tx.workspace)
        .execute(tx.conn)
        .await
        .map(drop)
}

/// Forgets all exports of the workspace of a bot that moves away: they hold what is no longer its own.
pub async fn forget_all(tx: &mut BotTx<'_>) -> QueryResult<()> {
    sql_query("delete from exports where workspace_id = $1")
        .bind::<sql::Uuid, _>(tx.workspace)
        .execute(tx.conn)
        .await
        .map(drop)
}

/// Removes the export that has been over for longest; false: none is.
pub async fn sweep(tx: &mut SystemTx<'_>) -> QueryResult<bool> {
    // The worker may not take long, and a big one does.
    sql_query("set local statement_timeout = 0").execute(tx.conn).await?;
    let gone = sql_query(
        "delete from exports where (workspace_id, id) in (
             select workspace_id, id from exports where expires_at <= gannet_now() order by expires_at limit 1)",
    )
    .execute(tx.conn)
    .await?;
    Ok(gone == 1)
}
