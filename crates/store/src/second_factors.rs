//! Second factors: the secret that a person's authenticator app shares with us, and backup codes.
//!
//! Whatever changes a person's factor or codes locks the factor's row first, so that two changes at
//! once stand in line. The database's clock says which step it is.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{Timestamp, ids::UserId};

use crate::{WorkspaceTx, accounts::GlobalTx, schema::workspaces};

/// What stands for a backup code: a keyed hash, bound to the person.
pub type CodeHash = [u8; 32];

/// A person's second factor.
#[derive(Clone)]
pub struct Factor {
    /// The secret, sealed.
    pub sealed: Vec<u8>,
    /// The session in which it was drawn.
    pub begun_by: Option<Vec<u8>>,
    /// Whether a code has proved it; it is asked for from then on.
    pub confirmed: bool,
    /// Backup codes that were not used.
    pub codes_left: usize,
    /// The person's address, as typed.
    pub email: String,
    /// What the database's clock says.
    pub now: Timestamp,
}

/// The second factor of `user`, begun or confirmed.
pub async fn find(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<Option<Factor>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Bytea)]
        secret_sealed: Vec<u8>,
        #[diesel(sql_type = sql_types::Nullable<sql_types::Bytea>)]
        begun_by: Option<Vec<u8>>,
        #[diesel(sql_type = sql_types::Bool)]
        confirmed: bool,
        #[diesel(sql_type = sql_types::BigInt)]
        codes_left: i64,
        #[diesel(sql_type = sql_types::Text)]
        email: String,
        #[diesel(sql_type = sql_types::Timestamptz)]
        now: jiff_diesel::Timestamp,
    }
    let row: Option<Row> = sql_query(
        "select f.secret_sealed, f.begun_by, f.confirmed_at is not null as confirmed, u.email, gannet_now() as now,
                (select count(*) from backup_codes c where c.user_id = f.user_id and c.used_at is null)
                    as codes_left
         from second_factors f join users u on u.id = f.user_id
         where f.user_id = $1",
    )
    .bind::<sql_types::Uuid, _>(user)
    .get_result(tx.global())
    .await
    .optional()?;
    Ok(row.map(|row| Factor {
        sealed: row.secret_sealed,
        begun_by: row.begun_by,
        confirmed: row.confirmed,
        codes_left: usize::try_from(row.codes_left).unwrap_or_default(),
        email: row.email,
        now: row.now.to_jiff(),
    }))
}

