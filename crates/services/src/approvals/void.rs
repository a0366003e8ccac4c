//! A draft that becomes another one, or goes, takes its request along.

use contract::cx::RequestCx;
use domain::{
    approval::{Event, State},
    audit::Event as AuditEvent,
    ids::{BroadcastId, UserId},
};
use store::{
    BotTx, StoreError,
    approvals::{self, Approval, End},
    audit::{self, Origin},
};

use crate::{ServiceError, access};

/// A broadcast is about to be sent: a request that still waits has nothing to wait for. What was approved
/// stays on record. The caller has locked the broadcast.
pub(crate) async fn overtake(
    tx: &mut BotTx<'_>,
    cx: &RequestCx,
    broadcast: BroadcastId,
) -> Result<(), ServiceError> {
    match approvals::last(tx, broadcast).await? {
        Some(request) if request.state == State::Open => void(tx, cx, broadcast).await,
        _ => Ok(()),
    }
}

/// As [`overtake`], where it begins at its time: by the hand of whoever set that.
pub(crate) async fn overtaken(
    tx: &mut BotTx<'_>,
    origin: &Origin,
    broadcast: BroadcastId,
    by: (UserId, &str),
) -> Result<(), StoreError> {
    match approvals::last(tx, broadcast).await? {
        Some(request) if request.state == State::Open => end(tx, origin, &request, by).await,
        _ => Ok(()),
    }
}

/// Makes the request of a broadcast void, or its approval, if one is in force. The caller has locked the
/// broadcast and is about to change it.
pub(crate) async fn void(
    tx: &mut BotTx<'_>,
    cx: &RequestCx,
    broadcast: BroadcastId,
) -> Result<(), ServiceError> {
    let Some(request) = approvals::last(tx, broadcast).await? else { return Ok(()) };
    let viewer = access::viewer(cx)?;
    end(tx, &access::origin(cx), &request, (viewer.user, &viewer.name)).await?;
    Ok(())
}

async fn end(
    tx: &mut BotTx<'_>,
    origin: &Origin,
    request: &Approval,
    (by, by_name): (UserId, &str),
) -> Result<(), StoreError> {
    let Ok(state) = request.state.after(Event::Void) else { return Ok(()) };
    approvals::settle(tx, request.id, End { state, by, by_name, reason: None }).await?;
    let event = AuditEvent::ApprovalVoided { broadcast: request.broadcast, was: request.state };
    audit::record(tx, origin, &event).await?;
    Ok(())
}
