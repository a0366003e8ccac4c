//! What Stripe told: each event once, until it has taken effect.

use diesel::{prelude::*, sql_query, sql_types as sql};
use diesel_async::RunQueryDsl;
use domain::Timestamp;

use crate::SystemTx;

/// How long whoever claims events has to apply them, in seconds.
pub const LEASE_SECS: u32 = 60;
/// Most of a customer's events that are claimed at once.
const MOST: i64 = 1_000;
/// Held until the end of a transaction that claims: so that all events of a customer are claimed together.
const ONE_CLAIMS: &str =
    "select pg_advisory_xact_lock(hashtextextended('gannet.stripe_events', 0))";
/// How long an event is kept, in days.
pub const KEPT_DAYS: i32 = 90;

/// An event as it comes.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Stripe's id of it.
    pub id: &'a str,
    /// What happened.
    pub kind: &'a str,
    /// In which of Stripe's two worlds.
    pub live: bool,
    /// When, to the second.
    pub created: Timestamp,
    /// Of which customer.
    pub customer: Option<&'a str>,
    /// About which payment.
    pub charge: Option<&'a str>,
}

/// An event that is to be applied.
#[derive(Clone, Debug, QueryableByName)]
pub struct Event {
    /// Stripe's id of it.
    #[diesel(sql_type = sql::Text)]
    pub id: String,
    /// What happened.
    #[diesel(sql_type = sql::Text)]
    pub kind: String,
    /// In which of Stripe's two worlds.
    #[diesel(sql_type = sql::Bool)]
    pub livemode: bool,
    /// Of which customer.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub customer_id: Option<String>,
    /// About which payment.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub charge_id: Option<String>,
    /// Which try this is, from 1.
    #[diesel(sql_type = sql::Integer)]
    pub tries: i32,
    /// Seconds since it was received.
    #[diesel(sql_type = sql::Double)]
    pub age_secs: f64,
    /// When it was claimed.
    #[diesel(sql_type = sql::Timestamptz)]
    pub claimed_at: jiff_diesel::Timestamp,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its customer was looked at.
    Applied,
    /// It is about nothing that matters here.
    Ignored,
    /// It came from the other of Stripe's two worlds.
    OtherMode,
    /// Its customer is nobody's here.
    UnknownCustomer,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::OtherMode => "other_mode",
            Self::UnknownCustomer => "unknown_customer",
        }
    }
}

/// Keeps an event. False: it was there already.
pub async fn keep(tx: &mut SystemTx<'_>, event: &New<'_>) -> QueryResult<bool> {
    let kept = sql_query(
        "insert into stripe_events (id, kind, livemode, created_at, customer_id, charge_id)
         values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing",
    )
    .bind::<sql::Text, _>(event.id)
    .bind::<sql::Text, _>(event.kind)
    .bind::<sql::Bool, _>(event.live)
    .bind::<sql::Timestamptz, _>(jiff_diesel::Timestamp::from(event.created))
    .bind::<sql::Nullable<sql::Text>, _>(event.customer)
    .bind::<sql::Nullable<sql::Text>, _>(event.charge)
    .execute(tx.conn)
    .await?;
    Ok(kept == 1)
}

/// How many events about `customer` have not taken effect yet.
pub async fn waiting(tx: &mut SystemTx<'_>, customer: &str) -> QueryResult<i64> {
    use crate::schema::stripe_events as table;
    table::table
        .filter(table::customer_id.eq(customer))
        .filter(table::settled_at.is_null())
        .count()
        .get_result(tx.conn)
        .await
}

/// Claims the event that is due for the longest, with all others of its customer that are due. None: nothing is.
pub async fn claim(tx: &mut SystemTx<'_>) -> QueryResult<Vec<Event>> {
    sql_query(ONE_CLAIMS).execute(tx.conn).await?;
    sql_query(
        "with first as (
             select id, livemode, customer_id from stripe_events
             where settled_at is null and try_at <= gannet_now() order by try_at, id limit 1
         ), due as (
             select e.id from stripe_events e, first
             where e.settled_at is null and e.try_at <= gannet_now()
               and (e.id = first.id or (e.customer_id = first.customer_id and e.livemode = first.livemode))
             order by e.id = first.id desc, e.try_at limit $2 for update of e skip locked
         )
         update stripe_events e set try_at = gannet_now() + make_interval(secs => $1), tries = tries + 1
         from due where e.id = due.id
         returning e.id, e.kind, e.livemode, e.customer_id, e.charge_id, e.tries,
                   extract(epoch from gannet_now() - e.received_at)::float8 as age_secs,
                   gannet_now() as claimed_at",
    )
    .bind::<sql::Double, _>(f64::from(LEASE_SECS))
    .bind::<sql::BigInt, _>(MOST)
    .load(tx.conn)
    .await
}

/// Writes down what became of events.
pub async fn settle(tx: &mut SystemTx<'_>, ids: &[String], outcome: Outcome) -> QueryResult<()> {
    sql_query(
        "update stripe_events set settled_at = gannet_now(), outcome = $2
         where id = any($1) and settled_at is null",
    )
    .bind::<sql::Array<sql::Text>, _>(ids)
    .bind::<sql::Text, _>(outcome.word())
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Writes down that a customer was looked at after `received`: what was told of them until then is in what was
/// seen, whoever else may have claimed it. Only of events whose kind begins with one of `kinds`.
pub async fn settle_customer(
    tx: &mut SystemTx<'_>,
    (customer, live): (&str, bool),
    received: jiff_diesel::Timestamp,
    kinds: &[&str],
) -> QueryResult<()> {
    sql_query(
        "update stripe_events set settled_at = gannet_now(), outcome = $5
         where id in (select id from stripe_events
                      where customer_id = $1 and livemode = $2 and settled_at is null and received_at <= $3
                        and exists (select from unnest($4) as prefix where starts_with(kind, prefix))
                      order by id for update)",
    )
    .bind::<sql::Text, _>(customer)
    .bind::<sql::Bool, _>(live)
    .bind::<sql::Timestamptz, _>(received)
    .bind::<sql::Array<sql::Text>, _>(kinds)
    .bind::<sql::Text, _>(Outcome::Applied.word())
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Has events tried again, in seconds from now.
pub async fn retry(tx: &mut SystemTx<'_>, ids: &[String], in_secs: f64) -> QueryResult<()> {
    sql_query(
        "update stripe_events set try_at = gannet_now() + make_interval(secs => $2)
         where id = any($1) and settled_at is null",
    )
    .bind::<sql::Array<sql::Text>, _>(ids)
    .bind::<sql::Double, _>(in_secs)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Removes events that have been kept for long enough, at most `limit`; gives how many.
pub async fn sweep(tx: &mut SystemTx<'_>, limit: i64) -> QueryResult<usize> {
    sql_query(
        "delete from stripe_events where id in (
             select id from stripe_events where received_at < gannet_now() - make_interval(days => $1)
             order by received_at limit $2)",
    )
    .bind::<sql::Integer, _>(KEPT_DAYS)
    .bind::<sql::BigInt, _>(limit)
    .execute(tx.conn)
    .await
}
