//! What happened to accounts, outside any workspace. Written in the transaction of what it tells of,
//! never changed.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{audit::AccountEvent, ids::UserId};
use uuid::Uuid;

use super::GlobalTx;
use crate::{audit::Origin, schema::account_log};

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
