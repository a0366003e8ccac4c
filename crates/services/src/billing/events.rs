//! What Stripe tells by itself.
//!
//! An event is kept and answered at once, and takes effect afterwards: it says about which customer something
//! changed, and that customer is looked at. What it says besides is not believed, so it does not matter in which
//! order events come, how often, or how late.

use std::time::Duration;

use adapters::stripe::{Event, Mode, StripeError};
use domain::retry::retry_delay;
use futures::future::join_all;
use store::{
    StoreError,
    audit::Origin,
    billing::{
        customers,
        events::{self, New, Outcome},
    },
};
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::look::look;
use crate::{ServiceError, Services};

/// How the audit log names whoever brought a change.
pub(super) const STRIPE: &str = "Stripe";
/// How often events are looked for when nobody rings.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How many customers are looked at at once.
const AT_ONCE: usize = 8;
/// How long it may take to apply what was claimed: less than the lease ([`events::LEASE_SECS`]).
const LONGEST: Duration = Duration::from_secs(events::LEASE_SECS as u64 - 10);
/// How long an event waits for its customer to become known, in seconds. A customer is written down a moment after
/// it is made; an account with Stripe may have others that are not ours.
const UNKNOWN_SECS: f64 = 3_600.0;

/// What events are about that concern a workspace. All others are kept and change nothing.
const CONCERNING: [&str; 6] =
    ["checkout.session.", "customer.", "invoice.", "charge.", "refund.", "payment_intent."];

/// Keeps an event. False: it was there already. Nothing else is done yet.
///
/// # Errors
/// [`StoreError`] when the database is away: Stripe brings it again.
pub async fn take(svc: &Services, event: &Event) -> Result<bool, StoreError> {
    let new = New {
        id: &event.id,
        kind: &event.kind,
        live: event.mode.is_live(),
        created: event.created,
        customer: event.customer.as_deref(),
        charge: event.charge.as_deref(),
    };
    let kept = svc
        .store
        .system("keep an event of Stripe's", async |tx| {
            Ok::<_, StoreError>(events::keep(tx, &new).await?)
        })
        .await?;
    svc.nudges.billing.notify_one();
    Ok(kept)
}

