//! How often something was tried, and who is shut out for it.
//!
//! A bucket holds the moments at which it served within its window: never more than its limit in any
//! span of that length, however many ask at once, because a charge is one statement that locks one
//! row. Everything is judged by the database clock, which all instances share.

use std::time::Duration;

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    limit::{self, Limit},
};
use jiff_diesel::ToDiesel;

use crate::{SystemTx, accounts::GlobalTx, fixed::FixedText};

/// What came of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// There was room; `at` names the charge, should it be given back.
    Served {
        /// When.
        at: Timestamp,
    },
    /// There was none.
    Refused {
        /// Whole seconds until it would be served, at least 1: one second before it is refused still.
        retry_after_secs: u64,
        /// The bucket went over its limit just now.
        tripped: bool,
        /// The client is shut out of everything.
        blocked: bool,
    },
}

/// Takes one try out of the bucket of `key`.
///
/// `client` is who asks, for [`Limit::is_an_episode`]; none for an address that must never be shut
/// out. A client that is shut out is refused and not counted.
pub async fn charge(
    tx: &mut impl GlobalTx,
    limit: Limit,
    key: &str,
    client: Option<&str>,
) -> QueryResult<Charge> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Text)]
        verdict: String,
        #[diesel(sql_type = sql_types::BigInt)]
        wait_secs: i64,
        #[diesel(sql_type = sql_types::Timestamptz)]
        at: jiff_diesel::Timestamp,
        #[diesel(sql_type = sql_types::Bool)]
        blocked: bool,
    }
    let bounds = limit.bounds();
    let secs = |span: std::time::Duration| span.as_secs_f64();
    let row: Row = sql_query(CHARGE)
        .bind::<sql_types::Text, _>(limit.kind())
        .bind::<sql_types::Text, _>(key)
        .bind::<sql_types::Nullable<sql_types::Text>, _>(client)
        .bind::<sql_types::Integer, _>(i32::from(bounds.most))
        .bind::<sql_types::Double, _>(secs(bounds.within))
        .bind::<sql_types::Nullable<sql_types::Double>, _>(bounds.lock.map(secs))
        .bind::<sql_types::Bool, _>(limit.is_an_episode())
        .bind::<sql_types::Integer, _>(i32::from(limit::EPISODES))
        .bind::<sql_types::Double, _>(secs(limit::EPISODES_WITHIN))
        .bind::<sql_types::Double, _>(secs(limit::BLOCK))
        .get_result(tx.global())
        .await?;
    Ok(match row.verdict.as_str() {
        "served" => Charge::Served { at: row.at.to_jiff() },
        verdict => Charge::Refused {
            retry_after_secs: row.wait_secs.max(1).unsigned_abs(),
            tripped: verdict == "tripped",
            blocked: row.blocked,
        },
    })
}

/// 1 kind, 2 key, 3 client, 4 most, 5 within, 6 lock, 7 episode?, 8 episodes, 9 within, 10 block.
///
/// `excluded.hits[1]` is the moment of this charge: the clock is read once for the whole statement.
const CHARGE: &str = "
    with clock as materialized (
        select gannet_now() as now
    ), shut as (
        select s.blocked_until as until from client_standings s, clock
        where s.client = $3 and s.blocked_until > clock.now
    ), charged as (
        insert into limit_buckets as b (kind, key, hits, verdict, expires_at)
        select $1, $2, array[now], 'served', now + make_interval(secs => $5) from clock
        where not exists (select from shut)
        on conflict (kind, key) do update
        set (hits, locked_until, verdict, expires_at) = (
            select
                case when locked then b.hits when room then recent || excluded.hits[1] else recent end,
                case when locked then b.locked_until
                     when not room then excluded.hits[1] + make_interval(secs => $6) end,
                case when locked then 'refused' when room then 'served'
                     when b.verdict = 'served' then 'tripped' else 'refused' end,
                greatest(b.expires_at,
                    excluded.hits[1] + make_interval(secs => greatest($5, coalesce($6, 0))))
            from (
                select coalesce(b.locked_until > excluded.hits[1], false) as locked,
                       cardinality(recent) < $4 as room, recent
                from (
                    select coalesce(array_agg(hit order by hit), '{}') as recent
                    from unnest(b.hits) as hit
                    where hit > excluded.hits[1] - make_interval(secs => $5)
                ) as window_
            ) as decision
        )
        returning verdict, case when verdict <> 'served' then
            coalesce(locked_until, hits[1] + make_interval(secs => $5)) end as until
    ), standing as (
        insert into client_standings as s (client, episodes, expires_at)
        select $3, array[now], now + make_interval(secs => $9) from clock, charged
        where charged.verdict = 'tripped' and $7 and $3 is not null
        on conflict (client) do update
        set (episodes, blocked_until, expires_at) = (
            select recent || excluded.episodes[1],
                   case when cardinality(recent) + 1 >= $8
                        then excluded.episodes[1] + make_interval(secs => $10)
                        else s.blocked_until end,
                   excluded.expires_at
            from (
                select coalesce(array_agg(episode order by episode), '{}') as recent
                from unnest(s.episodes) as episode
                where episode > excluded.episodes[1] - make_interval(secs => $9)
            ) as day
        )
        returning case when blocked_until > episodes[cardinality(episodes)] then blocked_until end as until
    )
    select coalesce(charged.verdict, 'refused') as verdict,
           coalesce(ceil(extract(epoch from
               greatest(charged.until, shut.until, standing.until) - clock.now)), 0)::bigint as wait_secs,
           clock.now as at,
           shut.until is not null or standing.until is not null as blocked
    from clock left join charged on true left join shut on true left join standing on true";

