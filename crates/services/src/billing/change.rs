//! Another plan for a subscription that runs: what it costs is shown first, and nothing changes when it cannot be
//! paid.

use adapters::stripe::{Change, Flow, StripeError};
use contract::{
    billing::{Changed, Choice, Confirmed, Money, Quote, Used},
    cx::RequestCx,
};
use domain::{
    Timestamp,
    audit::Event,
    billing::{
        facts::Subscription,
        plan::{Interval, Plan},
        standing::{Phase, Standing},
        usage::{Level, Meter, level},
    },
};
use jiff::SignedDuration;
use store::{
    StoreError, WorkspaceScope,
    audit::{self, Origin},
    billing::usage,
};
use uuid::Uuid;

use super::{PAGE, events::STRIPE, look::look, read};
use crate::{ServiceError, Services, access};

/// How long an amount that was shown stays good.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(15);

/// How far Stripe's clock may be ahead of ours.
const SLACK: SignedDuration = SignedDuration::from_secs(30);

/// A change that can be made.
struct Possible<'a> {
    customer: String,
    subscription: Subscription,
    from: String,
    plan: &'a Plan,
    every: Interval,
    price: &'a str,
    /// Before this moment something else was paid for.
    not_before: Timestamp,
    /// When the trial ends that goes on with the other plan.
    trial_until: Option<Timestamp>,
    ends_trial: bool,
    prorated: bool,
}

impl Possible<'_> {
    fn at(&self, at: Timestamp) -> Change<'_> {
        Change {
            customer: &self.customer,
            subscription: &self.subscription.id,
            item: &self.subscription.item,
            price: self.price,
            at,
            ends_trial: self.ends_trial,
            prorated: self.prorated,
        }
    }
}

/// The change that somebody wants, if it can be made.
async fn possible<'a>(
    svc: &'a Services,
    cx: &RequestCx,
    scope: &WorkspaceScope,
    (plan, every): (&str, &str),
) -> Result<Possible<'a>, ServiceError> {
    svc.billing.stripe()?;
    let (plan, every, price) = svc.billing.chosen(plan, every)?;
    super::count(svc, cx, scope.workspace).await?;
    look(svc, scope.workspace, &Origin::system(STRIPE)).await?;
    let refuse = |why: &str| Err(ServiceError::Conflict(why.into()));
    let Some(account) = super::account(svc, scope).await? else {
        return refuse("There is no subscription yet. Choose a plan and pay for it first.");
    };
    let standing = Standing::of(&account.facts, &svc.billing.plans, cx.now);
    let Some(subscription) = standing.subscription.cloned() else {
        return refuse("There is no subscription yet. Choose a plan and pay for it first.");
    };
    let trial_until = match standing.phase {
        Phase::Active { .. } => None,
        Phase::Trialing { until } => Some(until),
        Phase::Ending { .. } => {
            return refuse("The subscription is to end. Keep it first, under Manage billing.");
        }
        Phase::PastDue { .. } | Phase::ReadOnly { .. } => {
            return refuse(
                "A payment is overdue. It is to be made before the plan can be changed.",
            );
        }
        Phase::Free | Phase::Incomplete => {
            return refuse("There is no subscription yet. Choose a plan and pay for it first.");
        }
    };
    if subscription.price == price {
        return refuse("That is the plan this workspace has.");
    }
    let usage =
        svc.store.workspace(scope, async |tx| Ok::<_, StoreError>(usage::usage(tx).await?)).await?;
    let invoices = account.facts.invoices.iter();
    let latest = invoices.filter(|one| one.subscription.as_ref() == Some(&subscription.id));
    let not_before = latest.map(|one| one.created).fold(subscription.period_start, Timestamp::max);
    Ok(Possible {
        customer: account.customer.clone(),
        from: standing.plan_name().into_owned(),
        not_before,
        ends_trial: trial_until.is_some() && plan.trial_days.is_none(),
        trial_until: trial_until.filter(|_| plan.trial_days.is_some()),
        // Messages that were sent with the larger plan are not given back with the smaller one.
        prorated: level(usage.messages, plan.limits.messages) != Level::Full,
        subscription,
        plan,
        every,
        price,
    })
}