/// Whether `user` has a second factor that is asked for.
pub async fn is_on(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<bool> {
    use crate::schema::second_factors as factors;
    let on = factors::table.find(user).filter(factors::confirmed_at.is_not_null());
    diesel::select(diesel::dsl::exists(on)).get_result(tx.global()).await
}

/// Begins with a new secret in the session `by`; one that was never confirmed is forgotten. False when
/// there is a confirmed one, which stays.
pub async fn begin(
    tx: &mut impl GlobalTx,
    user: UserId,
    sealed: &[u8],
    by: Option<&[u8]>,
) -> QueryResult<bool> {
    let begun = sql_query(
        "insert into second_factors as held (user_id, secret_sealed, begun_by) values ($1, $2, $3)
         on conflict (user_id) do update
         set secret_sealed = excluded.secret_sealed, begun_by = excluded.begun_by, created_at = excluded.created_at, last_step = 0
         where held.confirmed_at is null",
    )
    .bind::<sql_types::Uuid, _>(user)
    .bind::<sql_types::Bytea, _>(sealed)
    .bind::<sql_types::Nullable<sql_types::Bytea>, _>(by)
    .execute(tx.global())
    .await?;
    Ok(begun == 1)
}

/// Confirms the secret `sealed` by the code of `step`, which is used up. False when another secret took
/// its place, or when it is confirmed already: of any number of parallel calls one gets `true`.
pub async fn confirm(
    tx: &mut impl GlobalTx,
    user: UserId,
    sealed: &[u8],
    step: i64,
) -> QueryResult<bool> {
    let confirmed = sql_query(
        "update second_factors set confirmed_at = gannet_now(), last_step = $3
         where user_id = $1 and secret_sealed = $2 and confirmed_at is null",
    )
    .bind::<sql_types::Uuid, _>(user)
    .bind::<sql_types::Bytea, _>(sealed)
    .bind::<sql_types::BigInt, _>(step)
    .execute(tx.global())
    .await?;
    Ok(confirmed == 1)
}

/// Uses up the code of `step`. False when it, or that of a later step, was used before.
///
/// One statement: of any number of parallel calls one gets `true`.
pub async fn use_step(tx: &mut impl GlobalTx, user: UserId, step: i64) -> QueryResult<bool> {
    let used = sql_query(
        "update second_factors set last_step = $2
         where user_id = $1 and confirmed_at is not null and last_step < $2",
    )
    .bind::<sql_types::Uuid, _>(user)
    .bind::<sql_types::BigInt, _>(step)
    .execute(tx.global())
    .await?;
    Ok(used == 1)
}

/// Uses up a backup code. False when there is no such code, or none any more.
///
/// One statement: of any number of parallel calls one gets `true`.
pub async fn use_code(tx: &mut impl GlobalTx, user: UserId, code: &CodeHash) -> QueryResult<bool> {
    let used = sql_query(
        "with held as materialized (
             select user_id from second_factors
             where user_id = $1 and confirmed_at is not null for update
         )
         update backup_codes set used_at = gannet_now()
         where user_id = (select user_id from held) and code_hash = $2 and used_at is null",
    )
    .bind::<sql_types::Uuid, _>(user)
    .bind::<sql_types::Bytea, _>(&code[..])
    .execute(tx.global())
    .await?;
    Ok(used == 1)
}

/// Puts `codes` in the place of all that `user` had.
pub async fn replace_codes(
    tx: &mut impl GlobalTx,
    user: UserId,
    codes: &[CodeHash],
) -> QueryResult<()> {
    use crate::schema::{backup_codes, second_factors as factors};
    // On its own: what comes after must see what whoever held the lock before has written.
    factors::table
        .find(user)
        .select(factors::user_id)
        .for_update()
        .first::<UserId>(tx.global())
        .await?;
    diesel::delete(backup_codes::table.filter(backup_codes::user_id.eq(user)))
        .execute(tx.global())
        .await?;
    let rows: Vec<_> = codes
        .iter()
        .map(|code| (backup_codes::user_id.eq(user), backup_codes::code_hash.eq(&code[..])))
        .collect();
    diesel::insert_into(backup_codes::table).values(rows).execute(tx.global()).await.map(drop)
}

/// Removes the second factor of `user` with the backup codes, begun or confirmed. False when there was
/// none.
pub async fn remove(tx: &mut impl GlobalTx, user: UserId) -> QueryResult<bool> {
    use crate::schema::{backup_codes, second_factors as factors};
    let removed = diesel::delete(factors::table.find(user)).execute(tx.global()).await?;
    diesel::delete(backup_codes::table.filter(backup_codes::user_id.eq(user)))
        .execute(tx.global())
        .await?;
    Ok(removed == 1)
}

/// Whether the transaction's workspace asks its members for a second factor.
pub async fn is_required(tx: &mut WorkspaceTx<'_>) -> QueryResult<bool> {
    workspaces::table
        .find(tx.workspace)
        .select(workspaces::second_factor_required)
        .first(tx.conn)
        .await
}

/// Sets whether it does. False when it was so before.
pub async fn require(tx: &mut WorkspaceTx<'_>, required: bool) -> QueryResult<bool> {
    let other = workspaces::table
        .find(tx.workspace)
        .filter(workspaces::second_factor_required.ne(required));
    let changed = diesel::update(other)
        .set(workspaces::second_factor_required.eq(required))
        .execute(tx.conn)
        .await?;
    Ok(changed == 1)
}
