//! The address that a person wants to have, until a code proves that it is theirs.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::ids::UserId;

use super::GlobalTx;
use crate::schema::users;

/// Notes the wish, in the place of an earlier one. It is forgotten after a day.
pub async fn ask(
    tx: &mut impl GlobalTx,
    user: UserId,
    email: &str,
    email_key: &str,
) -> QueryResult<()> {
    sql_query(
        "insert into address_changes (user_id, email, email_key) values ($1, $2, $3)
         on conflict (user_id) do update
         set email = excluded.email, email_key = excluded.email_key, created_at = gannet_now()",
    )
    .bind::<sql_types::Uuid, _>(user)
    .bind::<sql_types::Text, _>(email)
    .bind::<sql_types::Text, _>(email_key)
    .execute(tx.global())
    .await
    .map(drop)
}

/// The address that waits for its code, as it was typed.
pub async fn waiting(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Text)]
        email: String,
    }
    let row: Option<Row> = sql_query(
        "select email from address_changes
         where user_id = $1 and created_at > gannet_now() - interval '1 day'",
    )
    .bind::<sql_types::Uuid, _>(user)
    .get_result(tx.global())
    .await
    .optional()?;
    Ok(row.map(|row| row.email))
}

/// Forgets the wish.
pub async fn forget(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<()> {
    sql_query("delete from address_changes where user_id = $1")
        .bind::<sql_types::Uuid, _>(user)
        .execute(tx.global())
        .await
        .map(drop)
}

/// Takes an address from an account whose owner has never proved it: whoever has, gets it. Nobody can sign
/// in to that account any more, and it goes with the others that nobody proved.
pub async fn release(tx: &mut impl GlobalTx, email_key: &str) -> QueryResult<()> {
    sql_query(
        "update users set email_key = 'released/' || id where email_key = $1 and verified_at is null",
    )
    .bind::<sql_types::Text, _>(email_key)
    .execute(tx.global())
    .await
    .map(drop)
}

/// Puts another address into force.
///
/// # Errors
/// `users_email_key_key` refuses one that has an account.
pub async fn set(
    tx: &mut impl GlobalTx,
    user: UserId,
    email: &str,
    email_key: &str,
) -> QueryResult<()> {
    diesel::update(users::table.find(user))
        .set((users::email.eq(email), users::email_key.eq(email_key)))
        .execute(tx.global())
        .await
        .map(drop)
}
