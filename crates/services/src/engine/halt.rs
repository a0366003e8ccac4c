//! A gate that is shut: nothing of the bot leaves, and what was under way waits for a person.

use domain::{
    broadcast::{Event, Status},
    gates::Shut,
    ids::BroadcastId,
};
use store::{
    BotTx, StoreError,
    audit::{self, Origin},
    bots, broadcasts, replies, sending,
};

use super::{
    SENDER,
    runner::{Lease, Lost},
};
use crate::{ServiceError, Services};

/// Stops the broadcast that is being sent and takes those behind it out of the line: they would fail
/// alike. The caller has locked the bot.
pub(crate) async fn pause_all(
    tx: &mut BotTx<'_>,
    origin: &Origin,
    reason: &str,
) -> Result<(), StoreError> {
    if let Some(id) = broadcasts::sending(tx).await?
        && let Some(broadcast) = broadcasts::lock(tx, id).await?
        && let Ok(status) = broadcast.status.after(Event::Release)
    {
        release(tx, origin, id, status, reason).await?;
    }
    while let Some(id) = broadcasts::first_in_line(tx).await? {
        release(tx, origin, id, Status::Paused, reason).await?;
    }
    Ok(())
}

/// Pauses one broadcast for a reason, on record.
pub(super) async fn release(
    tx: &mut BotTx<'_>,
    origin: &Origin,
    id: BroadcastId,
    status: Status,
    reason: &str,
) -> Result<(), StoreError> {
    use domain::audit::Event::BroadcastReleased;
    broadcasts::set_status(tx, id, status).await?;
    sending::set_waiting(tx, id, Some(reason)).await?;
    let event = BroadcastReleased { broadcast: id, reason: reason.to_owned() };
    audit::record(tx, origin, &event).await?;
    Ok(())
}

/// Looks at the bot's own gates, and follows its rate. When one is shut: broadcasts wait for a person from then
/// on, answers are forgotten, and true is given.
pub(super) async fn if_shut(svc: &Services, tx: &mut BotTx<'_>) -> Result<bool, StoreError> {
    let look = sending::look(tx, None).await?;
    svc.governors.follow(tx.bot, look.rate);
    let Some(shut) = look.gates.shut() else { return Ok(false) };
    behind(tx, shut).await?;
    Ok(true)
}

async fn behind(tx: &mut BotTx<'_>, shut: Shut) -> Result<(), StoreError> {
    bots::lock(tx).await?;
    pause_all(tx, &Origin::system(SENDER), shut.reason()).await?;
    replies::drop_all(tx).await?;
    Ok(())
}

/// As [`if_shut`], in a transaction of its own. True as well when the lease is lost: either way there is
/// nothing to send.
pub(super) async fn look(svc: &Services, lease: &Lease) -> Result<bool, ServiceError> {
    let shut = svc
        .store
        .bot(&lease.scope, async |tx| {
            lease.hold(svc, tx).await?;
            Ok::<_, Lost>(if_shut(svc, tx).await?)
        })
        .await;
    match shut {
        Ok(shut) => Ok(shut),
        Err(Lost::Lease) => Ok(true),
        Err(Lost::Store(error)) => Err(error.into()),
    }
}
