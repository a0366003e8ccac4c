//! Looking at Stripe: everything about a customer is fetched and written down.

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
    let (live, scope) = (svc.billing.is_live(), access::caretaker(workspace));
    let begun = svc
        .store
        .workspace(&scope, async |tx| {
            let no = billing::begin_look(tx, live).await?;
            Ok::<_, StoreError>(no.zip(billing::account(tx, live).await?))
        })
        .await?;
    let Some((no, account)) = begun else { return Ok(false) };
    let facts = svc.billing.stripe()?.facts(&account.customer).await?;
    let has_changed = svc
        .store
        .workspace(&scope, async |tx| {
            let Some(before) = billing::lock(tx, live).await? else { return Ok(false) };
            if !billing::end_look(tx, live, no, &facts).await? {
                return Ok(false);
            }
            let now = schedule::now(tx).await?;
            let plans = &svc.billing.plans;
            let change = difference(&before.facts, &facts, plans, now);
            // What is paid is no longer to be paid; and a page that is over leads nowhere.
            let is_over = |page: &billing::Checkout| page.until <= now;
            let pays = Standing::of(&facts, plans, now).subscription.is_some();
            if before.checkout.as_ref().is_some_and(|page| pays || is_over(page)) {
                billing::set_checkout(tx, live, before.checkout_no, None).await?;
            }
            let has_changed = change.is_some();
            if let Some(event) = change {
                audit::record(tx, origin, &event).await?;
            }
            Ok::<_, ServiceError>(has_changed)
        })
        .await?;
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
