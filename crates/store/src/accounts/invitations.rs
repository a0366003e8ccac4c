//! Who may sign up where strangers may not, and who looks after the instance.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::ids::UserId;

use super::GlobalTx;
use crate::schema::users;

/// Lets `email_key` sign up with the token of this hash, for a week. Each call also removes up to ten
/// invitations that have run out.
pub async fn invite(
    tx: &mut impl GlobalTx,
    token_hash: &[u8; 32],
    email_key: &str,
) -> QueryResult<()> {
    sql_query(
        "with over as (
             delete from signup_invitations where token_hash in (
                 select token_hash from signup_invitations where expires_at < gannet_now()
                 order by expires_at limit 10)
         )
         insert into signup_invitations (token_hash, email_key, expires_at)
         values ($1, $2, gannet_now() + interval '7 days')",
    )
    .bind::<sql_types::Bytea, _>(&token_hash[..])
    .bind::<sql_types::Text, _>(email_key)
    .execute(tx.global())
    .await
    .map(drop)
}

/// Whether the token of this hash lets `email_key` sign up now.
pub async fn admits(
    tx: &mut impl GlobalTx,
    token_hash: &[u8; 32],
    email_key: &str,
) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Bool)]
        admits: bool,
    }
    let row: Row = sql_query(
        "select exists (
             select from signup_invitations
             where token_hash = $1 and email_key = $2 and expires_at > gannet_now()) as admits",
    )
    .bind::<sql_types::Bytea, _>(&token_hash[..])
    .bind::<sql_types::Text, _>(email_key)
    .get_result(tx.global())
    .await?;
    Ok(row.admits)
}

/// Whether anybody looks after the instance.
pub async fn has_instance_admin(tx: &mut impl GlobalTx) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(users::table.filter(users::instance_admin)))
        .get_result(tx.global())
        .await
}

/// Makes `user` the first instance admin. False when there is one: of any number at once one gets
/// `true`.
pub async fn become_instance_admin(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<bool> {
    // Two who find nobody there would both go on; they come in one by one.
    sql_query("select pg_advisory_xact_lock(hashtext('the first instance admin'))")
        .execute(tx.global())
        .await?;
    if has_instance_admin(tx).await? {
        return Ok(false);
    }
    let changed = diesel::update(users::table.find(user))
        .set(users::instance_admin.eq(true))
        .execute(tx.global())
        .await?;
    Ok(changed == 1)
}
