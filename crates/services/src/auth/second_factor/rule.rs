//! Workspaces that ask their members for a second factor.

use contract::{cx::RequestCx, second_factor::Rule};
use domain::audit::Event;
use store::{audit, second_factors};

use crate::{ServiceError, Services, access};

/// Whether the current workspace does.
pub(super) async fn is_required(svc: &Services, cx: &RequestCx) -> Result<bool, ServiceError> {
    let scope = access::owner(svc, cx).await?;
    svc.store
        .workspace(&scope, async |tx| Ok::<_, ServiceError>(second_factors::is_required(tx).await?))
        .await
}

/// Sets it. From the next request on, members without one are led to set it up; nobody may ask for what
/// they do not have themselves, or the first to be led away would be the owner.
pub(super) async fn set(svc: &Services, cx: &RequestCx, rule: Rule) -> Result<(), ServiceError> {
    let scope = access::owner(svc, cx).await?;
    let (user, origin) = (access::fresh(cx)?.user, access::origin(cx));
    let required = !rule.required.is_empty();
    svc.store
        .workspace(&scope, async |tx| {
            if required && !second_factors::is_on(tx, user).await? {
                return Err(ServiceError::Conflict(
                    "Set up two-step sign-in for your own account first: you would lose access to \
                     this workspace until you did."
                        .into(),
                ));
            }
            if second_factors::require(tx, required).await? {
                audit::record(tx, &origin, &Event::SecondFactorRule { required }).await?;
            }
            Ok(())
        })
        .await
}
