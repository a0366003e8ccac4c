//! Accounts that are to go: 30 days in which signing in keeps them, and then nothing is left but logs.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    audit::AccountEvent,
    ids::{BotId, UserId, WorkspaceId},
};

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

/// Bots that somebody else connected again in workspaces that are due to go. At most 100.
pub async fn left_behind(tx: &mut SystemTx<'_>) -> QueryResult<Vec<(WorkspaceId, BotId)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        workspace_id: WorkspaceId,
        #[diesel(sql_type = sql_types::Uuid)]
        id: BotId,
    }
    let rows: Vec<Row> = sql_query(
        "select b.workspace_id, b.id from bots b
         where b.disconnected_at is null
           and exists (select from members m join users u on u.id = m.user_id
                       where m.workspace_id = b.workspace_id and m.role = 'owner'
                         and u.closes_at <= gannet_now())
           and not exists (select from members m join users u on u.id = m.user_id
                           where m.workspace_id = b.workspace_id and m.role = 'owner'
                             and coalesce(u.closes_at, 'infinity') > gannet_now())
         order by b.workspace_id, b.id limit 100",
    )
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.workspace_id, row.id)).collect())
}

/// Removes the accounts whose day has come, with the workspaces that have no other owner. Accounts wait
/// whose bots were connected within the last hour: Telegram is told first. Says how many went.
///
/// One statement: whoever signs in at this moment keeps the account with all its workspaces.
pub async fn remove_due(tx: &mut SystemTx<'_>) -> QueryResult<usize> {
    sql_query(
        "with gone as (
             delete from users u
             where u.closes_at <= gannet_now()
               and not exists (select from members m join bots b on b.workspace_id = m.workspace_id
                               where m.user_id = u.id and m.role = 'owner'
                                 and coalesce(b.disconnected_at, 'infinity') > gannet_now() - interval '1 hour'
                                 and not exists (select from members o join users k on k.id = o.user_id
                                                 where o.workspace_id = m.workspace_id and o.role = 'owner'
                                                   and coalesce(k.closes_at, 'infinity') > gannet_now()))
             returning id
         ), emptied as (
             delete from workspaces w
             where exists (select from members m join gone g on g.id = m.user_id
                           where m.workspace_id = w.id and m.role = 'owner')
               and not exists (select from members m
                               where m.workspace_id = w.id and m.role = 'owner'
                                 and m.user_id not in (select id from gone))
         )
         insert into account_log (id, user_id, kind, ip, user_agent, request_id)
         select gen_random_uuid(), id, $1, '', 'Gannet', '' from gone",
    )
    .bind::<sql_types::Text, _>(AccountEvent::Removed.kind())
    .execute(tx.conn)
    .await
}
