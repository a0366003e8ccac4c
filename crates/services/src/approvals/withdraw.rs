//! Taking a request back.

use contract::{approvals::Which, cx::RequestCx};
use domain::{approval::Event, audit::Event as AuditEvent, ids::BroadcastId, rights::Right};
use store::{
    approvals::{self, End},
    audit, broadcasts,
};

use super::{gone, over};
use crate::{ServiceError, Services, access};

/// Takes a request back, or what was approved on it: whoever asked, and nobody else.
pub(super) async fn withdraw(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    form: Which,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let viewer = access::viewer(cx)?;
    svc.store
        .bot(&scope, async |tx| {
            let draft = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let request = approvals::last(tx, id).await?.ok_or_else(gone)?;
            if request.id.to_string() != form.request {
                return Err(gone());
            }
            if request.hands.asked != viewer.user {
                let why = "Only who asked for approval can take the request back.";
                return Err(ServiceError::Conflict(why.into()));
            }
            if !draft.status.is_editable() {
                let why = "It has been sent already.";
                return Err(ServiceError::Conflict(why.into()));
            }
            let state = request.state.after(Event::Withdraw).map_err(|_| over(&request))?;
            let end = End { state, by: viewer.user, by_name: &viewer.name, reason: None };
            approvals::settle(tx, request.id, end).await?;
            let event = AuditEvent::ApprovalWithdrawn { broadcast: id };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok(())
        })
        .await
}
