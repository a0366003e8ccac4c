//! A draft that becomes another one, or goes, takes its request along.

use contract::cx::RequestCx;
use domain::{
    approval::{Event, State},
    audit::Event as AuditEvent,
    ids::BroadcastId,
};
use store::{
    BotTx,
    approvals::{self, End},
    audit,
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

/// Makes the request of a broadcast void, or its approval, if one is in force. The caller has locked the
/// broadcast and is about to change it.
pub(crate) async fn void(
    tx: &mut BotTx<'_>,
    cx: &RequestCx,
    broadcast: BroadcastId,
) -> Result<(), ServiceError> {
    let Some(request) = approvals::last(tx, broadcast).await? else { return Ok(()) };
    let Ok(state) = request.state.after(Event::Void) else { return Ok(()) };
    let viewer = access::viewer(cx)?;
    let end = End { state, by: viewer.user, by_name: &viewer.name, reason: None };
    approvals::settle(tx, request.id, end).await?;
    let event = AuditEvent::ApprovalVoided { broadcast, was: request.state };
    audit::record(tx, &access::origin(cx), &event).await?;
    Ok(())
}
