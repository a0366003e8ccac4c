//! What a workspace pays for, and what follows from it.
//!
//! Stripe is asked, never believed by hearsay: an event, a click and the daily round all lead to one look,
//! which fetches everything about a customer and writes it down. What a workspace may do is worked out from that
//! whenever it is asked (`gate`), by [`domain::billing::standing`].

mod change;
mod checkout;
mod customer;
pub mod events;
pub(crate) mod gate;
mod look;
mod notices;
mod portal;
mod prices;
mod read;
pub mod reconcile;
pub mod sheet;

use adapters::stripe::{CheckoutOptions, Stripe, StripeError};
use async_trait::async_trait;
use contract::{
    ClientError,
    billing::{BillingApi, Changed, Choice, Confirmed, Errand, Overview, Quote, Told},
    cx::RequestCx,
};
use domain::{
    billing::{
        facts::Facts,
        plan::{Interval, Plan, Plans},
        usage::Limits,
    },
    ids::WorkspaceId,
    limit::Limit,
};
use store::{StoreError, TenantTx, billing::Account};

use crate::{ServiceError, Services, limits};
use prices::Prices;

/// Where owners see their plan, and where Stripe sends them back to.
pub const PAGE: &str = "/account/subscription";

/// What is sold here, and through whom.
#[derive(Debug)]
pub struct Billing {
    /// The account with Stripe; none where nothing is sold.
    pub stripe: Option<Stripe>,
    /// All plans.
    pub plans: Plans,
    /// What Stripe's page of payment offers.
    pub options: CheckoutOptions,
    prices: Prices,
}

impl Billing {
    /// These plans, sold through `stripe`.
    pub fn new(stripe: Option<Stripe>, plans: Plans, options: CheckoutOptions) -> Self {
        Self { stripe, plans, options, prices: Prices::default() }
    }

    /// One plan without limits, and nothing to pay.
    pub fn free() -> Self {
        Self::new(None, Plans::unlimited(), CheckoutOptions::default())
    }

    /// In which of Stripe's two worlds it works.
    pub fn is_live(&self) -> bool {
        self.stripe.as_ref().is_some_and(|stripe| stripe.mode().is_live())
    }

    /// Whether anything may ever have to wait.
    pub fn is_limited(&self) -> bool {
        self.stripe.is_some() || self.plans.default_plan().limits != Limits::default()
    }

    /// Stripe, where something is sold.
    fn stripe(&self) -> Result<&Stripe, ServiceError> {
        self.stripe.as_ref().ok_or_else(|| {
            ServiceError::Conflict("Nothing is sold on this Gannet: everything is free.".into())
        })
    }

    /// The plan and the interval that somebody chose, and Stripe's price of it.
    fn chosen(&self, plan: &str, every: &str) -> Result<(&Plan, Interval, &str), ServiceError> {
        let found = self.plans.get(plan).zip(every.parse().ok());
        let found = found.and_then(|(plan, every)| Some((plan, every, plan.price(every)?)));
        found.ok_or_else(|| ServiceError::field("", "Choose one of the plans."))
    }
}

impl Default for Billing {
    fn default() -> Self {
        Self::free()
    }
}

#[async_trait]
impl BillingApi for Services {
    async fn overview(&self, cx: &RequestCx) -> Result<Overview, ClientError> {
        Ok(read::overview(self, cx).await?)
    }

    async fn checkout(&self, cx: &RequestCx, form: Choice) -> Result<String, ClientError> {
        Ok(checkout::begin(self, cx, form).await?)
    }

    async fn portal(&self, cx: &RequestCx, form: Errand) -> Result<String, ClientError> {
        Ok(portal::open(self, cx, form).await?)
    }

    async fn quote(&self, cx: &RequestCx, choice: Choice) -> Result<Quote, ClientError> {
        Ok(change::quote(self, cx, choice).await?)
    }

    async fn change(&self, cx: &RequestCx, form: Confirmed) -> Result<Changed, ClientError> {
        Ok(change::change(self, cx, form).await?)
    }

    async fn look(&self, cx: &RequestCx) -> Result<(), ClientError> {
        Ok(read::look_again(self, cx).await?)
    }

    async fn told(&self, cx: &RequestCx) -> Vec<Told> {
        read::told(self, cx).await.unwrap_or_default()
    }
}

/// Sees that nobody makes us ask Stripe too often.
async fn count(svc: &Services, cx: &RequestCx, workspace: WorkspaceId) -> Result<(), ServiceError> {
    limits::charge(svc, cx, Limit::Billing, &workspace.to_string()).await.map(drop)
}

/// The workspace's customer as it was when it was looked at last.
async fn account(
    svc: &Services,
    scope: &store::WorkspaceScope,
) -> Result<Option<Account>, ServiceError> {
    let live = svc.billing.is_live();
    let account = svc
        .store
        .workspace(scope, async |tx| Ok::<_, StoreError>(store::billing::account(tx, live).await?))
        .await?;
    Ok(account)
}

/// What Stripe said last of the transaction's workspace. Nothing where nothing is sold: what was paid for once binds
/// nobody there.
async fn facts(svc: &Services, tx: &mut impl TenantTx) -> Result<Facts, StoreError> {
    if svc.billing.stripe.is_none() {
        return Ok(Facts::default());
    }
    let account = store::billing::account(tx, svc.billing.is_live()).await?;
    Ok(account.map(|account| account.facts).unwrap_or_default())
}

/// Whether the workspace has a subscription that goes on by itself, as far as it was seen.
pub(crate) async fn pays(
    svc: &Services,
    scope: &store::WorkspaceScope,
) -> Result<bool, ServiceError> {
    if svc.billing.stripe.is_none() {
        return Ok(false);
    }
    let account = account(svc, scope).await?;
    Ok(account.is_some_and(|account| account.facts.going_on().next().is_some()))
}

/// What went wrong at Stripe, as somebody may know it who only wanted to pay.
impl From<StripeError> for ServiceError {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Away(why) => {
                tracing::warn!(why, "Stripe does not answer");
                Self::Away(
                    "Stripe, which handles payments, does not answer just now. Nothing was changed. Please try \
                     again in a few minutes."
                        .into(),
                )
            }
            StripeError::Declined { code, message } => {
                tracing::info!(code, "a payment was declined");
                Self::Conflict(format!(
                    "The payment did not go through, and nothing was changed. Stripe says: {message}"
                ))
            }
            error @ (StripeError::Missing(_)
            | StripeError::Refused { .. }
            | StripeError::Strange(_)) => Self::bug("asking Stripe", error),
        }
    }
}