pub(super) async fn quote(
    svc: &Services,
    cx: &RequestCx,
    choice: Choice,
) -> Result<Quote, ServiceError> {
    let scope = access::owner(svc, cx).await?;
    let change = possible(svc, cx, &scope, (&choice.plan, &choice.every)).await?;
    let at = Timestamp::from_second(cx.now.as_second()).unwrap_or(cx.now).max(change.not_before);
    let preview = svc.billing.stripe()?.preview(&change.at(at)).await?;
    let usage = svc
        .store
        .workspace(&scope, async |tx| Ok::<_, StoreError>(usage::usage(tx).await?))
        .await?;
    let limits = change.plan.limits;
    let used =
        |meter: &Meter| Used { meter: *meter, used: usage.of(*meter), limit: limits.of(*meter) };
    let over =
        Meter::ALL.iter().map(used).filter(|one| one.limit.is_some_and(|limit| one.used > limit));
    let prices = read::prices(svc).await;
    let to = read::offer(change.plan, &prices, None, true);
    let then = to.prices.iter().find(|cost| cost.every == change.every);
    let then = then.and_then(|cost| cost.amount.clone());
    let money = |amount| Money { amount, currency: preview.currency.clone() };
    let mut lines: Vec<_> =
        preview.lines.iter().map(|line| (line.description.clone(), money(line.amount))).collect();
    let credit = preview.total - preview.due;
    if preview.total > 0 && credit > 0 {
        // Otherwise the lines would not add up to what is paid.
        lines.push(("From your credit".to_owned(), money(-credit)));
    }
    // Credit is what the total says; what is due is never below zero.
    let mut now = money(if preview.total < 0 { preview.total } else { preview.due });
    if change.trial_until.is_some() {
        // Of a trial Stripe shows the invoice at its end.
        (now, lines) = (money(0), Vec::new());
    }
    Ok(Quote {
        from: change.from.clone(),
        every: change.every,
        at: at.as_second(),
        now,
        first_payment: change.trial_until,
        ends_trial: change.ends_trial,
        lines,
        then,
        over: over.collect(),
        without_credit: !change.prorated,
        to,
    })
}

pub(super) async fn change(
    svc: &Services,
    cx: &RequestCx,
    form: Confirmed,
) -> Result<Changed, ServiceError> {
    let (scope, origin) = (access::owner(svc, cx).await?, access::origin(cx));
    let change = possible(svc, cx, &scope, (&form.plan, &form.every)).await?;
    let at = form.at.parse().ok().and_then(|secs| Timestamp::from_second(secs).ok());
    let is_good = |at: &Timestamp| {
        let age = cx.now.duration_since(*at);
        *at >= change.not_before && age <= GOOD_FOR && age >= -SLACK
    };
    let Some(at) = at.filter(is_good) else {
        let why = "The amount was worked out a while ago. Look at it once more, then confirm.";
        return Err(ServiceError::Conflict(why.into()));
    };
    let stripe = svc.billing.stripe()?;
    let event =
        Event::PlanAsked { plan: change.plan.name.clone(), plan_before: change.from.clone() };
    svc.store
        .workspace(&scope, async |tx| {
            Ok::<_, ServiceError>(audit::record(tx, &origin, &event).await?)
        })
        .await?;
    let key =
        format!("gannet-change-{}-{}-{}", change.subscription.id, change.price, at.as_second());
    match stripe.change(&change.at(at), &key).await {
        Ok(()) => {}
        Err(error) if error.needs_confirmation() => {
            let back = format!("{}{PAGE}?done=back", svc.settings.base_url);
            let change = change.at(at);
            let key = format!("gannet-portal-{}", Uuid::now_v7());
            let flow = Flow::Confirm(&change);
            return Ok(Changed::Confirm(stripe.portal(change.customer, &back, flow, &key).await?));
        }
        Err(StripeError::Away(why)) => {
            tracing::warn!(why, "nobody knows whether a plan was changed");
            return Err(ServiceError::Away(
                "Stripe did not answer, so it is not known yet whether the plan was changed. It shows on this page \
                 within minutes; please look before you try again."
                    .into(),
            ));
        }
        Err(error) => return Err(error.into()),
    }
    // It is changed and paid: that it cannot be seen at this moment is no failure of it.
    if let Err(error) = look(svc, scope.workspace, &Origin::system(STRIPE)).await {
        tracing::warn!(?error, "a plan was changed, and will be seen by its event");
    }
    Ok(Changed::Done)
}
