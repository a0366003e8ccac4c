//! The inbox: what Telegram handed over, kept until it is applied. Each `(bot, update_id)` counts once.

use diesel::{dsl::sql, prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    ids::{BotId, WorkspaceId},
};

use crate::{BotTx, SystemTx, fixed::FixedText, schema::updates};

/// An update that is to be taken in.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Whose bot it is for.
    pub workspace: WorkspaceId,
    /// Which bot.
    pub bot: BotId,
    /// Telegram's number of it.
    pub update_id: i64,
    /// The JSON as it came.
    pub body: &'a [u8],
}

/// Takes in updates of any bots, in one statement. Those that are known already are left as they are. Gives
/// the bots that are being moved just now ([`crate::moving`]): nothing of theirs was taken in, and nobody
/// else's update waited for them.
///
/// # Errors
/// A foreign key violation when one of the bots is gone; then none is taken in.
pub async fn take_in(tx: &mut SystemTx<'_>, incoming: &[Incoming<'_>]) -> QueryResult<Vec<BotId>> {
    #[derive(QueryableByName)]
    struct Moving {
        #[diesel(sql_type = sql_types::Uuid)]
        bot_id: BotId,
    }
    let moving: Vec<Moving> = sql_query(
        "with u as materialized (
             select *, pg_try_advisory_xact_lock_shared(hashtextextended('move ' || bot_id, 0)) as is_here
             from unnest($1, $2, $3, $4) as u (workspace_id, bot_id, update_id, body)
         ), taken as (
             insert into updates (workspace_id, bot_id, update_id, body, received_at)
             select workspace_id, bot_id, update_id, body, gannet_now() from u where is_here
             on conflict do nothing
         )
         select bot_id from u where not is_here",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(
        incoming.iter().map(|u| u.workspace).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(
        incoming.iter().map(|u| u.bot).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<sql_types::BigInt>, _>(
        incoming.iter().map(|u| u.update_id).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<sql_types::Bytea>, _>(
        incoming.iter().map(|u| u.body).collect::<Vec<_>>(),
    )
    .fixed()
    .load(tx.conn)
    .await?;
    Ok(moving.into_iter().map(|one| one.bot_id).collect())
}

/// Bots for which updates wait, at most `limit`. Costs one look at the index for each of them, however
/// many updates wait.
pub async fn waiting(tx: &mut SystemTx<'_>, limit: i64) -> QueryResult<Vec<(WorkspaceId, BotId)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        workspace_id: WorkspaceId,
        #[diesel(sql_type = sql_types::Uuid)]
        bot_id: BotId,
    }
    let rows: Vec<Row> = sql_query(
        "with recursive bot as (
             (select workspace_id, bot_id from updates where applied_at is null
              order by workspace_id, bot_id limit 1)
             union all
             select next.* from bot cross join lateral (
                 select u.workspace_id, u.bot_id from updates u
                 where u.applied_at is null and (u.workspace_id, u.bot_id) > (bot.workspace_id, bot.bot_id)
                 order by u.workspace_id, u.bot_id limit 1
             ) next
         )
         select workspace_id, bot_id from bot limit $1",
    )
    .bind::<sql_types::BigInt, _>(limit)
    .fixed()
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.workspace_id, row.bot_id)).collect())
}

/// An update that waits.
#[derive(Clone, Debug, Queryable)]
pub struct Waiting {
    /// Telegram's number of it.
    pub update_id: i64,
    /// When it arrived.
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub received_at: Timestamp,
    /// The JSON as it came.
    pub body: Option<Vec<u8>>,
}

/// Makes this transaction the one that applies the bot's updates. False: another one does.
pub async fn take_turn(tx: &mut BotTx<'_>) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Bool)]
        mine: bool,
    }
    let row: Row = sql_query("select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine")
        .bind::<sql_types::Text, _>(turn(tx.bot))
        .fixed()
        .get_result(tx.conn)
        .await?;
    Ok(row.mine)
}

/// Takes in no update of the transaction's bot until it ends ([`take_in`] says so), and, as [`take_turn`],
/// applies none: waits for whoever is at it.
pub(crate) async fn shut(tx: &mut BotTx<'_>) -> QueryResult<()> {
    for lock in [format!("move {}", tx.bot), turn(tx.bot)] {
        sql_query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind::<sql_types::Text, _>(lock)
            .fixed()
            .execute(tx.conn)
            .await?;
    }
    Ok(())
}

/// What stands for the turn at a bot's updates.
fn turn(bot: BotId) -> String {
    format!("inbox {bot}")
}

/// The bot's updates that wait, in Telegram's order, at most `limit`.
pub async fn next(tx: &mut BotTx<'_>, limit: i64) -> QueryResult<Vec<Waiting>> {
    updates::table
        .filter(updates::workspace_id.eq(tx.workspace))
        .filter(updates::bot_id.eq(tx.bot))
        .filter(updates::applied_at.is_null())
        .order(updates::update_id)
        .limit(limit)
        .select((updates::update_id, updates::received_at, updates::body))
        .load(tx.conn)
        .await
}

/// What became of an update: why it was refused, or nothing when it was applied.
pub type Verdict = (i64, Option<&'static str>);

/// Marks updates as applied or refused. Their bodies go; their numbers stay.
pub async fn mark(tx: &mut BotTx<'_>, verdicts: &[Verdict]) -> QueryResult<()> {
    sql_query(
        // By number, and not joined with a list: a plan made while there were few would go through all.
        "update updates set applied_at = gannet_now(), body = null,
                refused = ($4::text[])[array_position($3::bigint[], update_id)]
         where workspace_id = $1 and bot_id = $2 and update_id = any($3)",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Array<sql_types::BigInt>, _>(
        verdicts.iter().map(|v| v.0).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::Text>>, _>(
        verdicts.iter().map(|v| v.1).collect::<Vec<_>>(),
    )
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Forgets the numbers of updates that were applied and arrived more than `days` ago, at most `limit`.
/// Gives how many they were.
///
/// Telegram offers an update for 24 hours at most; what it sends later is another one.
pub async fn forget(tx: &mut SystemTx<'_>, days: i32, limit: i64) -> QueryResult<usize> {
    let old = sql::<sql_types::Bool>("received_at < gannet_now() - make_interval(days => ")
        .bind::<sql_types::Integer, _>(days)
        .sql(")");
    let ids: Vec<(WorkspaceId, BotId, i64)> = updates::table
        .filter(updates::applied_at.is_not_null())
        .filter(old)
        .order(updates::received_at)
        .limit(limit)
        .select((updates::workspace_id, updates::bot_id, updates::update_id))
        .load(tx.conn)
        .await?;
    sql_query(
        "delete from updates u using unnest($1, $2, $3) as o (workspace_id, bot_id, update_id)
         where u.workspace_id = o.workspace_id and u.bot_id = o.bot_id and u.update_id = o.update_id",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::Uuid>, _>(ids.iter().map(|id| id.1).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::BigInt>, _>(ids.iter().map(|id| id.2).collect::<Vec<_>>())
    .execute(tx.conn)
    .await
}
