//! Going faster for Stars: as long as the cap that was typed covers it, and the bot has them.
//!
//! What an intent may cost is counted in the commit that opens it, so that a crash never makes a broadcast cost more
//! than its cap; what was surely not sent is given back in the commit that closes it.

use domain::{audit::Event, ids::BroadcastId, paid::Offer};
use store::{
    BotTx, StoreError,
    audit::{self, Origin},
    payment,
    sending::{Assignment, Intent},
};

use super::{
    SENDER,
    runner::{Lease, Lost},
};
use crate::{ServiceError, Services};

/// What is said when the cap is used up.
const USED_UP: &str = "as many Stars as it may cost are used up";

/// What is said when Telegram takes none.
const NONE_LEFT: &str = "the bot has no Stars left, or may not pay with them";

/// The offer that the next intent is sent by, and how many messages it still covers. None: it goes for free.
pub(super) async fn next(
    svc: &Services,
    tx: &mut BotTx<'_>,
    assignment: &Assignment,
) -> Result<Option<(Offer, u32)>, StoreError> {
    let Some((offer, cap)) = svc.settings.paid.zip(assignment.paid_cap) else { return Ok(None) };
    let Some(paid) = payment::paid(tx, assignment.id).await? else { return Ok(None) };
    match offer.covers(cap, paid) {
        0 => {
            stop(tx, assignment.id, USED_UP).await?;
            Ok(None)
        }
        left => Ok(Some((offer, u32::try_from(left).unwrap_or(u32::MAX)))),
    }
}

/// Counts what an intent may cost. Whoever is not written to costs nothing.
pub(super) async fn count(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    offer: Offer,
    intent: &Intent,
) -> Result<(), StoreError> {
    let messages = intent.people.iter().filter(|one| one.reached_at.is_some()).count();
    Ok(payment::spend(tx, id, offer.cost(messages as u64)).await?)
}

/// Telegram took no Stars: the broadcast goes on for free, on record.
pub(super) async fn give_up(
    svc: &Services,
    lease: &Lease,
    id: BroadcastId,
) -> Result<(), ServiceError> {
    let stopped = svc
        .store
        .bot(&lease.scope, async |tx| {
            lease.hold_at_work(svc, tx).await?;
            Ok::<_, Lost>(stop(tx, id, NONE_LEFT).await?)
        })
        .await;
    match stopped {
        // Whoever has the lease now finds out for themselves.
        Ok(()) | Err(Lost::Lease) => Ok(()),
        Err(Lost::Store(error)) => Err(error.into()),
    }
}

async fn stop(tx: &mut BotTx<'_>, id: BroadcastId, why: &str) -> Result<(), StoreError> {
    if payment::stop(tx, id, why).await? {
        let event = Event::BroadcastUnpaid { broadcast: id, reason: why.to_owned() };
        audit::record(tx, &Origin::system(SENDER), &event).await?;
    }
    Ok(())
}
