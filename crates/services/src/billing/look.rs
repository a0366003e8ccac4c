//! Looking at Stripe: everything about a customer is fetched and written down.

use adapters::stripe::StripeError;
use domain::{
    Timestamp,
    audit::Event,
    billing::{
        facts::Facts,
        plan::Plans,
        standing::{Phase, Standing},
    },
    ids::WorkspaceId,
};
use store::{
    StoreError,
    audit::{self, Origin},
    billing, schedule,
};

use super::notices;
use crate::{ServiceError, Services, access};

/// Fetches what Stripe knows about the workspace's customer and writes it down. True: it stands otherwise than
/// before. `origin` is what led here.
///
/// Looks may overlap: of two, the one that began later counts, because everything that changed before it began is
/// in it. One that changes nothing writes no line into the log.
pub(crate) async fn look(
    svc: &Services,
    workspace: WorkspaceId,
    origin: &Origin,
) -> Result<bool, ServiceError> {
    let (live, scope) = (svc.billing.is_live(), access::cashier(workspace));
    let begun = svc
        .store
        .workspace(&scope, async |tx| {
            let no = billing::begin_look(tx, live).await?;
            Ok::<_, StoreError>(no.zip(billing::account(tx, live).await?))
        })
        .await?;
    let Some((no, account)) = begun else { return Ok(false) };
    let stripe = svc.billing.stripe()?;
    let facts = match stripe.facts(&account.customer).await {
        Ok(facts) => facts,
        // Another account of Stripe's, or one that was emptied: whoever wants a plan becomes a customer anew.
        Err(StripeError::Missing(_)) => Facts::of_nobody(),
        Err(error) => return Err(error.into()),
    };
    let (has_changed, needless) = svc
        .store
        .workspace(&scope, async |tx| {
            let Some(before) = billing::lock(tx, live).await? else { return Ok((false, None)) };
            if !billing::end_look(tx, live, no, &facts).await? {
                return Ok((false, None));
            }
            let now = schedule::now(tx).await?;
            let plans = &svc.billing.plans;
            let change = difference(&before.facts, &facts, plans, now);
            // What is paid is no longer to be paid; and a page that is over leads nowhere.
            let phase = Standing::of(&facts, plans, now).phase;
            let has_plan = !matches!(phase, Phase::Free | Phase::Incomplete);
            let page = before.checkout.filter(|page| has_plan || page.until <= now);
            if page.is_some() {
                billing::set_checkout(tx, live, before.checkout_no, None).await?;
            }
            let has_changed = change.is_some();
            if let Some(event) = change {
                audit::record(tx, origin, &event).await?;
            }
            Ok::<_, ServiceError>((has_changed, page))
        })
        .await?;
    if let Some(page) = needless {
        // It may be open still in somebody's browser, and nobody is to pay twice.
        if let Err(error) = stripe.expire_checkout(&page.id).await {
            tracing::warn!(%error, "a page of payment that nobody needs could not be closed");
        }
    }
    notices::tell(svc, workspace).await?;
    Ok(has_changed)
}

/// What the log says of a change from `before` to `after`; nothing where a workspace may do the same as before.
fn difference(before: &Facts, after: &Facts, plans: &Plans, now: Timestamp) -> Option<Event> {
    let (was, is) = (Standing::of(before, plans, now), Standing::of(after, plans, now));
    let plan = format!("{}{}", is.plan_name(), every(&is));
    let plan_before = format!("{}{}", was.plan_name(), every(&was));
    let (phase, phase_before) = (words(is.phase).to_owned(), words(was.phase).to_owned());
    let is_same = plan == plan_before && phase == phase_before;
    (!is_same).then_some(Event::BillingChanged { plan, plan_before, phase, phase_before })
}

fn every(standing: &Standing<'_>) -> &'static str {
    use domain::billing::{plan::Interval, standing::InForce};
    match standing.plan {
        InForce::Plan(_, Some(Interval::Month)) => " (monthly)",
        InForce::Plan(_, Some(Interval::Year)) => " (yearly)",
        InForce::Plan(_, None) | InForce::UnknownPrice(_) => "",
    }
}

/// A phase as the log names it.
pub(super) const fn words(phase: Phase) -> &'static str {
    match phase {
        Phase::Free => "without a subscription",
        Phase::Incomplete => "waiting for its first payment",
        Phase::Trialing { .. } => "in its trial",
        Phase::Active { .. } => "paid",
        Phase::Ending { .. } => "paid, to end with the period",
        Phase::PastDue { .. } => "with a payment overdue",
        Phase::ReadOnly { .. } => "read-only, with a payment overdue for too long",
    }
}
