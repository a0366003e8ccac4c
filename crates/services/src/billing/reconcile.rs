//! The daily round: what should be so at Stripe is compared with what is, and mended.
//!
//! It finds what an event that never came would have told, lets a subscription end whose workspace is about to go
//! (and go on when it is kept), and has Stripe's mail follow whoever owns the workspace.

use std::time::Duration;

use adapters::stripe::{Stripe, StripeError};
use domain::{audit::Event, billing::facts::Subscription, ids::WorkspaceId, rights::Role};
use serde_json::json;
use store::{
    StoreError, TenantTx,
    audit::{self, Origin},
    billing::{self, Account, customers, events},
    endings, jobs, members,
};
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::{look::look, notices};
use crate::{ServiceError, Services, access};

/// The job that compares one workspace now.
pub(crate) const KIND: &str = "billing.reconcile";
/// How the audit log names it.
const RECONCILER: &str = "Billing reconciler";

/// How often workspaces are looked for whose time it is.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// How often a workspace is compared, in seconds.
const DAILY_SECS: f64 = 24.0 * 3_600.0;
/// When it is tried again after it could not be, in seconds.
const AGAIN_SECS: f64 = 600.0;
/// Most that are compared in one turn.
const MOST: i64 = 50;
/// How often limits are looked at: people come while nobody does anything.
const LIMITS: Duration = Duration::from_secs(3_600);
/// Workspaces that are looked at in one transaction.
const PAGE: i64 = 500;
/// Events that are removed in one transaction.
const OLD_EVENTS: i64 = 10_000;

/// Has the workspace compared soon, if it is a customer and the transaction is committed.
pub(crate) async fn soon(tx: &mut impl TenantTx) -> Result<(), StoreError> {
    if billing::is_customer(tx).await? {
        jobs::enqueue(tx, KIND, json!({})).await?;
    }
    Ok(())
}

/// Compares each day, and looks at limits each hour, until `stop`.
pub async fn run(svc: Services, stop: CancellationToken) {
    if !svc.billing.is_limited() {
        return;
    }
    let mut limits = time::interval(LIMITS);
    let mut round = time::interval(LOOK_AGAIN);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = round.tick() => {
                if let Err(error) = turn(&svc).await {
                    tracing::warn!(%error, "looking for workspaces to compare with Stripe failed");
                }
            }
            _ = limits.tick() => {
                if let Err(error) = look_at_limits(&svc).await {
                    tracing::warn!(?error, "looking at limits failed");
                }
            }
        }
    }
}

/// Compares those whose time it is; gives how many that were.
///
/// # Errors
/// [`StoreError`] when the database is away.
pub async fn turn(svc: &Services) -> Result<usize, StoreError> {
    let live = svc.billing.is_live();
    if svc.billing.stripe.is_none() {
        return Ok(0);
    }
    let due = svc
        .store
        .system("workspaces to compare with Stripe", async |tx| {
            events::sweep(tx, OLD_EVENTS).await?;
            Ok::<_, StoreError>(customers::claim_due(tx, live, MOST).await?)
        })
        .await?;
    for &workspace in &due {
        let again = match reconcile(svc, workspace).await {
            Ok(_) => DAILY_SECS,
            Err(error) => {
                tracing::warn!(%error, workspace.id = %workspace, "a workspace could not be compared with Stripe");
                AGAIN_SECS
            }
        };
        svc.store
            .system("when to compare with Stripe again", async |tx| {
                Ok::<_, StoreError>(customers::look_again(tx, workspace, live, again).await?)
            })
            .await?;
    }
    Ok(due.len())
}

/// Looks at what every workspace uses.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub async fn look_at_limits(svc: &Services) -> Result<(), ServiceError> {
    let mut after = None;
    loop {
        let page = svc
            .store
            .system("workspaces whose limits are looked at", async |tx| {
                Ok::<_, StoreError>(endings::all(tx, after, PAGE).await?)
            })
            .await?;
        for &workspace in &page {
            match notices::tell(svc, workspace).await {
                Err(error @ ServiceError::Store(StoreError::Unavailable(_))) => return Err(error),
                Err(error) => {
                    tracing::warn!(?error, workspace.id = %workspace, "limits could not be looked at");
                }
                Ok(()) => {}
            }
        }
        match page.last() {
            Some(&last) if page.len() == usize::try_from(PAGE).unwrap_or_default() => {
                after = Some(last)
            }
            _ => return Ok(()),
        }
    }
}

