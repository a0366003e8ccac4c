//! Letting a draft cost Stars to go faster. Whoever sends types how many it may cost: nothing is paid otherwise.

use contract::{broadcasts::Pay, cx::RequestCx};
use domain::{audit::Event, ids::BroadcastId, paid::parse_cap, rights::Right};
use store::{audit, broadcasts};

use super::draft::lock_editable;
use crate::{ServiceError, Services, access, approvals};

const SETTLED: &str = "This broadcast has been sent: what it may cost was settled then.";

/// Sets the cap. What was asked or approved before is void; the same once more changes nothing.
///
/// # Errors
/// [`ServiceError::Invalid`] at `stars`; [`ServiceError::Conflict`] when it moved, once it has been sent, where paying
/// is not offered, and while the bot is read-only.
pub(super) async fn pay(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    form: &Pay,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let by = access::viewer(cx)?.user;
    svc.store
        .bot(&scope, async |tx| {
            let draft = lock_editable(svc, tx, id, SETTLED).await?;
            let cap = parse_cap(&form.stars).map_err(|why| ServiceError::field("stars", why))?;
            if draft.paid_cap == cap {
                return Ok(());
            }
            if cap.is_some() && svc.settings.paid.is_none() {
                let why = "Going faster for Stars is not offered here.";
                return Err(ServiceError::Conflict(why.into()));
            }
            if draft.version.to_string() != form.if_unmodified_since {
                return Err(ServiceError::Conflict(
                    "Somebody changed this broadcast after you looked at it. Look once more, then decide.".into(),
                ));
            }
            approvals::void(tx, cx, id).await?;
            broadcasts::set_paid_cap(tx, id, cap, by).await?;
            let event =
                Event::BroadcastPaid { broadcast: id, stars: cap, stars_before: draft.paid_cap };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok(())
        })
        .await
}
