//! A workspace as a customer of Stripe's.

use contract::cx::RequestCx;
use store::{StoreError, WorkspaceScope, billing, members};

use crate::{ServiceError, Services, access};

/// Sees that the workspace is a customer. Of two at once both have the same one: it is made under a key that follows
/// from the workspace, and whichever was written down first is whose events count.
pub(super) async fn ensure(
    svc: &Services,
    cx: &RequestCx,
    scope: &WorkspaceScope,
) -> Result<billing::Account, ServiceError> {
    let (live, workspace) = (svc.billing.is_live(), scope.workspace);
    let former = super::account(svc, scope).await?;
    let account = match former {
        Some(account) if !account.facts.is_deleted => account,
        former => make(svc, cx, scope, former.map(|account| account.customer)).await?,
    };
    // Each time: whoever was stopped between the two is mended by whoever comes next.
    svc.store
        .system("note whose a customer of Stripe's is", async |tx| {
            let customer = &account.customer;
            Ok::<_, StoreError>(billing::customers::put(tx, customer, workspace, live).await?)
        })
        .await?;
    Ok(account)
}

/// Makes a customer in the place of `former`, if there was one that is deleted.
async fn make(
    svc: &Services,
    cx: &RequestCx,
    scope: &WorkspaceScope,
    former: Option<String>,
) -> Result<billing::Account, ServiceError> {
    let (live, workspace) = (svc.billing.is_live(), scope.workspace);
    let viewer = access::viewer(cx)?;
    let stripe = svc.billing.stripe()?;
    let name = svc
        .store
        .workspace(scope, async |tx| Ok::<_, StoreError>(members::workspace_name(tx).await?))
        .await?;
    // Stripe keeps a refusal under its key for a day: the hour lets one be mended.
    let (former, hour) = (former.unwrap_or_default(), cx.now.as_second() / 3_600);
    let key = format!("gannet-customer-{workspace}-{former}-{hour}");
    let customer = stripe.create_customer(&workspace.to_string(), &key).await?;
    let account = svc
        .store
        .workspace(scope, async |tx| {
            billing::set_customer(tx, live, &customer, Some(viewer.user)).await?;
            billing::account(tx, live).await?.ok_or(ServiceError::NotFound)
        })
        .await?;
    let key = format!("gannet-named-{}-{}", account.customer, cx.request_id);
    stripe.set_contact(&account.customer, Some(&name), &viewer.email, &key).await?;
    Ok(account)
}
