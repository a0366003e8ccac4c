//! A token that Telegram does not take: there is another one by now, or a person must act.

use adapters::telegram::Credentials;
use domain::{
    audit::Event as AuditEvent,
    broadcast::{Event, Status},
    ids::BroadcastId,
};
use store::{
    BotTx, StoreError,
    audit::{self, Origin},
    bots, broadcasts, sending,
};

use super::{
    SENDER,
    runner::{Lease, Lost},
};
use crate::{
    ServiceError, Services,
    credentials::{self, InForce},
};

const UNKNOWN: &str = "Telegram does not know this bot's token any more. Get the current one from BotFather and put \
                       it into the bot's settings.";

/// Telegram does not know the token of `who`. Gives the one in force when it is another, to go on with.
/// None: the owner has been told, and broadcasts wait for them.
pub(super) async fn another(
    svc: &Services,
    lease: &Lease,
    who: &Credentials,
) -> Result<Option<Credentials>, ServiceError> {
    loop {
        let refused = match credentials::in_force(svc, &lease.scope, who, "send").await? {
            InForce::Another(now) => return Ok(Some(now)),
            InForce::None => {
                without(svc, lease).await?;
                return Ok(None);
            }
            InForce::Same(refused) => refused,
        };
        let told = svc
            .store
            .bot(&lease.scope, async |tx| {
                lease.hold(svc, tx).await?;
                // Somebody may have put a new one into force since we looked.
                let is_in_force = refused.is_in_force(tx).await?;
                if is_in_force {
                    bots::set_trouble(tx, Some(UNKNOWN)).await?;
                    pause(tx, "Telegram does not know the bot's token any more").await?;
                }
                Ok::<_, Lost>(is_in_force)
            })
            .await;
        match told {
            Ok(true) | Err(Lost::Lease) => return Ok(None),
            Ok(false) => {}
            Err(Lost::Store(error)) => return Err(error.into()),
        }
    }
}

/// A bot that has no token sends nothing: its broadcasts wait for a person.
pub(super) async fn without(svc: &Services, lease: &Lease) -> Result<(), ServiceError> {
    let paused = svc
        .store
        .bot(&lease.scope, async |tx| {
            lease.hold(svc, tx).await?;
            bots::lock(tx).await?;
            Ok::<_, Lost>(pause(tx, "the bot has no token").await?)
        })
        .await;
    match paused {
        Ok(()) | Err(Lost::Lease) => Ok(()),
        Err(Lost::Store(error)) => Err(error.into()),
    }
}

/// Stops the broadcast that is being sent and takes those behind it out of the line: they would fail
/// alike. The caller has locked the bot.
pub(super) async fn pause(tx: &mut BotTx<'_>, reason: &str) -> Result<(), StoreError> {
    if let Some(id) = broadcasts::sending(tx).await?
        && let Some(broadcast) = broadcasts::lock(tx, id).await?
        && let Ok(status) = broadcast.status.after(Event::Release)
    {
        release(tx, id, status, reason).await?;
    }
    while let Some(id) = broadcasts::first_in_line(tx).await? {
        release(tx, id, Status::Paused, reason).await?;
    }
    Ok(())
}

async fn release(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    status: Status,
    reason: &str,
) -> Result<(), StoreError> {
    broadcasts::set_status(tx, id, status).await?;
    sending::set_waiting(tx, id, Some(reason)).await?;
    let event = AuditEvent::BroadcastReleased { broadcast: id, reason: reason.to_owned() };
    audit::record(tx, &Origin::system(SENDER), &event).await?;
    Ok(())
}
