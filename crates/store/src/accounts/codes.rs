//! Codes sent by mail: short-lived, void after five wrong tries, used once.
//!
//! A row belongs to an address and not to an account, and an address without an account gets one
//! like any other (with a hash that no code has), so asking tells nobody who has an account. Every
//! bound is judged by the database clock.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;

use super::GlobalTx;

/// What a code proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// That the address is theirs.
    Verify,
    /// That the address which an account is to have is its owner's.
    ChangeAddress,
}

impl Purpose {
    /// The word for it, in the table and in what is hashed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::ChangeAddress => "change_address",
        }
    }
}

/// Which code: keyed hashes of the address, and of the code together with address and purpose.
#[derive(Clone, Copy)]
pub struct Hashes<'a> {
    /// Of the address.
    pub address: &'a [u8; 32],
    /// Of the code.
    pub code: &'a [u8; 32],
}

/// Whether a new code took the place of the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// It did; it lasts 15 minutes.
    Yes,
    /// The last one is not a minute old, and stays.
    TooSoon {
        /// Whole seconds until the next may be asked for, 1 to 60.
        retry_after_secs: u64,
    },
}

/// Puts a code into force and voids the one before, unless that one is younger than a minute.
///
/// `at_once` leaves the minute aside: for an account that was made in this very transaction, whose
/// owner never got a code. Each call also removes up to ten rows that have been dead for a day.
pub async fn issue(
    tx: &mut impl GlobalTx,
    purpose: Purpose,
    hashes: Hashes<'_>,
    at_once: bool,
) -> QueryResult<Issued> {
    let issued = sql_query(
        "with dead as (
             delete from email_codes where (address_hash, purpose) in (
                 select address_hash, purpose from email_codes
                 where expires_at < gannet_now() - interval '1 day' and address_hash <> $1
                 order by expires_at limit 10 for update skip locked)
         )
         insert into email_codes as held (address_hash, purpose, code_hash, created_at, expires_at)
         select $1, $2, $3, now, now + interval '15 minutes' from gannet_now() as now
         on conflict (address_hash, purpose) do update
         set code_hash = excluded.code_hash, created_at = excluded.created_at,
             expires_at = excluded.expires_at, tries = 0, used_at = null
         where $4 or held.created_at <= excluded.created_at - interval '1 minute'",
    )
    .bind::<sql_types::Bytea, _>(&hashes.address[..])
    .bind::<sql_types::Text, _>(purpose.as_str())
    .bind::<sql_types::Bytea, _>(&hashes.code[..])
    .bind::<sql_types::Bool, _>(at_once)
    .execute(tx.global())
    .await?;
    if issued == 1 {
        return Ok(Issued::Yes);
    }
    Ok(Issued::TooSoon { retry_after_secs: wait_secs(tx, purpose, hashes.address).await? })
}

async fn wait_secs(
    tx: &mut impl GlobalTx,
    purpose: Purpose,
    address: &[u8; 32],
) -> QueryResult<u64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::BigInt)]
        secs: i64,
    }
    let row: Row = sql_query(
        "select ceil(extract(epoch from created_at + interval '1 minute' - gannet_now()))::bigint as secs
         from email_codes where address_hash = $1 and purpose = $2",
    )
    .bind::<sql_types::Bytea, _>(&address[..])
    .bind::<sql_types::Text, _>(purpose.as_str())
    .get_result(tx.global())
    .await?;
    Ok(row.secs.clamp(1, 60).unsigned_abs())
}

/// Uses a code up. A wrong one costs one of its five tries.
///
/// One statement: of any number of parallel calls with the right code one gets `true`.
pub async fn take(
    tx: &mut impl GlobalTx,
    purpose: Purpose,
    hashes: Hashes<'_>,
) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Bool)]
        taken: bool,
    }
    let row: Option<Row> = sql_query(
        "update email_codes
         set tries = tries + (code_hash <> $3)::int,
             used_at = case when code_hash = $3 then gannet_now() end
         where address_hash = $1 and purpose = $2
           and used_at is null and tries < 5 and expires_at > gannet_now()
         returning used_at is not null as taken",
    )
    .bind::<sql_types::Bytea, _>(&hashes.address[..])
    .bind::<sql_types::Text, _>(purpose.as_str())
    .bind::<sql_types::Bytea, _>(&hashes.code[..])
    .get_result(tx.global())
    .await
    .optional()?;
    Ok(row.is_some_and(|row| row.taken))
}

/// Voids the code in force for `address`, if there is one.
pub async fn void(tx: &mut impl GlobalTx, purpose: Purpose, address: &[u8; 32]) -> QueryResult<()> {
    sql_query(
        "update email_codes set used_at = gannet_now()
         where address_hash = $1 and purpose = $2 and used_at is null",
    )
    .bind::<sql_types::Bytea, _>(&address[..])
    .bind::<sql_types::Text, _>(purpose.as_str())
    .execute(tx.global())
    .await
    .map(drop)
}
