//! How many recipients one person alone may write to.

use contract::{approvals::Bound, cx::RequestCx};
use domain::{
    approval::{Above, NotABound},
    audit::Event,
};
use store::{approvals, audit};

use crate::{ServiceError, Services, access};

/// The current workspace's.
pub(super) async fn bound(svc: &Services, cx: &RequestCx) -> Result<Option<u32>, ServiceError> {
    let scope = access::owner(svc, cx).await?;
    let above = svc
        .store
        .workspace(&scope, async |tx| Ok::<_, ServiceError>(approvals::above(tx).await?))
        .await?;
    Ok(above.map(|above| above.get()))
}

/// Sets it. What is being asked for or was approved stays as it is: sending looks at the bound of its
/// moment.
pub(super) async fn set(svc: &Services, cx: &RequestCx, form: Bound) -> Result<(), ServiceError> {
    let scope = access::owner(svc, cx).await?;
    access::fresh(cx)?;
    let above = match form.above.trim() {
        "" => None,
        typed => {
            let refused = |why: NotABound| ServiceError::field("above", why);
            Some(typed.parse::<Above>().map_err(refused)?)
        }
    };
    let to = above.map(|above| above.get());
    svc.store
        .workspace(&scope, async |tx| {
            let from = approvals::set_above(tx, above).await?;
            if from != to {
                audit::record(tx, &access::origin(cx), &Event::ApprovalRule { from, to }).await?;
            }
            Ok(())
        })
        .await
}
