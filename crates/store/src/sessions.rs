//! Sessions of the web app: what a browser's cookie stands for.
//!
//! The table holds the hash of the id, never the id. How long a session lasts is judged by the
//! database clock: 30 days without a visit, 90 days in all.

use diesel::{
    define_sql_function,
    dsl::sql,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::{Timestamp, ids::UserId};
use serde_json::Value;

use crate::{
    SystemTx, UserTx,
    accounts::GlobalTx,
    schema::{sessions, users},
};

define_sql_function! {
    /// The database clock; tests shift it.
    fn gannet_now() -> Timestamptz;
}

/// SHA-256 of a session's id.
pub type IdHash = [u8; 32];

/// What is written of a session.
#[derive(Clone, Debug)]
pub struct Written {
    /// Which.
    pub id_hash: IdHash,
    /// Who is signed in, if anybody is.
    pub user: Option<UserId>,
    /// The epoch of their credentials in which they signed in; none without anybody.
    pub epoch: Option<i64>,
    /// Whatever the web app remembers, as a JSON object.
    pub data: Value,
    /// From where it was last seen.
    pub ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
}

/// What is read of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Whatever the web app remembers.
    pub data: Value,
    /// When it ends if nobody comes back.
    pub expires_at: Timestamp,
}

/// One browser in which somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    /// Which session.
    pub id_hash: Vec<u8>,
    /// From where it was last seen.
    pub ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last seen, exact to an hour.
    pub last_seen_at: Timestamp,
}

/// What the database's clock says, by which sessions end and leases run out.
pub async fn clock(tx: &mut UserTx<'_>) -> QueryResult<Timestamp> {
    let now: jiff_diesel::Timestamp = diesel::select(gannet_now()).get_result(tx.conn).await?;
    Ok(now.to_jiff())
}

/// The session behind `id_hash`, if it has not ended: by itself, or because its person's credentials are
/// of another epoch now.
pub async fn find(tx: &mut UserTx<'_>, id_hash: &IdHash) -> QueryResult<Option<Found>> {
    let row: Option<(Value, jiff_diesel::Timestamp)> = sessions::table
        .left_join(users::table.on(sessions::user_id.eq(users::id.nullable())))
        .filter(sessions::id_hash.eq(&id_hash[..]))
        .filter(sessions::expires_at.gt(gannet_now()))
        .filter(sessions::epoch.is_not_distinct_from(users::credentials_epoch.nullable()))
        .select((sessions::data, sessions::expires_at))
        .first(tx.conn)
        .await
        .optional()?;
    Ok(row.map(|(data, expires_at)| Found { data, expires_at: expires_at.to_jiff() }))
}

/// Begins a session.
///
/// # Errors
/// `sessions_pkey` refuses an id that was used before.
pub async fn begin(tx: &mut UserTx<'_>, session: &Written) -> QueryResult<()> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id_hash.eq(&session.id_hash[..]),
            sessions::user_id.eq(session.user),
            sessions::epoch.eq(session.epoch),
            sessions::data.eq(&session.data),
            sessions::expires_at.eq(sql::<Timestamptz>("gannet_now() + interval '30 days'")),
            sessions::ip.eq(&session.ip),
            sessions::user_agent.eq(&session.user_agent),
        ))
        .execute(tx.conn)
        .await
        .map(drop)
}

/// Gives a session that has not ended another id. False when it has.
///
/// Whoever holds the old id holds nothing any more; whoever ends the session meanwhile ends it.
pub async fn rename(tx: &mut UserTx<'_>, from: &IdHash, to: &IdHash) -> QueryResult<bool> {
    let live = sessions::table.find(&from[..]).filter(sessions::expires_at.gt(gannet_now()));
    let renamed = diesel::update(live).set(sessions::id_hash.eq(&to[..])).execute(tx.conn).await?;
    Ok(renamed == 1)
}

/// Writes what a session remembers now, and that somebody was here. False when it has ended: a
/// request in flight does not bring a signed-out session back.
pub async fn renew(tx: &mut UserTx<'_>, session: &Written) -> QueryResult<bool> {
    let live =
        sessions::table.find(&session.id_hash[..]).filter(sessions::expires_at.gt(gannet_now()));
    let changed = diesel::update(live)
        .set((
            sessions::data.eq(&session.data),
            sessions::last_seen_at.eq(gannet_now()),
            sessions::expires_at.eq(sql::<Timestamptz>(
                "least(gannet_now() + interval '30 days', created_at + interval '90 days')",
            )),
            sessions::ip.eq(sql::<Nullable<Text>>("coalesce(")
                .bind::<Nullable<Text>, _>(&session.ip)
                .sql(", ip)")),
            sessions::user_agent.eq(sql::<Nullable<Text>>("coalesce(")
                .bind::<Nullable<Text>, _>(&session.user_agent)
                .sql(", user_agent)")),
        ))
        .execute(tx.conn)
        .await?;
    Ok(changed == 1)
}

