//! Answers to `/start` and `/stop`: at most once each, before any broadcast.

use std::time::Duration;

use adapters::telegram::{Credentials, Outgoing, SendError};
use domain::subscriber::Event;
use store::{StoreError, replies, subscribers};
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::runner::{HEARTBEAT, Lease, Lost};
use crate::{ServiceError, Services};

/// How many replies are taken at once.
const BATCH: i64 = 30;

/// How often one reply is tried when Telegram asks to wait, or was not reached at all.
const TRIES: u32 = 5;

/// Sends replies until `stop`, until `idle` when none are left, or until the lease is lost.
pub(super) async fn run(
    svc: &Services,
    lease: &Lease,
    who: &Credentials,
    stop: &CancellationToken,
    idle: &CancellationToken,
) -> Result<(), ServiceError> {
    while !stop.is_cancelled() && lease.is_alive() {
        let taken = svc
            .store
            .bot(&lease.scope, async |tx| {
                lease.hold(svc, tx).await?;
                Ok::<_, Lost>(replies::take(tx, BATCH).await?)
            })
            .await;
        let taken = match taken {
            Ok(taken) => taken,
            Err(Lost::Lease) => return Ok(()),
            Err(Lost::Store(error)) => return Err(error.into()),
        };
        if taken.is_empty() {
            if idle.is_cancelled() {
                return Ok(());
            }
            time::sleep(HEARTBEAT / 2).await;
            continue;
        }
        for reply in taken {
            let event = send(svc, lease, who, &reply, stop).await;
            svc.store
                .bot(&lease.scope, async |tx| {
                    replies::done(tx, reply.id).await?;
                    if let Some(event) = event {
                        subscribers::apply(tx, reply.chat, event).await?;
                    }
                    Ok::<_, StoreError>(())
                })
                .await?;
        }
    }
    Ok(())
}

/// Removes what waits for a bot that cannot send.
pub(super) async fn drop_all(svc: &Services, lease: &Lease) -> Result<(), ServiceError> {
    svc.store
        .bot(&lease.scope, async |tx| Ok::<_, StoreError>(replies::drop_all(tx).await?))
        .await?;
    Ok(())
}

/// Sends one reply. What Telegram says of the person comes back.
async fn send(
    svc: &Services,
    lease: &Lease,
    who: &Credentials,
    reply: &replies::Reply,
    stop: &CancellationToken,
) -> Option<Event> {
    let bot = lease.scope.bot;
    let message = Outgoing::from(reply.message.clone());
    for attempt in 0..TRIES {
        svc.governors.place(bot, reply.chat).await;
        // Taken is on record: after a stop it is lost rather than sent twice.
        if stop.is_cancelled() || !lease.is_alive() {
            return None;
        }
        match svc.telegram.send(who, reply.chat, &message).await {
            Ok(_) => return None,
            Err(SendError::Blocked) => return Some(Event::Blocked),
            Err(SendError::Deactivated) => return Some(Event::Deactivated),
            Err(SendError::SlowDown(wait)) => svc.governors.slow_down(bot, wait),
            Err(SendError::NotSent(_)) => time::sleep(Duration::from_secs(1 << attempt)).await,
            Err(
                error @ (SendError::ChatNotFound
                | SendError::Rejected { .. }
                | SendError::Migrated(_)
                | SendError::Unanswered(_)
                | SendError::Unauthorized),
            ) => {
                tracing::info!(%error, bot.id = %bot, "a reply was not delivered");
                return None;
            }
        }
    }
    None
}
