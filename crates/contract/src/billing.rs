//! What a workspace has, what it pays for it, and how much of it is used.

use domain::{
    Timestamp,
    billing::{notice, plan::Interval, standing::Phase, usage::Meter},
};
use serde::Deserialize;

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx};

/// Everything the page about the plan shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// What the plan in force is called.
    pub plan: String,
    /// How often it is paid, if it is.
    pub every: Option<Interval>,
    /// In which phase it is.
    pub phase: Phase,
    /// The price in force is none that this instance knows.
    pub is_unknown_price: bool,
    /// Other subscriptions are being paid as well.
    pub has_others: bool,
    /// How much of everything is used.
    pub usage: Vec<Used>,
    /// What can be had. Empty where nothing is sold.
    pub plans: Vec<Offer>,
    /// How it stands with Stripe; none where this instance sells nothing.
    pub stripe: Option<AtStripe>,
}

/// How a workspace stands with Stripe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtStripe {
    /// No money moves: the instance works with Stripe's test mode.
    pub is_test: bool,
    /// The workspace is a customer.
    pub is_customer: bool,
    /// Where Stripe's mail goes.
    pub email: Option<String>,
    /// When Stripe was looked at last.
    pub looked_at: Option<Timestamp>,
    /// Stripe's page on which what is open can be paid or confirmed.
    pub page_to_pay: Option<String>,
    /// The latest invoices.
    pub invoices: Vec<Invoice>,
    /// Refunds and disputes.
    pub returns: Vec<Return>,
    /// What happened, the latest first: sentences of the audit log with who did it.
    pub history: Vec<(Timestamp, String)>,
}

/// How much of one thing is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Of what.
    pub meter: Meter,
    /// How much.
    pub used: u64,
    /// How much there may be; none: as much as one likes.
    pub limit: Option<u64>,
}

/// A plan that can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it is called in forms.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whom it is for.
    pub description: String,
    /// What it costs, for each interval it can be paid in.
    pub prices: Vec<Cost>,
    /// Days before the first payment, for this workspace.
    pub trial_days: Option<u32>,
    /// How much of everything it gives.
    pub limits: Vec<(Meter, Option<u64>)>,
    /// What else it gives.
    pub features: Vec<String>,
    /// It is the one in force.
    pub is_current: bool,
}

/// What something costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// How often it is paid.
    pub every: Interval,
    /// How much; none while Stripe does not say.
    pub amount: Option<Money>,
    /// It is what is paid now.
    pub is_current: bool,
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// In the smallest unit of the currency.
    pub amount: i64,
    /// Three letters (ISO 4217), small.
    pub currency: String,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// What stands on it.
    pub number: Option<String>,
    /// When it was made.
    pub at: Timestamp,
    /// What it is about.
    pub total: Money,
    /// How it stands.
    pub status: domain::billing::facts::InvoiceStatus,
    /// Stripe's page of it.
    pub page: Option<String>,
    /// Stripe's PDF of it.
    pub pdf: Option<String>,
}

/// Money that went back, or that somebody's bank took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Whether a bank took it.
    pub is_dispute: bool,
    /// When.
    pub at: Timestamp,
    /// How much.
    pub amount: Money,
    /// How it stands, in Stripe's word.
    pub status: String,
    /// Why, in Stripe's word, for disputes.
    pub reason: Option<String>,
}

/// Which plan, and how often it is paid.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Choice {
    /// Its id.
    #[serde(default)]
    pub plan: String,
    /// `month` or `year`.
    #[serde(default)]
    pub every: String,
}

/// A change of plan that somebody has looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Confirmed {
    /// The plan's id.
    #[serde(default)]
    pub plan: String,
    /// `month` or `year`.
    #[serde(default)]
    pub every: String,
    /// For which moment it was worked out, in whole seconds since 1970.
    #[serde(default)]
    pub at: String,
}

/// What somebody wants at Stripe's Customer Portal.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Errand {
    /// `payment` for another card, `cancel` to end the subscription, anything else to look around.
    #[serde(default)]
    pub errand: String,
}

/// What a change of plan costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// From which plan.
    pub from: String,
    /// To which plan.
    pub to: Offer,
    /// How often it is paid.
    pub every: Interval,
    /// For which moment it is worked out, in whole seconds since 1970.
    pub at: i64,
    /// What is paid at once; below zero: what is put to the customer's credit.
    pub now: Money,
    /// When the first payment is due of a trial, which goes on: nothing is paid before.
    pub first_payment: Option<Timestamp>,
    /// A trial ends with it: the other plan has none.
    pub ends_trial: bool,
    /// What is paid at once is made of this, in Stripe's words, less the credit that is used up.
    pub lines: Vec<(String, Money)>,
    /// What is paid each time from then on; none while Stripe does not say.
    pub then: Option<Money>,
    /// Of what there would be more than the new plan gives.
    pub over: Vec<Used>,
    /// What is left of the paid period is not given back: this month's messages are used already.
    pub without_credit: bool,
}

/// What became of a change of plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is in force.
    Done,
    /// The payment needs the customer's confirmation, at this address of Stripe's.
    Confirm(String),
}

/// What a workspace is told about its plan, on every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What holds.
    pub notice: notice::Notice,
    /// Whether the viewer can do something about it.
    pub is_owner: bool,
}

/// The plan of the current workspace.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait BillingApi: Send + Sync {
    /// Everything about it. For owners.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for all others.
    async fn overview(&self, cx: &RequestCx) -> Result<Overview, ClientError>;

    /// Goes to Stripe to pay for a plan: gives the address there. The same page again for whoever asks twice.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] with a subscription; [`ClientError::Invalid`] for what cannot be bought;
    /// [`ClientError::Unavailable`] while Stripe does not answer.
    async fn checkout(&self, cx: &RequestCx, form: Choice) -> Result<String, ClientError>;

    /// Goes to Stripe's Customer Portal: gives the address there, good for a few minutes.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] before there is anything to look at; [`ClientError::Unavailable`].
    async fn portal(&self, cx: &RequestCx, form: Errand) -> Result<String, ClientError>;

    /// What another plan would cost now. Changes nothing.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] without a subscription that can be changed; [`ClientError::Invalid`];
    /// [`ClientError::Unavailable`].
    async fn quote(&self, cx: &RequestCx, choice: Choice) -> Result<Quote, ClientError>;

    /// Changes the plan and has it paid. Nothing changes when it cannot be.
    ///
    /// # Errors
    /// As [`BillingApi::quote`]; [`ClientError::Conflict`] when the payment is declined, and for an amount that was
    /// worked out too long ago.
    async fn change(&self, cx: &RequestCx, form: Confirmed) -> Result<Changed, ClientError>;

    /// Looks at Stripe now.
    ///
    /// # Errors
    /// [`ClientError::Unavailable`].
    async fn look(&self, cx: &RequestCx) -> Result<(), ClientError>;

    /// What the current workspace is told about its plan. Nothing for nobody.
    async fn told(&self, cx: &RequestCx) -> Vec<Told>;
}
