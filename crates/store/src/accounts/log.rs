//! What happened to accounts, outside any workspace. Written in the transaction of what it tells of,
//! never changed.

use diesel::{prelude::*, sql_query, sql_types};
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
/// `limit` lines of what strangers can cause, and as many of all else: they push nothing out of sight.
pub async fn of_user(tx: &mut UserTx<'_>, limit: i64) -> QueryResult<Vec<Line>> {
    let Some(user) = tx.user else { return Ok(Vec::new()) };
    let by_anybody = AccountEvent::BY_ANYBODY.map(AccountEvent::kind);
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Timestamptz)]
        at: jiff_diesel::Timestamp,
        #[diesel(sql_type = sql_types::Text)]
        kind: String,
        #[diesel(sql_type = sql_types::Text)]
        ip: String,
        #[diesel(sql_type = sql_types::Text)]
        user_agent: String,
    }
    let rows: Vec<Row> = sql_query(
        "with lines as (
             select id, at, kind, ip, user_agent,
                    row_number() over (partition by kind = any($2) order by at desc, id desc) as place
             from account_log
             where user_id = $1 and at > gannet_now() - interval '30 days'
         )
         select at, kind, ip, user_agent from lines where place <= $3 order by at desc, id desc",
    )
    .bind::<sql_types::Uuid, _>(user)
    .bind::<sql_types::Array<sql_types::Text>, _>(&by_anybody[..])
    .bind::<sql_types::BigInt, _>(limit)
    .load(tx.conn)
    .await?;
    let line =
        |Row { at, kind, ip, user_agent }: Row| Line { at: at.to_jiff(), kind, ip, user_agent };
    Ok(rows.into_iter().map(line).collect())
}
