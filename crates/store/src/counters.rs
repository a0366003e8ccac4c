//! How many subscribers there are: read from the counters that triggers keep, never counted.

use std::collections::HashMap;

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{ids::BotId, subscriber::Status};
use jiff::civil::Date;

use crate::{BotTx, TenantTx};

/// How many days [`growth`] looks back, today included.
pub const GROWTH_DAYS: usize = 14;

/// Subscribers of a bot by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Status::ALL.len()]);

impl Counts {
    /// How many are in this status.
    pub fn of(&self, status: Status) -> u64 {
        self.0[status as usize]
    }

    /// How many there are in all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// A sum that can never be below zero, though the slots it is made of can.
fn people(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or_default()
}

/// Subscribers by status, for each of `bots` that has any.
pub async fn counts(tx: &mut impl TenantTx, bots: &[BotId]) -> QueryResult<HashMap<BotId, Counts>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        bot_id: BotId,
        #[diesel(sql_type = sql_types::Array<sql_types::BigInt>)]
        sums: Vec<i64>,
    }
    let workspace = tx.workspace();
    let rows: Vec<Row> = sql_query(
        "select bot_id, array[sum(active), sum(paused), sum(unsubscribed), sum(blocked), sum(deactivated)]::bigint[]
             as sums
         from bot_counters where workspace_id = $1 and bot_id = any($2) group by bot_id",
    )
    .bind::<sql_types::Uuid, _>(workspace)
    .bind::<sql_types::Array<sql_types::Uuid>, _>(bots)
    .load(tx.conn())
    .await?;
    let counts = |sums: Vec<i64>| {
        let mut counts = Counts::default();
        counts.0.iter_mut().zip(sums).for_each(|(count, sum)| *count = people(sum));
        counts
    };
    Ok(rows.into_iter().map(|row| (row.bot_id, counts(row.sums))).collect())
}

/// Subscribers of the transaction's bot who would get what is sent now.
pub async fn active(tx: &mut BotTx<'_>) -> QueryResult<u64> {
    let bot = tx.bot;
    let counts = counts(tx, &[bot]).await?;
    Ok(counts.get(&bot).map_or(0, |counts| counts.of(Status::Active)))
}

/// New subscribers a day (UTC) for each of `bots`: the oldest day first, `today` the last, days on
/// which nobody came included.
pub async fn growth(
    tx: &mut impl TenantTx,
    bots: &[BotId],
    today: Date,
) -> QueryResult<HashMap<BotId, Vec<u64>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        bot_id: BotId,
        #[diesel(sql_type = sql_types::Integer)]
        days_ago: i32,
        #[diesel(sql_type = sql_types::BigInt)]
        joined: i64,
    }
    let workspace = tx.workspace();
    let rows: Vec<Row> = sql_query(
        "select bot_id, $3 - day as days_ago, sum(joined)::bigint as joined
         from bot_days where workspace_id = $1 and bot_id = any($2) and day > $3 - $4 and day <= $3
         group by bot_id, day",
    )
    .bind::<sql_types::Uuid, _>(workspace)
    .bind::<sql_types::Array<sql_types::Uuid>, _>(bots)
    .bind::<sql_types::Date, _>(jiff_diesel::Date::from(today))
    .bind::<sql_types::Integer, _>(GROWTH_DAYS as i32)
    .load(tx.conn())
    .await?;
    let mut growth: HashMap<BotId, Vec<u64>> =
        bots.iter().map(|&bot| (bot, vec![0; GROWTH_DAYS])).collect();
    for row in rows {
        let day =
            usize::try_from(row.days_ago).ok().and_then(|ago| (GROWTH_DAYS - 1).checked_sub(ago));
        if let Some((days, day)) = growth.get_mut(&row.bot_id).zip(day) {
            days[day] = people(row.joined);
        }
    }
    Ok(growth)
}

/// Where the transaction's bot has its subscribers from: the largest sources first, at most `limit`.
pub async fn top_sources(tx: &mut BotTx<'_>, limit: i64) -> QueryResult<Vec<(String, u64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Text)]
        source: String,
        #[diesel(sql_type = sql_types::BigInt)]
        joined: i64,
    }
    let rows: Vec<Row> = sql_query(
        "select source, sum(joined)::bigint as joined
         from bot_sources where workspace_id = $1 and bot_id = $2
         group by source order by 2 desc, 1 limit $3",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::BigInt, _>(limit)
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.source, people(row.joined))).collect())
}