/// Ends a session, if it has not ended already.
pub async fn end(tx: &mut UserTx<'_>, id_hash: &IdHash) -> QueryResult<()> {
    diesel::delete(sessions::table.find(&id_hash[..])).execute(tx.conn).await.map(drop)
}

/// The browsers in which the transaction's user is signed in, the latest seen first. At most 100.
pub async fn of_user(tx: &mut UserTx<'_>) -> QueryResult<Vec<Browser>> {
    let Some(user) = tx.user else { return Ok(Vec::new()) };
    type Row =
        (Vec<u8>, Option<String>, Option<String>, jiff_diesel::Timestamp, jiff_diesel::Timestamp);
    let rows: Vec<Row> = sessions::table
        .inner_join(users::table.on(sessions::user_id.eq(users::id.nullable())))
        .filter(sessions::user_id.eq(user))
        .filter(sessions::expires_at.gt(gannet_now()))
        .filter(sessions::epoch.eq(users::credentials_epoch.nullable()))
        .order((sessions::last_seen_at.desc(), sessions::created_at.desc()))
        .select((
            sessions::id_hash,
            sessions::ip,
            sessions::user_agent,
            sessions::created_at,
            sessions::last_seen_at,
        ))
        .limit(100)
        .load(tx.conn)
        .await?;
    let browser = |(id_hash, ip, user_agent, created_at, last_seen_at): Row| Browser {
        id_hash,
        ip,
        user_agent,
        created_at: created_at.to_jiff(),
        last_seen_at: last_seen_at.to_jiff(),
    };
    Ok(rows.into_iter().map(browser).collect())
}

/// Ends one session of the transaction's user. False when it is not theirs, or has ended.
pub async fn end_own(tx: &mut UserTx<'_>, id_hash: &IdHash) -> QueryResult<bool> {
    let Some(user) = tx.user else { return Ok(false) };
    let own = sessions::table.find(&id_hash[..]).filter(sessions::user_id.eq(user));
    Ok(diesel::delete(own).execute(tx.conn).await? == 1)
}

/// Ends all sessions of the transaction's user but the one that asks, and begins another epoch of their
/// credentials, which is given: a sign-in that is under way opens nothing any more. None when the
/// session that asks has ended as well; then nothing more may be done in its name.
///
/// Holds the account's row until the end of the transaction.
pub async fn end_others(tx: &mut UserTx<'_>, asks: Option<&IdHash>) -> QueryResult<Option<i64>> {
    let Some(user) = tx.user else { return Ok(None) };
    let kept: &[u8] = asks.map_or(&[], |hash| &hash[..]);
    let epoch = begin_epoch(tx, user, kept).await?;
    if asks.is_none() {
        return Ok(Some(epoch));
    }
    let live = sessions::table
        .find(kept)
        .filter(sessions::epoch.eq(epoch - 1))
        .filter(sessions::expires_at.gt(gannet_now()));
    let held = diesel::update(live).set(sessions::epoch.eq(epoch)).execute(tx.conn).await?;
    Ok((held == 1).then_some(epoch))
}

/// Ends all sessions of `user`, as [`end_others`] does, in whatever transaction it belongs to.
pub async fn end_all(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<()> {
    begin_epoch(tx, user, &[]).await.map(drop)
}

/// Begins another epoch of the credentials of `user`, which is given, and ends all sessions but `kept`.
async fn begin_epoch(tx: &mut impl GlobalTx, user: UserId, kept: &[u8]) -> QueryResult<i64> {
    let epoch: i64 = diesel::update(users::table.find(user))
        .set(users::credentials_epoch.eq(users::credentials_epoch + 1))
        .returning(users::credentials_epoch)
        .get_result(tx.global())
        .await?;
    let others =
        sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::id_hash.ne(kept));
    diesel::delete(others).execute(tx.global()).await?;
    Ok(epoch)
}

/// Removes sessions that have ended by themselves, the longest ended first. At most `limit`; says
/// how many.
pub async fn sweep(tx: &mut SystemTx<'_>, limit: i64) -> QueryResult<usize> {
    sql_query(
        "delete from sessions where id_hash in (
            select id_hash from sessions where expires_at <= gannet_now() order by expires_at limit $1)",
    )
    .bind::<BigInt, _>(limit)
    .execute(tx.conn)
    .await
}
