//! What owners see of their plan, and everybody of what holds about it.

use std::collections::HashMap;

use adapters::stripe::Price;
use contract::{
    billing::{AtStripe, Cost, Invoice, Money, Offer, Overview, Return, Told, Used},
    cx::RequestCx,
};
use domain::{
    Timestamp,
    audit::Event,
    billing::{
        facts::{Facts, InvoiceStatus},
        plan::{Interval, Plan},
        standing::{InForce, Standing, page_to_pay},
        usage::{Meter, Usage},
    },
    rights::Role,
};
use store::{
    StoreError,
    audit::{self, Filter, Line, Origin},
    billing::{self, Account, notices, usage},
};

use super::{events::STRIPE, look::look};
use crate::{ServiceError, Services, access};

/// Most lines of the history that the page shows; the audit log has all.
const HISTORY: i64 = 20;
/// The word of the lines it is made of.
const CHANGES: &str = "billing.changed";

pub(super) async fn overview(svc: &Services, cx: &RequestCx) -> Result<Overview, ServiceError> {
    let scope = access::owner(svc, cx).await?;
    let (live, sells) = (svc.billing.is_live(), svc.billing.stripe.is_some());
    let filter = Filter { kind: Some(CHANGES.to_owned()), ..Filter::default() };
    let (account, usage, lines) = svc
        .store
        .workspace(&scope, async |tx| {
            let account = match sells {
                true => billing::account(tx, live).await?,
                false => None,
            };
            let usage = usage::usage(tx).await?;
            Ok::<_, StoreError>((account, usage, audit::list(tx, &filter, HISTORY).await?))
        })
        .await?;
    let nothing = Facts::default();
    let facts = account.as_ref().map_or(&nothing, |account| &account.facts);
    let standing = Standing::of(facts, &svc.billing.plans, cx.now);
    let never_paid = facts.subscriptions.is_empty();
    let every = match standing.plan {
        InForce::Plan(_, every) => every,
        InForce::UnknownPrice(_) => None,
    };
    let plans = if svc.billing.stripe.is_some() {
        let prices = prices(svc).await;
        let all = svc.billing.plans.all().iter();
        all.map(|plan| offer(plan, &prices, Some(&standing), never_paid)).collect()
    } else {
        Vec::new()
    };
    Ok(Overview {
        plan: standing.plan_name().into_owned(),
        every,
        phase: standing.phase,
        is_unknown_price: matches!(standing.plan, InForce::UnknownPrice(_)),
        has_others: standing.has_others,
        usage: used(&standing, &usage),
        plans,
        stripe: svc.billing.stripe.as_ref().map(|stripe| AtStripe {
            is_test: !stripe.mode().is_live(),
            history: lines.iter().filter_map(history).collect(),
            ..account.as_ref().map(at_stripe).unwrap_or_default()
        }),
    })
}

fn used(standing: &Standing<'_>, usage: &Usage) -> Vec<Used> {
    let limits = standing.limits();
    let one =
        |meter: &Meter| Used { meter: *meter, used: usage.of(*meter), limit: limits.of(*meter) };
    Meter::ALL.iter().map(one).collect()
}

fn at_stripe(account: &Account) -> AtStripe {
    let facts = &account.facts;
    let money = |amount: i64, currency: &str| Money { amount, currency: currency.to_owned() };
    // What Stripe still writes is nobody's business yet.
    let written = facts.invoices.iter().filter(|one| one.status != InvoiceStatus::Draft);
    let invoices = written.map(|one| Invoice {
        number: one.number.clone(),
        at: one.created,
        total: money(one.total, &one.currency),
        status: one.status,
        page: one.page.clone(),
        pdf: one.pdf.clone(),
    });
    let refunds = facts.refunds.iter().map(|one| Return {
        is_dispute: false,
        at: one.created,
        amount: money(one.amount, &one.currency),
        status: one.status.clone(),
        reason: None,
    });
    let disputes = facts.disputes.iter().map(|one| Return {
        is_dispute: true,
        at: one.created,
        amount: money(one.amount, &one.currency),
        status: one.status.clone(),
        reason: Some(one.reason.clone()),
    });
    let mut returns: Vec<_> = refunds.chain(disputes).collect();
    returns.sort_by_key(|one| std::cmp::Reverse(one.at));
    AtStripe {
        is_customer: true,
        email: facts.email.clone(),
        looked_at: account.facts_at,
        page_to_pay: page_to_pay(facts).map(str::to_owned),
        invoices: invoices.collect(),
        returns,
        ..AtStripe::default()
    }
}