/// The job: compares one workspace.
pub(crate) async fn job(svc: &Services, workspace: WorkspaceId) -> Result<(), String> {
    match svc.billing.stripe {
        Some(_) => reconcile(svc, workspace).await.map(drop).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

/// Compares one workspace with Stripe, and says what it mended.
///
/// # Errors
/// [`ServiceError`]: nothing is half done, and all of it may be done again.
pub async fn reconcile(
    svc: &Services,
    workspace: WorkspaceId,
) -> Result<Vec<String>, ServiceError> {
    let mut mended = Vec::new();
    let origin = Origin::system(RECONCILER);
    if look(svc, workspace, &origin).await? {
        mended.push("how it stands with Stripe".to_owned());
    }
    let scope = access::cashier(workspace);
    let live = svc.billing.is_live();
    let (account, is_going) = svc
        .store
        .workspace(&scope, async |tx| {
            let account = billing::account(tx, live).await?;
            Ok::<_, StoreError>((account, endings::is_going(tx).await?))
        })
        .await?;
    let Some(account) = account.filter(|account| !account.facts.is_deleted) else {
        return Ok(mended);
    };
    mended.extend(end_or_keep(svc, workspace, &account, is_going).await?);
    mended.extend(follow_owner(svc, workspace, &account).await?);
    if !mended.is_empty() {
        tracing::info!(workspace.id = %workspace, mended = mended.join(", "), "billing was mended");
    }
    Ok(mended)
}

/// A workspace that is about to go pays no more; one that is kept after all does. What is wanted is written down
/// before Stripe is asked, so that whoever is stopped in between is understood by whoever comes next.
async fn end_or_keep(
    svc: &Services,
    workspace: WorkspaceId,
    account: &Account,
    is_going: bool,
) -> Result<Option<String>, ServiceError> {
    let (scope, origin) = (access::cashier(workspace), Origin::system(RECONCILER));
    let (live, stripe) = (svc.billing.is_live(), svc.billing.stripe()?);
    let going_on = account.facts.going_on();
    let wanted: Vec<&Subscription> = if is_going {
        going_on.filter(|one| one.cancel_at.is_none()).collect()
    } else {
        // Only what we ended ourselves: an owner may have cancelled it before.
        let ours = |one: &&Subscription| account.ended_by_us.contains(&one.id);
        going_on.filter(|one| one.cancel_at.is_some()).filter(ours).collect()
    };
    if wanted.is_empty() {
        return Ok(None);
    }
    if is_going {
        let all: Vec<String> = wanted.iter().map(|one| one.id.clone()).collect();
        svc.store
            .workspace(&scope, async |tx| {
                Ok::<_, StoreError>(billing::set_ended_by_us(tx, live, &all).await?)
            })
            .await?;
    }
    for one in &wanted {
        // Each time it changes hands between looks is a request of its own.
        let seen = account.facts_at.unwrap_or_default();
        let key = format!("gannet-ends-{}-{is_going}-{seen}", one.id);
        stripe.end_with_period(&one.id, is_going, &key).await?;
    }
    let event = if is_going { Event::SubscriptionEnded } else { Event::SubscriptionKept };
    svc.store
        .workspace(&scope, async |tx| {
            if !is_going {
                billing::set_ended_by_us(tx, live, &[]).await?;
            }
            Ok::<_, ServiceError>(audit::record(tx, &origin, &event).await?)
        })
        .await?;
    look(svc, workspace, &origin).await?;
    let what = if is_going { "its subscription ends" } else { "its subscription goes on" };
    Ok(Some(what.to_owned()))
}

/// Ends everything that a workspace whose day has come pays, and closes what could still be paid. False: Stripe does
/// not say that it is done, so the workspace has to wait.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub(crate) async fn part(svc: &Services, workspace: WorkspaceId) -> Result<bool, ServiceError> {
    let Some(stripe) = &svc.billing.stripe else { return Ok(true) };
    let scope = access::cashier(workspace);
    let Some(account) = super::account(svc, &scope).await? else { return Ok(true) };
    match end_all(stripe, &account).await {
        Ok(()) => Ok(true),
        Err(error) => {
            tracing::error!(%error, workspace.id = %workspace, "a workspace waits to go: what it pays could not be ended");
            Ok(false)
        }
    }
}

async fn end_all(stripe: &Stripe, account: &Account) -> Result<(), StripeError> {
    if let Some(page) = &account.checkout {
        stripe.expire_checkout(&page.id).await?;
    }
    let facts = match stripe.facts(&account.customer).await {
        Err(StripeError::Missing(_)) => return Ok(()),
        facts => facts?,
    };
    for one in facts.going_on() {
        stripe.end_now(&one.id).await?;
    }
    Ok(())
}

/// Stripe's mail goes to whoever made the workspace a customer, as long as they own it; then to whoever has owned
/// it for the longest.
async fn follow_owner(
    svc: &Services,
    workspace: WorkspaceId,
    account: &Account,
) -> Result<Option<String>, ServiceError> {
    let (scope, origin) = (access::cashier(workspace), Origin::system(RECONCILER));
    let live = svc.billing.is_live();
    let people = svc
        .store
        .workspace(&scope, async |tx| Ok::<_, StoreError>(members::people(tx).await?))
        .await?;
    let mut owners = people.iter().filter(|person| person.role == Role::Owner);
    let contact = owners.clone().find(|owner| Some(owner.user) == account.contact);
    let Some(owner) = contact.or_else(|| owners.next()) else { return Ok(None) };
    if account.facts.email.as_deref() != Some(owner.email.as_str()) {
        let key = format!("gannet-email-{workspace}-{}", account.facts_at.unwrap_or_default());
        let stripe = svc.billing.stripe()?;
        stripe.set_contact(&account.customer, None, &owner.email, &key).await?;
    } else if account.contact == Some(owner.user) {
        return Ok(None);
    }
    svc.store
        .workspace(&scope, async |tx| {
            billing::set_contact(tx, live, Some(owner.user)).await?;
            let event = Event::BillingContactChanged { name: owner.name.clone() };
            Ok::<_, ServiceError>(audit::record(tx, &origin, &event).await?)
        })
        .await?;
    look(svc, workspace, &origin).await?;
    Ok(Some("where Stripe’s mail goes".to_owned()))
}
