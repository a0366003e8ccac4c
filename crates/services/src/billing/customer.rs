//! A workspace as a customer of Stripe's.

use contract::cx::RequestCx;
use store::{StoreError, WorkspaceScope, billing, members};

use crate::{ServiceError, Services, access};

/// Sees that the workspace is a customer. Of two at once both find the same one: it is made under a key that
/// follows from the workspace.
pub(super) async fn ensure(
    svc: &Services,
    cx: &RequestCx,
    scope: &WorkspaceScope,
) -> Result<billing::Account, ServiceError> {
    let live = svc.billing.is_live();
    if let Some(account) = super::account(svc, scope).await?.filter(|one| !one.facts.is_deleted) {
        return Ok(account);
    }
    let viewer = access::viewer(cx)?;
    let (workspace, user) = (scope.workspace, viewer.user);
    let name = svc
        .store
        .workspace(scope, async |tx| Ok::<_, StoreError>(members::workspace_name(tx).await?))
        .await?;
    // Another address or name is another customer only until one of them is written down.
    let key = format!("gannet-customer-{workspace}-{user}");
    let stripe = svc.billing.stripe()?;
    let customer =
        stripe.create_customer(&workspace.to_string(), &name, &viewer.email, &key).await?;
    svc.store
        .system("note whose a customer of Stripe's is", async |tx| {
            Ok::<_, StoreError>(billing::customers::put(tx, &customer, workspace, live).await?)
        })
        .await?;
    svc.store
        .workspace(scope, async |tx| {
            billing::set_customer(tx, live, &customer, Some(user)).await?;
            billing::account(tx, live).await?.ok_or(ServiceError::NotFound)
        })
        .await
}
