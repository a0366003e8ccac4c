//! What has arrived or was begun and is not over: counted within bounds, however much it is.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;

use crate::{BotTx, SystemTx};

/// Updates that are stored and not in effect yet.
#[derive(Clone, Copy, Debug, PartialEq, QueryableByName)]
pub struct Updates {
    /// How many wait: at most as many as were counted.
    #[diesel(sql_type = sql_types::BigInt)]
    pub waiting: i64,
    /// For how long the oldest of them has waited, in seconds.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Double>)]
    pub oldest_secs: Option<f64>,
}

/// Updates of all bots: counted up to `most`, and the oldest among the first of `bots` bots. It reads so many
/// entries of the index of those that wait, and so many rows.
pub async fn updates(tx: &mut SystemTx<'_>, most: i64, bots: i64) -> QueryResult<Updates> {
    sql_query(
        "with recursive bot as (
             (select workspace_id, bot_id, received_at from updates where applied_at is null
              order by workspace_id, bot_id, update_id limit 1)
             union all
             select next.* from bot cross join lateral (
                 select u.workspace_id, u.bot_id, u.received_at from updates u
                 where u.applied_at is null and (u.workspace_id, u.bot_id) > (bot.workspace_id, bot.bot_id)
                 order by u.workspace_id, u.bot_id, u.update_id limit 1
             ) next
         )
         select (select count(*) from (select from updates where applied_at is null limit $1) w) as waiting,
                extract(epoch from gannet_now() - (select min(received_at)
                    from (select received_at from bot limit $2) f))::double precision as oldest_secs",
    )
    .bind::<sql_types::BigInt, _>(most)
    .bind::<sql_types::BigInt, _>(bots)
    .get_result(tx.conn)
    .await
}

/// Updates of the transaction's bot, counted up to `most`. The oldest is the first in Telegram's order.
pub async fn updates_of_bot(tx: &mut BotTx<'_>, most: i64) -> QueryResult<Updates> {
    sql_query(
        "select count(*) as waiting,
                extract(epoch from gannet_now() - min(received_at))::double precision as oldest_secs
         from (select received_at from updates
               where workspace_id = $1 and bot_id = $2 and applied_at is null
               order by update_id limit $3) w",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::BigInt, _>(most)
    .get_result(tx.conn)
    .await
}

/// Broadcasts under way and in line.
#[derive(Clone, Copy, Debug, PartialEq, QueryableByName)]
pub struct Broadcasts {
    /// How many are being sent: at most as many as were looked at.
    #[diesel(sql_type = sql_types::BigInt)]
    pub sending: i64,
    /// For how long the first in line has waited for another of its bot, in seconds.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Double>)]
    pub oldest_secs: Option<f64>,
}

/// Broadcasts of all bots, looked at up to `most`.
pub async fn broadcasts(tx: &mut SystemTx<'_>, most: i64) -> QueryResult<Broadcasts> {
    sql_query(
        "select count(*) filter (where status = 'sending') as sending,
                extract(epoch from gannet_now() - min(queued_at))::double precision as oldest_secs
         from (select status, queued_at from broadcasts
               where status = 'sending' or queued_at is not null limit $1) b",
    )
    .bind::<sql_types::BigInt, _>(most)
    .get_result(tx.conn)
    .await
}
