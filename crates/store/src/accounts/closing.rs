//! Accounts that are to go: 30 days in which signing in keeps them, and then nothing is left but logs.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{audit::AccountEvent, ids::UserId};

use super::GlobalTx;
use crate::SystemTx;

/// Sets the day on which the account goes, 30 days from now.
pub async fn close(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<()> {
    sql_query("update users set closes_at = gannet_now() + interval '30 days' where id = $1")
        .bind::<sql_types::Uuid, _>(user)
        .execute(tx.global())
        .await
        .map(drop)
}

/// Keeps an account that was to go. False when it was not.
pub async fn keep(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<bool> {
    let kept =
        sql_query("update users set closes_at = null where id = $1 and closes_at is not null")
            .bind::<sql_types::Uuid, _>(user)
            .execute(tx.global())
            .await?;
    Ok(kept == 1)
}

/// Removes accounts whose address nobody has proved within 30 days. At most `limit`; says how many.
pub async fn remove_unproved(tx: &mut SystemTx<'_>, limit: i64) -> QueryResult<usize> {
    sql_query(
        "delete from users where id in (
             select id from users
             where verified_at is null and created_at < gannet_now() - interval '30 days' limit $1)",
    )
    .bind::<sql_types::BigInt, _>(limit)
    .execute(tx.conn)
    .await
}

/// Removes the accounts whose day has come. Those wait that are the last to own a workspace: it goes before
/// them ([`crate::endings`]). Says how many went.
///
/// One statement: whoever signs in at this moment keeps the account.
pub async fn remove_due(tx: &mut SystemTx<'_>) -> QueryResult<usize> {
    sql_query(
        "with gone as (
             delete from users u
             where u.closes_at <= gannet_now()
               and not exists (select from members m
                               where m.user_id = u.id and m.role = 'owner'
                                 and not exists (select from members o join users k on k.id = o.user_id
                                                 where o.workspace_id = m.workspace_id and o.role = 'owner'
                                                   and coalesce(k.closes_at, 'infinity') > gannet_now()))
             returning id
         )
         insert into account_log (id, user_id, kind, ip, user_agent, request_id)
         select gen_random_uuid(), id, $1, '', 'Gannet', '' from gone",
    )
    .bind::<sql_types::Text, _>(AccountEvent::Removed.kind())
    .execute(tx.conn)
    .await
}
