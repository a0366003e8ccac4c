//! Hands over the mail that waits.
//!
//! A claim is committed before the mail goes out and its outcome after, so no mail is handed over
//! twice by us: not by two processes, and not after a crash (what was claimed and has no outcome may
//! have left, and is given up; the person asks for another). A try is repeated only when the mailer
//! says that the mail was surely not taken. A mail that went out and was never answered may have been,
//! and is given up too. A repeat carries the same `Message-ID`.

use std::{sync::Arc, time::Duration};

use adapters::{
    mail::{Mail, MailError, Mailer},
    vault::VaultError,
};
use domain::retry::retry_delay;
use futures::future::join_all;
use store::{
    StoreError,
    mails::{self, Claimed, Outcome},
};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Body;
use crate::{ServiceError, Services};

/// How often the outbox is looked at when nobody rings.
const LOOK: Duration = Duration::from_secs(5);
/// Mails handed over side by side.
const BATCH: i64 = 4;
/// How long a claim is ours; a mailer takes at most 30 s.
const LEASE: Duration = Duration::from_secs(5 * 60);
/// Tries of one mail; the last is about 40 minutes after the first.
const MOST_TRIES: i32 = 10;
/// How often mails that are long done are removed.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// How often an outcome is tried to be written, a second apart.
const WRITES: usize = 30;

/// Hands mail over until `stop`; what is under way then is ended first.
///
/// Without a mailer nothing leaves: what is written stays readable (see [`super::kept`]) and is marked
/// as done, so that a server that is set up later does not get what is stale by then.
pub async fn run(svc: Services, mailer: Option<Arc<dyn Mailer>>, stop: CancellationToken) {
    let mut sweep_at = Instant::now();
    while !stop.is_cancelled() {
        let more = match &mailer {
            Some(mailer) => hand_over(&svc, mailer.as_ref()).await,
            None => keep(&svc).await,
        };
        match more {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the outbox of mail cannot be read"),
        }
        if Instant::now() >= sweep_at {
            sweep_at = Instant::now() + SWEEP;
            if let Err(error) = sweep(&svc).await {
                tracing::warn!(%error, "old mails were not removed");
            }
        }
        let bell = async {
            tokio::select! {
                () = stop.cancelled() => {}
                () = svc.nudges.mail.notified() => {}
            }
        };
        // Late or rung: either way the outbox is looked at again.
        let _ = timeout_at(Instant::now() + LOOK, bell).await;
    }
}

/// Claims a batch and hands it over. True when there may be more.
async fn hand_over(svc: &Services, mailer: &dyn Mailer) -> Result<bool, ServiceError> {
    let (claimed, lost) = svc
        .store
        .system("claim mail that is due", async |tx| {
            let lost = mails::give_up_interrupted(tx).await?;
            Ok::<_, StoreError>((mails::claim(tx, BATCH, LEASE).await?, lost))
        })
        .await?;
    if lost > 0 {
        tracing::warn!(
            mails = lost,
            "mails were interrupted while they were handed over; they may not have left"
        );
    }
    let more = claimed.len() as i64 == BATCH;
    join_all(claimed.into_iter().map(|mail| attempt(svc, mailer, mail))).await;
    Ok(more)
}

async fn attempt(svc: &Services, mailer: &dyn Mailer, claimed: Claimed) {
    let (id, try_number) = (claimed.id, claimed.attempts);
    let sent = match compose(svc, claimed).await {
        Ok(mail) => mailer.send(&mail).await,
        Err(error) => Err(error),
    };
    let outcome = match &sent {
        Ok(()) => Outcome::Sent,
        Err(MailError::Retry(error)) if try_number < MOST_TRIES => {
            tracing::info!(mail.id = %id, try_number, error, "a mail will be tried again");
            let failures = u32::try_from(try_number - 1).unwrap_or_default();
            Outcome::Later { delay: retry_delay(failures, None), error }
        }
        Err(MailError::Unanswered(error)) => {
            tracing::warn!(mail.id = %id, try_number, error, "a mail went out unanswered; it may have arrived");
            Outcome::Failed { error }
        }
        Err(MailError::Retry(error) | MailError::Rejected(error)) => {
            tracing::warn!(mail.id = %id, try_number, error, "a mail was not accepted and is given up");
            Outcome::Failed { error }
        }
    };
    settle(svc, id, try_number, outcome).await;
}

/// Turns a row into a mail. What cannot be opened or addressed is refused like the server would.
async fn compose(svc: &Services, row: Claimed) -> Result<Mail, MailError> {
    let Body { text, html } =
        super::open(svc, row.id, row.body_sealed).await.map_err(|error| match error {
            VaultError::Root(_) => MailError::Retry(error.to_string()),
            VaultError::Format
            | VaultError::UnknownKey(_)
            | VaultError::Refused
            | VaultError::TooLong => MailError::Rejected(error.to_string()),
        })?;
    Ok(Mail {
        id: row.id.as_uuid(),
        to: row.recipient.parse().map_err(|_| MailError::Rejected("no address".into()))?,
        subject: row.subject,
        text,
        html: Some(html),
        headers: Vec::new(),
    })
}

/// Writes an outcome down. It is worth waiting for a database that restarts: a claim without an
/// outcome is given up in the end.
async fn settle(svc: &Services, id: domain::ids::MailId, try_number: i32, outcome: Outcome<'_>) {
    for _ in 0..WRITES {
        let settled = svc
            .store
            .system("write what came of a mail", async |tx| {
                Ok::<_, StoreError>(mails::settle(tx, id, try_number, outcome).await?)
            })
            .await;
        match settled {
            Ok(true) => return,
            Ok(false) => {
                return tracing::warn!(mail.id = %id, "the claim of a mail ran out before its outcome");
            }
            Err(error) => {
                tracing::warn!(mail.id = %id, %error, "the outcome of a mail was not written")
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn keep(svc: &Services) -> Result<bool, ServiceError> {
    svc.store
        .system("keep mail that no server takes", async |tx| {
            mails::keep_waiting(tx).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(false)
}

async fn sweep(svc: &Services) -> Result<(), ServiceError> {
    let removed = svc
        .store
        .system("remove mail that is long done", async |tx| {
            Ok::<_, StoreError>(mails::sweep(tx).await?)
        })
        .await?;
    if removed > 0 {
        tracing::debug!(mails = removed, "old mails removed");
    }
    Ok(())
}
