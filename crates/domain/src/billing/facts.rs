//! What Stripe says about a customer: what was fetched, and no more of it than Gannet needs.
//!
//! There is no field for a card, an address or a name of whoever paid, so nothing of the kind can be kept.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Everything about one customer, as it was when it was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Where Stripe sends what it mails; none once the customer was deleted there.
    pub email: Option<String>,
    /// Whether the customer was deleted there, which ends all subscriptions.
    #[serde(default)]
    pub is_deleted: bool,
    /// All subscriptions, ended ones too.
    pub subscriptions: Vec<Subscription>,
    /// The latest invoices, and all that are open.
    pub invoices: Vec<Invoice>,
    /// Money that went back.
    pub refunds: Vec<Refund>,
    /// Payments that somebody's bank took back.
    pub disputes: Vec<Dispute>,
}

/// How a subscription stands (`subscription.status` of Stripe's API).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The first payment has not succeeded yet; it has 23 hours.
    Incomplete,
    /// It never did.
    IncompleteExpired,
    /// The first payment is still to come.
    Trialing,
    /// Paid.
    Active,
    /// The latest payment failed, and Stripe tries again.
    PastDue,
    /// Ended.
    Canceled,
    /// The latest payment failed for good, and the subscription goes on without being paid.
    Unpaid,
    /// A trial ended without a way to pay.
    Paused,
    /// A word that Stripe has since introduced.
    #[serde(other)]
    Unknown,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Stripe's id of it.
    pub id: String,
    /// How it stands.
    pub status: Status,
    /// Stripe's id of its one item, which a change of plan names.
    pub item: String,
    /// Stripe's id of the item's price.
    pub price: String,
    /// When it began to be.
    pub created: Timestamp,
    /// When the period began that is paid, or to be paid.
    pub period_start: Timestamp,
    /// When that period ends, and the next payment is due.
    pub period_end: Timestamp,
    /// When a trial ends, or ended.
    pub trial_end: Option<Timestamp>,
    /// When it is to end.
    pub cancel_at: Option<Timestamp>,
}

/// How an invoice stands (`invoice.status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Stripe still writes it.
    Draft,
    /// It is to be paid.
    Open,
    /// It is paid.
    Paid,
    /// It counts no more.
    Void,
    /// Nobody expects it to be paid.
    Uncollectible,
    /// A word that Stripe has since introduced.
    #[serde(other)]
    Unknown,
}

/// An invoice. Amounts are in the smallest unit of the currency, as Stripe counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Stripe's id of it.
    pub id: String,
    /// What stands on it; none while it is a draft.
    pub number: Option<String>,
    /// How it stands.
    pub status: InvoiceStatus,
    /// For which subscription.
    pub subscription: Option<String>,
    /// Three letters (ISO 4217), small.
    pub currency: String,
    /// What it is about; negative when it gives credit.
    pub total: i64,
    /// What is still to be paid.
    pub remaining: i64,
    /// When it was made.
    pub created: Timestamp,
    /// Whether a payment was tried.
    pub attempted: bool,
    /// Stripe's page of it, on which it can be paid and a payment be confirmed.
    pub page: Option<String>,
    /// Stripe's PDF of it.
    pub pdf: Option<String>,
}

/// Money that went back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Stripe's id of it.
    pub id: String,
    /// How much, in the smallest unit of the currency.
    pub amount: i64,
    /// Three letters, small.
    pub currency: String,
    /// When.
    pub created: Timestamp,
    /// How it stands, in Stripe's word: `succeeded`, `pending`, `failed` …
    pub status: String,
}

/// A payment that somebody's bank took back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Stripe's id of it.
    pub id: String,
    /// How much, in the smallest unit of the currency.
    pub amount: i64,
    /// Three letters, small.
    pub currency: String,
    /// When.
    pub created: Timestamp,
    /// How it stands, in Stripe's word: `needs_response`, `won`, `lost` …
    pub status: String,
    /// Why, in Stripe's word: `fraudulent`, `duplicate` …
    pub reason: String,
}

impl Status {
    /// Whether it goes on by itself: it is paid, or will be, unless somebody ends it.
    pub const fn goes_on(self) -> bool {
        !matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

impl Facts {
    /// What is said of a customer that Stripe does not know any more, or never did.
    pub fn of_nobody() -> Self {
        Self { is_deleted: true, ..Self::default() }
    }

    /// The subscriptions that go on by themselves.
    pub fn going_on(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.iter().filter(|one| one.status.goes_on() && !self.is_deleted)
    }

    /// The same facts in an order that does not depend on how they came: the newest first.
    pub fn in_order(mut self) -> Self {
        // Stripe's `created` has whole seconds, so the id decides between two of one second.
        self.subscriptions.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        self.invoices.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        self.invoices.dedup_by(|a, b| a.id == b.id);
        self.refunds.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        self.disputes.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        self
    }
}
