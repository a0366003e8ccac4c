//! Going to Stripe to pay for a plan.

use adapters::stripe::Checkout;
use contract::{billing::Choice, cx::RequestCx};
use domain::{
    audit::Event,
    billing::standing::{Phase, Standing},
};
use jiff::SignedDuration;
use store::{
    WorkspaceScope,
    audit::{self, Origin},
    billing,
};

use super::{PAGE, customer, events::STRIPE, look::look};
use crate::{ServiceError, Services, access};

/// A page of payment that is open for less than this is made anew.
const LEAST: SignedDuration = SignedDuration::from_secs(120);

/// Gives the address of Stripe's page of payment. There is one at a time: whoever clicks twice, and another owner
/// who wants the same, come to the same page, and one for another price is closed first. So nobody pays twice.
pub(super) async fn begin(
    svc: &Services,
    cx: &RequestCx,
    form: Choice,
) -> Result<String, ServiceError> {
    let (scope, origin) = (access::owner(svc, cx).await?, access::origin(cx));
    let stripe = svc.billing.stripe()?;
    let (plan, _, price) = svc.billing.chosen(&form.plan, &form.every)?;
    super::count(svc, cx, scope.workspace).await?;
    customer::ensure(svc, cx, &scope).await?;
    // Somebody may have paid meanwhile, on a page that we know nothing of.
    look(svc, scope.workspace, &Origin::system(STRIPE)).await?;
    let mut account = refuse_twice(svc, cx, &scope).await?;
    if let Some(open) = account.checkout.clone() {
        if open.price == price && open.until > cx.now + LEAST {
            return Ok(open.url);
        }
        if !stripe.expire_checkout(&open.id).await? {
            // Somebody may have paid on it at this very moment.
            look(svc, scope.workspace, &Origin::system(STRIPE)).await?;
            account = refuse_twice(svc, cx, &scope).await?;
        }
    }
    let (workspace, base) = (scope.workspace.to_string(), &svc.settings.base_url);
    let checkout = Checkout {
        customer: &account.customer,
        price,
        // Once for each workspace.
        trial_days: plan.trial_days.filter(|_| account.facts.subscriptions.is_empty()),
        workspace: &workspace,
        success_url: &format!("{base}{PAGE}?done=paid"),
        cancel_url: &format!("{base}{PAGE}?done=not_paid"),
        options: svc.billing.options,
    };
    let (live, no) = (svc.billing.is_live(), account.checkout_no);
    let key = format!("gannet-checkout-{workspace}-{no}-{price}");
    let session = match stripe.begin_checkout(&checkout, &key).await {
        Ok(session) => session,
        Err(error) => {
            // Stripe gives the same answer to the same key for a day, and nobody has this page's address.
            svc.store
                .workspace(&scope, async |tx| {
                    Ok::<_, ServiceError>(billing::set_checkout(tx, live, no, None).await?)
                })
                .await?;
            return Err(error.into());
        }
    };
    let page = billing::Checkout {
        id: session.id,
        url: session.url,
        price: price.to_owned(),
        until: session.expires_at,
    };
    let event = Event::CheckoutBegun { plan: plan.name.clone() };
    let now_open = svc
        .store
        .workspace(&scope, async |tx| {
            if billing::set_checkout(tx, live, no, Some(&page)).await? {
                audit::record(tx, &origin, &event).await?;
            }
            Ok::<_, ServiceError>(billing::account(tx, live).await?.and_then(|one| one.checkout))
        })
        .await?;
    match now_open {
        // Our own, or the same one that somebody else had a moment before.
        Some(open) if open.id == page.id => Ok(open.url),
        _ => {
            stripe.expire_checkout(&page.id).await?;
            let why = "Another owner has just begun to pay for a plan. Look at it before you choose another.";
            Err(ServiceError::Conflict(why.into()))
        }
    }
}

/// The workspace's customer, if there is no subscription yet.
async fn refuse_twice(
    svc: &Services,
    cx: &RequestCx,
    scope: &WorkspaceScope,
) -> Result<billing::Account, ServiceError> {
    let account = super::account(svc, scope).await?.ok_or(ServiceError::NotFound)?;
    let standing = Standing::of(&account.facts, &svc.billing.plans, cx.now);
    if matches!(standing.phase, Phase::Free | Phase::Incomplete) {
        return Ok(account);
    }
    let why = "This workspace has a subscription already. Change its plan instead.";
    Err(ServiceError::Conflict(why.into()))
}
