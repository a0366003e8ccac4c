//! The outbox of mail.
//!
//! A mail is written in the transaction that makes it true, under the name of its cause, and the same
//! cause never mails twice. The worker claims it, hands it over outside any transaction, and writes
//! down what came of it; a claim nobody ended (the process died in between) is never tried again,
//! because the mail may have left.

use std::time::Duration;

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{Timestamp, ids::MailId};

use crate::{SystemTx, accounts::GlobalTx, schema::mails};

/// A mail that is to be sent.
#[derive(Clone, Copy)]
pub struct New<'a> {
    /// Which.
    pub id: MailId,
    /// What it is for.
    pub cause: &'a str,
    /// The address as it was typed.
    pub recipient: &'a str,
    /// One line. Readable in the database: it holds nothing secret.
    pub subject: &'a str,
    /// Text and HTML, sealed.
    pub body_sealed: &'a [u8],
}

/// Puts a mail into the outbox, if it is `wanted` and its cause has not mailed before. Says whether it
/// did.
///
/// An unwanted mail costs the same statement and writes nothing: whoever measures cannot tell.
pub async fn enqueue(tx: &mut impl GlobalTx, mail: New<'_>, wanted: bool) -> QueryResult<bool> {
    let written = sql_query(
        "insert into mails (id, cause, recipient, subject, body_sealed)
         select $1, $2, $3, $4, $5 where $6
         on conflict (cause) do nothing",
    )
    .bind::<sql_types::Uuid, _>(mail.id)
    .bind::<sql_types::Text, _>(mail.cause)
    .bind::<sql_types::Text, _>(mail.recipient)
    .bind::<sql_types::Text, _>(mail.subject)
    .bind::<sql_types::Bytea, _>(mail.body_sealed)
    .bind::<sql_types::Bool, _>(wanted)
    .execute(tx.global())
    .await?;
    Ok(written == 1)
}

/// A mail that is ours to hand over until the lease runs out.
#[derive(Clone, QueryableByName)]
pub struct Claimed {
    /// Which.
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: MailId,
    /// The address as it was typed.
    #[diesel(sql_type = sql_types::Text)]
    pub recipient: String,
    /// One line.
    #[diesel(sql_type = sql_types::Text)]
    pub subject: String,
    /// Text and HTML, sealed.
    #[diesel(sql_type = sql_types::Bytea)]
    pub body_sealed: Vec<u8>,
    /// Which try this is, from 1. Names the claim when its outcome is written.
    #[diesel(sql_type = sql_types::Integer)]
    pub attempts: i32,
}

/// Claims mails that are due, the longest due first. At most `limit`; nobody else gets them for
/// `lease`.
pub async fn claim(
    tx: &mut SystemTx<'_>,
    limit: i64,
    lease: Duration,
) -> QueryResult<Vec<Claimed>> {
    sql_query(
        "update mails
         set attempts = attempts + 1, last_error = null, run_at = gannet_now() + make_interval(secs => $2)
         where id = any(array(
             select id from mails
             where sent_at is null and failed_at is null and run_at <= gannet_now()
               and (attempts = 0 or last_error is not null)
             order by run_at, id limit $1 for update skip locked))
         returning id, recipient, subject, body_sealed, attempts",
    )
    .bind::<sql_types::BigInt, _>(limit)
    .bind::<sql_types::Double, _>(lease.as_secs_f64())
    .load(tx.conn)
    .await
}

/// Gives up mails whose claim ran out without an outcome: they may have left. Says how many.
pub async fn give_up_interrupted(tx: &mut SystemTx<'_>) -> QueryResult<usize> {
    sql_query(
        "update mails
         set failed_at = gannet_now(), body_sealed = null,
             last_error = 'interrupted while it was handed over; it may have arrived'
         where sent_at is null and failed_at is null and run_at <= gannet_now()
           and attempts > 0 and last_error is null",
    )
    .execute(tx.conn)
    .await
}

/// What came of a try.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// A server took it.
    Sent,
    /// Surely not taken: due again after `delay`.
    Later {
        /// How long to wait.
        delay: Duration,
        /// Why. No address, no secret.
        error: &'a str,
    },
    /// Never to be tried again.
    Failed {
        /// Why. No address, no secret.
        error: &'a str,
    },
}

/// Ends the claim of `attempt`. False when the claim was no longer ours.
pub async fn settle(
    tx: &mut SystemTx<'_>,
    id: MailId,
    attempt: i32,
    outcome: Outcome<'_>,
) -> QueryResult<bool> {
    let (word, delay, error) = match outcome {
        Outcome::Sent => ("sent", Duration::ZERO, None),
        Outcome::Later { delay, error } => ("later", delay, Some(error)),
        Outcome::Failed { error } => ("failed", Duration::ZERO, Some(error)),
    };
    let settled = sql_query(
        "update mails
         set sent_at = case when $3 = 'sent' then gannet_now() end,
             failed_at = case when $3 = 'failed' then gannet_now() end,
             body_sealed = case when $3 = 'later' then body_sealed end,
             run_at = gannet_now() + make_interval(secs => $4),
             last_error = $5
         where id = $1 and attempts = $2 and sent_at is null and failed_at is null",
    )
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Integer, _>(attempt)
    .bind::<sql_types::Text, _>(word)
    .bind::<sql_types::Double, _>(delay.as_secs_f64())
    .bind::<sql_types::Nullable<sql_types::Text>, _>(error)
    .execute(tx.conn)
    .await?;
    Ok(settled == 1)
}

/// Where there is no server: marks what waits as done and keeps its body, so that a server that is
/// set up later does not send what is stale by then. Says how many.
pub async fn keep_waiting(tx: &mut SystemTx<'_>) -> QueryResult<usize> {
    sql_query("update mails set sent_at = gannet_now() where sent_at is null and failed_at is null")
        .execute(tx.conn)
        .await
}

/// A mail whose body is still here.
#[derive(Clone)]
pub struct Kept {
    /// Which.
    pub id: MailId,
    /// The address as it was typed.
    pub recipient: String,
    /// One line.
    pub subject: String,
    /// Text and HTML, sealed.
    pub body_sealed: Vec<u8>,
    /// When it was written.
    pub at: Timestamp,
}

/// Mails whose bodies are still here, newest first. At most `limit`.
pub async fn kept(tx: &mut SystemTx<'_>, limit: i64) -> QueryResult<Vec<Kept>> {
    let rows: Vec<(MailId, String, String, Vec<u8>, jiff_diesel::Timestamp)> = mails::table
        .filter(mails::body_sealed.is_not_null())
        .order((mails::created_at.desc(), mails::id.desc()))
        .limit(limit)
        .select((
            mails::id,
            mails::recipient,
            mails::subject,
            mails::body_sealed.assume_not_null(),
            mails::created_at,
        ))
        .load(tx.conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, recipient, subject, body_sealed, at)| Kept {
            id,
            recipient,
            subject,
            body_sealed,
            at: at.to_jiff(),
        })
        .collect())
}

/// Removes mails that were settled 30 days ago or longer. Says how many.
pub async fn sweep(tx: &mut SystemTx<'_>) -> QueryResult<usize> {
    sql_query(
        "delete from mails where id = any(array(
             select id from mails
             where coalesce(sent_at, failed_at) < gannet_now() - interval '30 days'
             order by created_at limit 1000))",
    )
    .execute(tx.conn)
    .await
}