/// Applies events until `stop`. Without Stripe there are none.
pub async fn run(svc: Services, stop: CancellationToken) {
    if svc.billing.stripe.is_none() {
        return;
    }
    while !stop.is_cancelled() {
        if let Err(error) = turn(&svc, &stop).await {
            tracing::warn!(%error, "looking for Stripe's events failed");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = svc.nudges.billing.notified() => {}
            () = time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Applies what is due, one customer after another and several at once, until nothing is or `stop`; gives how many
/// events that were. A customer who cannot be looked at keeps nobody else waiting.
///
/// # Errors
/// [`StoreError`] when the database is away.
pub async fn turn(svc: &Services, stop: &CancellationToken) -> Result<usize, StoreError> {
    let lines = join_all((0..AT_ONCE).map(|_| line(svc, stop))).await;
    lines.into_iter().sum()
}

/// Applies one customer's events after another's. Each is claimed when its turn has come, and not before: what is
/// claimed is at hand, and nothing waits until its lease has lapsed.
async fn line(svc: &Services, stop: &CancellationToken) -> Result<usize, StoreError> {
    let mut count = 0;
    while !stop.is_cancelled() {
        let due = svc
            .store
            .system("claim events of Stripe's", async |tx| {
                Ok::<_, StoreError>(events::claim(tx).await?)
            })
            .await?;
        if due.is_empty() {
            break;
        }
        count += due.len();
        match time::timeout(LONGEST, apply_all(svc, &due)).await {
            Ok(applied) => applied?,
            Err(_) => later(svc, &due, &"looking at the customer takes too long").await?,
        }
    }
    Ok(count)
}

/// Applies events that were claimed together: all of one customer, or one that names none.
async fn apply_all(svc: &Services, due: &[events::Event]) -> Result<(), StoreError> {
    let mut telling = Vec::with_capacity(due.len());
    for event in due {
        match judge(svc, event) {
            Some(outcome) => settle(svc, vec![event.id.clone()], outcome).await?,
            None => telling.push(event.clone()),
        }
    }
    let Some(first) = telling.first() else { return Ok(()) };
    let customer = match (&first.customer_id, &first.charge_id) {
        (None, Some(_)) => customer_of(svc, first).await,
        (named, _) => Ok(named.clone()),
    };
    match customer {
        Ok(Some(customer)) => apply(svc, &customer, telling).await,
        Ok(None) => settle(svc, ids(&telling), Outcome::Ignored).await,
        Err(error) => later(svc, &telling, &error).await,
    }
}

/// What becomes of an event without a look.
fn judge(svc: &Services, event: &events::Event) -> Option<Outcome> {
    let ours = svc.billing.stripe.as_ref().map(|stripe| stripe.mode());
    if ours != Some(Mode::of(event.livemode)) {
        tracing::warn!(event.id, "an event of Stripe's other mode came in; it changes nothing");
        return Some(Outcome::OtherMode);
    }
    let concerns = CONCERNING.iter().any(|prefix| event.kind.starts_with(prefix));
    (!concerns).then_some(Outcome::Ignored)
}

async fn customer_of(svc: &Services, event: &events::Event) -> Result<Option<String>, StripeError> {
    let (Some(stripe), Some(charge)) = (&svc.billing.stripe, &event.charge_id) else {
        return Ok(None);
    };
    match stripe.customer_of_charge(charge).await {
        Err(StripeError::Missing(_)) => Ok(None),
        found => found,
    }
}

async fn apply(
    svc: &Services,
    customer: &str,
    events: Vec<events::Event>,
) -> Result<(), StoreError> {
    let live = svc.billing.is_live();
    let workspace = svc
        .store
        .system("whose a customer of Stripe's is", async |tx| {
            Ok::<_, StoreError>(customers::workspace(tx, customer, live).await?)
        })
        .await?;
    let Some(workspace) = workspace else {
        let (over, waiting): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| event.age_secs > UNKNOWN_SECS);
        settle(svc, ids(&over), Outcome::UnknownCustomer).await?;
        return later(svc, &waiting, &"its customer is not known yet").await;
    };
    match look(svc, workspace, &Origin::system(STRIPE)).await {
        Ok(_) => settle_all(svc, customer, &events).await,
        Err(ServiceError::Store(error @ StoreError::Unavailable(_))) => Err(error),
        Err(error) => later(svc, &events, &error).await,
    }
}

fn ids(events: &[events::Event]) -> Vec<String> {
    events.iter().map(|event| event.id.clone()).collect()
}

async fn settle(svc: &Services, ids: Vec<String>, outcome: Outcome) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    svc.store
        .system("write down what became of events of Stripe's", async |tx| {
            Ok::<_, StoreError>(events::settle(tx, &ids, outcome).await?)
        })
        .await
}

/// What was told of a customer before it was looked at has taken effect, and so have the events that led to it.
async fn settle_all(
    svc: &Services,
    customer: &str,
    events: &[events::Event],
) -> Result<(), StoreError> {
    let (live, ids) = (svc.billing.is_live(), ids(events));
    let began = events.iter().map(|event| event.claimed_at).min_by_key(|at| at.to_jiff());
    svc.store
        .system("write down that a customer of Stripe's was looked at", async |tx| {
            if let Some(began) = began {
                events::settle_customer(tx, (customer, live), began, &CONCERNING).await?;
            }
            Ok::<_, StoreError>(events::settle(tx, &ids, Outcome::Applied).await?)
        })
        .await
}

/// Has events tried again, each time after a longer pause.
async fn later(
    svc: &Services,
    events: &[events::Event],
    why: &(impl std::fmt::Display + Sync),
) -> Result<(), StoreError> {
    let Some(tries) = events.iter().map(|event| event.tries).min() else { return Ok(()) };
    tracing::warn!(%why, events = events.len(), "events of Stripe's wait");
    let failures = u32::try_from(tries - 1).unwrap_or_default();
    let (ids, pause) = (ids(events), retry_delay(failures, None).as_secs_f64());
    svc.store
        .system("have events of Stripe's tried again", async |tx| {
            Ok::<_, StoreError>(events::retry(tx, &ids, pause).await?)
        })
        .await
}
