//! Broadcasts that begin by themselves: their time is set, taken back, and found when it has come.

use diesel::{dsl::sql, prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    broadcast::Status,
    ids::{BotId, BroadcastId, WorkspaceId},
};

use crate::{
    BotTx, SystemTx, TenantTx, Version,
    broadcasts::Plan,
    schema::{broadcast_chunks as chunks, broadcasts},
};

/// A broadcast whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which bot's.
    pub bot: BotId,
    /// Which.
    pub id: BroadcastId,
    at: Timestamp,
}

/// Broadcasts of all bots that are due, those first that have been so for the longest. At most `limit`,
/// behind `after` in that order.
pub async fn due(tx: &mut SystemTx<'_>, after: Option<Due>, limit: i64) -> QueryResult<Vec<Due>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        workspace_id: WorkspaceId,
        #[diesel(sql_type = sql_types::Uuid)]
        bot_id: BotId,
        #[diesel(sql_type = sql_types::Uuid)]
        id: BroadcastId,
        #[diesel(sql_type = sql_types::Timestamptz)]
        scheduled_at: jiff_diesel::Timestamp,
    }
    // The clock is read once, so that the index ends the search at it: rows that wait are never looked at.
    let rows: Vec<Row> = sql_query(
        "select workspace_id, bot_id, id, scheduled_at from broadcasts
         where status = 'scheduled' and scheduled_at <= (select gannet_now())
           and (scheduled_at, workspace_id, bot_id, id)
               > (coalesce($1, '-infinity'), coalesce($2, $6), coalesce($3, $6), coalesce($4, $6))
         order by scheduled_at, workspace_id, bot_id, id limit $5",
    )
    .bind::<sql_types::Nullable<sql_types::Timestamptz>, _>(
        after.map(|due| jiff_diesel::Timestamp::from(due.at)),
    )
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after.map(|due| due.workspace))
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after.map(|due| due.bot))
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after.map(|due| due.id))
    .bind::<sql_types::BigInt, _>(limit)
    .bind::<sql_types::Uuid, _>(uuid::Uuid::nil())
    .load(tx.conn)
    .await?;
    let due = |row: Row| Due {
        workspace: row.workspace_id,
        bot: row.bot_id,
        id: row.id,
        at: row.scheduled_at.to_jiff(),
    };
    Ok(rows.into_iter().map(due).collect())
}

/// The clock that judges what is due.
pub async fn now(tx: &mut impl TenantTx) -> QueryResult<Timestamp> {
    let now: jiff_diesel::Timestamp =
        diesel::select(sql::<sql_types::Timestamptz>("gannet_now()")).get_result(tx.conn()).await?;
    Ok(now.to_jiff())
}

/// Has a broadcast that the caller has locked wait for its time. Gives its new version.
pub async fn set(tx: &mut BotTx<'_>, id: BroadcastId, plan: &Plan) -> QueryResult<Version> {
    diesel::update(broadcasts::table.find((tx.workspace, tx.bot, id)))
        .set((
            broadcasts::status.eq(Status::Scheduled),
            broadcasts::scheduled_at.eq(jiff_diesel::Timestamp::from(plan.at)),
            broadcasts::zone.eq(&plan.zone),
            broadcasts::scheduled_by.eq(plan.by),
            broadcasts::scheduled_by_name.eq(&plan.by_name),
        ))
        .returning(broadcasts::updated_at)
        .get_result::<jiff_diesel::Timestamp>(tx.conn)
        .await
        .map(Version::from)
}

/// Forgets the time of a broadcast that does not wait for it any more.
pub async fn forget(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<()> {
    diesel::update(broadcasts::table.find((tx.workspace, tx.bot, id)))
        .set((
            broadcasts::scheduled_at.eq(None::<jiff_diesel::Timestamp>),
            broadcasts::zone.eq(None::<&str>),
            broadcasts::scheduled_by.eq(None::<domain::ids::UserId>),
            broadcasts::scheduled_by_name.eq(None::<&str>),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Makes a broadcast a draft again that the caller has locked and nobody has got: its time is forgotten,
/// and whatever was frozen of it goes.
pub async fn thaw(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<()> {
    diesel::delete(chunks::table)
        .filter(chunks::workspace_id.eq(tx.workspace))
        .filter(chunks::bot_id.eq(tx.bot))
        .filter(chunks::broadcast_id.eq(id))
        .execute(tx.conn)
        .await?;
    sql_query(
        "update broadcasts
         set status = 'draft', scheduled_at = null, zone = null, scheduled_by = null, scheduled_by_name = null,
             message = null, total = 0, queued_at = null
         where workspace_id = $1 and bot_id = $2 and id = $3",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .execute(tx.conn)
    .await?;
    Ok(())
}
