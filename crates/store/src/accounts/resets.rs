//! Links that set a new password: hashed, 60 minutes, used once.
//!
//! An address without an account leaves a row like any other, with nobody in it, so that asking tells
//! nobody who has one. Every bound is judged by the database clock. Whoever issues, takes or voids the
//! links of an account holds its lock first (see [`super::hold`]).

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::ids::UserId;

use super::GlobalTx;

/// Puts a link into force. Those before stay, or strangers could void them by asking for more; once one is
/// used, the others are voided.
///
/// Each call also removes up to ten rows that have been dead for a day.
pub async fn issue(
    tx: &mut impl GlobalTx,
    token: &[u8; 32],
    user: Option<UserId>,
) -> QueryResult<()> {
    sql_query(
        "with dead as (
             delete from password_resets where token_hash in (
                 select token_hash from password_resets
                 where expires_at < gannet_now() - interval '1 day'
                 order by expires_at limit 10 for update skip locked)
         )
         insert into password_resets (token_hash, user_id, created_at, expires_at)
         select $1, $2, now, now + interval '60 minutes' from gannet_now() as now",
    )
    .bind::<sql_types::Bytea, _>(&token[..])
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(user)
    .execute(tx.global())
    .await
    .map(drop)
}

/// Whose link it is, while it is in force. Looking uses nothing up.
pub async fn owner(tx: &mut impl GlobalTx, token: &[u8; 32]) -> QueryResult<Option<UserId>> {
    one(
        tx,
        "select user_id from password_resets
         where token_hash = $1 and user_id is not null and used_at is null and expires_at > gannet_now()",
        token,
    )
    .await
}

/// Uses a link up. One statement: of any number of parallel calls one gets its owner.
pub async fn take(tx: &mut impl GlobalTx, token: &[u8; 32]) -> QueryResult<Option<UserId>> {
    one(
        tx,
        "update password_resets set used_at = gannet_now()
         where token_hash = $1 and user_id is not null and used_at is null and expires_at > gannet_now()
         returning user_id",
        token,
    )
    .await
}

/// Voids the links of `user`.
pub async fn void(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<()> {
    sql_query(
        "update password_resets set used_at = gannet_now() where user_id = $1 and used_at is null",
    )
    .bind::<sql_types::Uuid, _>(user)
    .execute(tx.global())
    .await
    .map(drop)
}

async fn one(
    tx: &mut impl GlobalTx,
    sql: &'static str,
    token: &[u8; 32],
) -> QueryResult<Option<UserId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        user_id: UserId,
    }
    let row: Option<Row> = sql_query(sql)
        .bind::<sql_types::Bytea, _>(&token[..])
        .get_result(tx.global())
        .await
        .optional()?;
    Ok(row.map(|row| row.user_id))
}
