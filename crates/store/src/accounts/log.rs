//! What happened to accounts, outside any workspace. Written in the transaction of what it tells of,
//! never changed.

use diesel::{dsl::sql, prelude::*, sql_types};
use diesel_async::RunQueryDsl;
use domain::{Timestamp, audit::AccountEvent, ids::UserId};
use uuid::Uuid;

use super::GlobalTx;
use crate::{UserTx, audit::Origin, schema::account_log};

/// Writes one line. `user` is the account it is about; none for an address that has no account.
pub async fn record(
    tx: &mut impl GlobalTx,
    origin: &Origin,
    user: Option<UserId>,
    event: AccountEvent,
) -> QueryResult<()> {
    diesel::insert_into(account_log::table)
        .values((
            account_log::id.eq(Uuid::now_v7()),
            account_log::user_id.eq(user),
            account_log::kind.eq(event.kind()),
            account_log::ip.eq(origin.ip.as_deref().unwrap_or_default()),
            account_log::user_agent.eq(origin.user_agent.as_deref().unwrap_or_default()),
            account_log::request_id.eq(origin.request_id.as_deref().unwrap_or_default()),
        ))
        .execute(tx.global())
        .await
        .map(drop)
}

/// One line of the log.
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// The word for what happened; see [`AccountEvent::kind`].
    pub kind: String,
    /// From where; empty where nobody's browser was.
    pub ip: String,
    /// With what.
    pub user_agent: String,
}

/// What happened to the account of the transaction's user within 30 days, the latest first. At most
/// `limit`.
pub async fn of_user(tx: &mut UserTx<'_>, limit: i64) -> QueryResult<Vec<Line>> {
    let Some(user) = tx.user else { return Ok(Vec::new()) };
    let rows: Vec<(jiff_diesel::Timestamp, String, String, String)> = account_log::table
        .filter(account_log::user_id.eq(user))
        .filter(
            account_log::at.gt(sql::<sql_types::Timestamptz>("gannet_now() - interval '30 days'")),
        )
        .order((account_log::at.desc(), account_log::id.desc()))
        .limit(limit)
        .select((account_log::at, account_log::kind, account_log::ip, account_log::user_agent))
        .load(tx.conn)
        .await?;
    let line = |(at, kind, ip, user_agent): (jiff_diesel::Timestamp, _, _, _)| Line {
        at: at.to_jiff(),
        kind,
        ip,
        user_agent,
    };
    Ok(rows.into_iter().map(line).collect())
}