/// A line of the log as the page says it. A line of another version is left to the log.
fn history(line: &Line) -> Option<(Timestamp, String)> {
    let event: Event = serde_json::from_str(&line.details).ok()?;
    Some((line.at(), format!("{} {}", line.actor_name, event.sentence())))
}

/// What all plans cost, as far as Stripe says so.
pub(super) async fn prices(svc: &Services) -> HashMap<String, Price> {
    let Some(stripe) = &svc.billing.stripe else { return HashMap::new() };
    let plans = svc.billing.plans.all().iter();
    let ids: Vec<&str> = plans
        .flat_map(|plan| Interval::ALL.iter().filter_map(|every| plan.price(*every)))
        .collect();
    svc.billing.prices.of(stripe, &ids).await
}

/// A plan as it is offered to a workspace that stands like this.
pub(super) fn offer(
    plan: &Plan,
    prices: &HashMap<String, Price>,
    standing: Option<&Standing<'_>>,
    never_paid: bool,
) -> Offer {
    let in_force = match standing.map(|standing| standing.plan) {
        Some(InForce::Plan(plan, every)) => Some((plan.id.as_str(), every)),
        Some(InForce::UnknownPrice(_)) | None => None,
    };
    let cost = |every: &Interval| {
        let price = plan.price(*every)?;
        let known = prices.get(price).filter(|known| known.every == Some(*every));
        let is_current = in_force == Some((plan.id.as_str(), Some(*every)));
        if known.is_some_and(|known| !known.active) && !is_current {
            // It cannot be bought any more; whoever has it keeps it.
            return None;
        }
        let amount = known.and_then(|known| {
            Some(Money { amount: known.amount?, currency: known.currency.clone() })
        });
        Some(Cost { every: *every, amount, is_current })
    };
    Offer {
        id: plan.id.clone(),
        name: plan.name.clone(),
        description: plan.description.clone(),
        prices: Interval::ALL.iter().filter_map(cost).collect(),
        trial_days: plan.trial_days.filter(|_| never_paid),
        limits: Meter::ALL.iter().map(|meter| (*meter, plan.limits.of(*meter))).collect(),
        features: plan.features.clone(),
        is_current: in_force.is_some_and(|(id, _)| id == plan.id),
    }
}

/// Looks at Stripe because somebody asked.
pub(super) async fn look_again(svc: &Services, cx: &RequestCx) -> Result<(), ServiceError> {
    let scope = access::owner(svc, cx).await?;
    svc.billing.stripe()?;
    super::count(svc, cx, scope.workspace).await?;
    look(svc, scope.workspace, &Origin::system(STRIPE)).await?;
    Ok(())
}

/// What the workspace is told, on every page of it.
pub(super) async fn told(svc: &Services, cx: &RequestCx) -> Result<Vec<Told>, ServiceError> {
    if !svc.billing.is_limited() || cx.viewer.is_none() {
        return Ok(Vec::new());
    }
    let scope = access::workspace(svc, cx).await?;
    let is_owner = scope.role == Role::Owner;
    let told = svc
        .store
        .workspace(&scope, async |tx| Ok::<_, StoreError>(notices::holding(tx).await?))
        .await?;
    // Money is the owners' affair.
    let all = told.into_iter().map(|notice| Told { notice, is_owner });
    Ok(all.filter(|told| is_owner || told.notice.is_for_all()).collect())
}
