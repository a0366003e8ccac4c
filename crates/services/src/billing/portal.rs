//! Going to Stripe's Customer Portal.

use adapters::stripe::Flow;
use contract::{billing::Errand, cx::RequestCx};
use domain::{audit::Event, billing::standing::Standing};
use store::audit;
use uuid::Uuid;

use super::PAGE;
use crate::{ServiceError, Services, access};

pub(super) async fn open(
    svc: &Services,
    cx: &RequestCx,
    form: Errand,
) -> Result<String, ServiceError> {
    let (scope, origin) = (access::owner(svc, cx).await?, access::origin(cx));
    let stripe = svc.billing.stripe()?;
    super::count(svc, cx, scope.workspace).await?;
    let account = super::account(svc, &scope).await?.ok_or_else(|| {
        let why = "There is nothing to manage yet: this workspace never had a plan that is paid.";
        ServiceError::Conflict(why.into())
    })?;
    let standing = Standing::of(&account.facts, &svc.billing.plans, cx.now);
    let flow = match (form.errand.as_str(), standing.subscription) {
        ("payment", _) => Flow::PaymentMethod,
        ("cancel", Some(one)) if one.cancel_at.is_none() => Flow::Cancel(&one.id),
        ("cancel", _) => {
            let why = "There is no subscription to cancel, or it is cancelled already.";
            return Err(ServiceError::Conflict(why.into()));
        }
        _ => Flow::Home,
    };
    let back = format!("{}{PAGE}?done=back", svc.settings.base_url);
    let key = format!("gannet-portal-{}", Uuid::now_v7());
    let url = stripe.portal(&account.customer, &back, flow, &key).await?;
    svc.store
        .workspace(&scope, async |tx| {
            Ok::<_, ServiceError>(audit::record(tx, &origin, &Event::PortalOpened).await?)
        })
        .await?;
    Ok(url)
}