/// Gives back what was taken `at` a moment: it was right, and only what is wrong counts.
pub async fn give_back(
    tx: &mut impl GlobalTx,
    limit: Limit,
    key: &str,
    at: Timestamp,
) -> QueryResult<()> {
    sql_query("update limit_buckets set hits = array_remove(hits, $3) where kind = $1 and key = $2")
        .bind::<sql_types::Text, _>(limit.kind())
        .bind::<sql_types::Text, _>(key)
        .bind::<sql_types::Timestamptz, _>(at.to_diesel())
        .fixed()
        .execute(tx.global())
        .await
        .map(drop)
}

/// Forgets the episodes of a client that has signed in. A block that is in force stays.
pub async fn forgive(tx: &mut impl GlobalTx, client: &str) -> QueryResult<()> {
    sql_query(
        "delete from client_standings
         where client = $1 and (blocked_until is null or blocked_until <= gannet_now())",
    )
    .bind::<sql_types::Text, _>(client)
    .fixed()
    .execute(tx.global())
    .await
    .map(drop)
}

/// A client that is shut out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// IPv4 address, or IPv6 network of 64 bits.
    pub client: String,
    /// Until when.
    pub until: Timestamp,
    /// How long until then.
    pub left: Duration,
}

/// Those who are shut out now, the longest first. At most `limit`.
pub async fn blocked(tx: &mut impl GlobalTx, limit: i64) -> QueryResult<Vec<Block>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Text)]
        client: String,
        #[diesel(sql_type = sql_types::Timestamptz)]
        until: jiff_diesel::Timestamp,
        #[diesel(sql_type = sql_types::BigInt)]
        micros: i64,
    }
    let rows: Vec<Row> = sql_query(
        "select client, blocked_until as until,
                (extract(epoch from blocked_until - now) * 1000000)::bigint as micros
         from client_standings, gannet_now() as now
         where blocked_until > now order by blocked_until desc, client limit $1",
    )
    .bind::<sql_types::BigInt, _>(limit)
    .fixed()
    .load(tx.global())
    .await?;
    let block = |row: Row| Block {
        client: row.client,
        until: row.until.to_jiff(),
        left: Duration::from_micros(row.micros.max(1).unsigned_abs()),
    };
    Ok(rows.into_iter().map(block).collect())
}

/// Lets a client in again and forgets its episodes. False when it was not shut out.
pub async fn lift(tx: &mut impl GlobalTx, client: &str) -> QueryResult<bool> {
    let lifted = sql_query(
        "delete from client_standings where client = $1 and blocked_until > gannet_now()",
    )
    .bind::<sql_types::Text, _>(client)
    .fixed()
    .execute(tx.global())
    .await?;
    Ok(lifted == 1)
}

/// Removes what says nothing any more. At most `limit` rows of each table; says how many of the fuller one.
pub async fn sweep(tx: &mut SystemTx<'_>, limit: i64) -> QueryResult<usize> {
    let mut most = 0;
    for (table, key) in [("limit_buckets", "kind, key"), ("client_standings", "client")] {
        let removed = sql_query(format!(
            "delete from {table} where ({key}) in (
                 select {key} from {table} where expires_at <= gannet_now()
                 order by expires_at limit $1)"
        ))
        .bind::<sql_types::BigInt, _>(limit)
        .execute(tx.conn)
        .await?;
        most = most.max(removed);
    }
    Ok(most)
}
