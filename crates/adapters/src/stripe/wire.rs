//! Answers, with the fields that are read and no others: a card that stands in one is passed over.

use domain::billing::{
    facts::{Dispute, Invoice, InvoiceStatus, Refund, Status, Subscription},
    plan::Interval,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::StripeError;

/// A price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Stripe's id of it.
    pub id: String,
    /// Three letters (ISO 4217), small.
    pub currency: String,
    /// How much, in the smallest unit of the currency; none for prices that are not so simple.
    pub amount: Option<i64>,
    /// How often it is paid; none for intervals that no plan has.
    pub every: Option<Interval>,
    /// Whether it can still be bought.
    pub active: bool,
}

/// What a change would cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Three letters, small.
    pub currency: String,
    /// What it is about in all; negative: credit for what comes.
    pub total: i64,
    /// What is paid at once.
    pub due: i64,
    /// What it is made of.
    pub lines: Vec<Line>,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// In Stripe's words.
    #[serde(default, deserialize_with = "text")]
    pub description: String,
    /// How much.
    pub amount: i64,
}

fn text<'de, D: serde::Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(value)?.unwrap_or_default())
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

#[derive(Deserialize)]
pub(super) struct CustomerWire {
    pub id: String,
    #[serde(default)]
    pub deleted: bool,
    #[serde(default)]
    pub email: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SessionWire {
    pub id: String,
    pub url: Option<String>,
    pub expires_at: i64,
}

#[derive(Deserialize)]
pub(super) struct PortalWire {
    pub url: String,
}

#[derive(Deserialize)]
struct Recurring {
    interval: String,
    interval_count: u64,
}

#[derive(Deserialize)]
pub(super) struct PriceWire {
    id: String,
    currency: String,
    unit_amount: Option<i64>,
    active: bool,
    recurring: Option<Recurring>,
}

#[derive(Deserialize)]
pub(super) struct SubscriptionWire {
    pub id: String,
    status: Status,
    created: i64,
    items: List<ItemWire>,
    trial_end: Option<i64>,
    cancel_at: Option<i64>,
    #[serde(default)]
    cancel_at_period_end: bool,
}

#[derive(Deserialize)]
struct ItemWire {
    id: String,
    price: IdWire,
    current_period_start: i64,
    current_period_end: i64,
}

#[derive(Deserialize)]
struct IdWire {
    id: String,
}

/// An id, or in its place the whole object.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Reference {
    Id(String),
    Whole { id: String },
}

impl Reference {
    pub fn id(self) -> String {
        match self {
            Self::Id(id) | Self::Whole { id } => id,
        }
    }
}

#[derive(Deserialize)]
struct SubscriptionDetails {
    subscription: Option<Reference>,
}

#[derive(Deserialize)]
struct Parent {
    subscription_details: Option<SubscriptionDetails>,
}

#[derive(Deserialize)]
pub(super) struct InvoiceWire {
    pub id: String,
    number: Option<String>,
    status: Option<InvoiceStatus>,
    parent: Option<Parent>,
    currency: String,
    total: i64,
    amount_remaining: i64,
    created: i64,
    attempted: bool,
    hosted_invoice_url: Option<String>,
    invoice_pdf: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PreviewWire {
    currency: String,
    total: i64,
    amount_due: i64,
    lines: List<Line>,
}

#[derive(Deserialize)]
pub(super) struct ChargeWire {
    pub id: String,
    pub customer: Option<Reference>,
    #[serde(default)]
    pub disputed: bool,
    #[serde(default)]
    pub amount_refunded: i64,
}

#[derive(Deserialize)]
pub(super) struct RefundWire {
    pub id: String,
    amount: i64,
    currency: String,
    created: i64,
    status: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DisputeWire {
    pub id: String,
    amount: i64,
    currency: String,
    created: i64,
    status: String,
    reason: String,
}

/// What a refusal says.
#[derive(Default, Deserialize)]
pub(super) struct Problem {
    #[serde(default)]
    code: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    param: Option<String>,
}

impl Problem {
    /// The refusal of an answer with this status.
    pub fn read(status: u16, body: &[u8]) -> StripeError {
        #[derive(Deserialize)]
        struct Wrapped {
            error: Problem,
        }
        let problem = serde_json::from_slice::<Wrapped>(body).map(|body| body.error);
        let Self { code, kind, message, param } = problem.unwrap_or_default();
        let message = message.unwrap_or_else(|| format!("status {status}"));
        let code = code.or(kind).unwrap_or_else(|| format!("status_{status}"));
        let message = match param {
            Some(param) if !message.contains(&param) => format!("{message} (`{param}`)"),
            _ => message,
        };
        match status {
            402 => StripeError::Declined { code, message },
            404 => StripeError::Missing(message),
            // 409: the same request is being worked on; 429: too many at once.
            409 | 424 | 429 | 500..=599 => StripeError::Away(format!("{code}: {message}")),
            _ if code == "resource_missing" => StripeError::Missing(message),
            _ => StripeError::Refused { code, message },
        }
    }
}

/// A moment as Stripe writes it: whole seconds since 1970.
pub(super) fn moment(secs: i64) -> Timestamp {
    Timestamp::from_second(secs).unwrap_or(if secs < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

impl From<PriceWire> for Price {
    fn from(wire: PriceWire) -> Self {
        let every = wire.recurring.filter(|recurring| recurring.interval_count == 1);
        let every = every.and_then(|recurring| recurring.interval.parse().ok());
        let PriceWire { id, currency, unit_amount: amount, active, .. } = wire;
        Self { id, currency, amount, every, active }
    }
}

impl From<PreviewWire> for Preview {
    fn from(wire: PreviewWire) -> Self {
        let PreviewWire { currency, total, amount_due: due, lines } = wire;
        Self { currency, total, due, lines: lines.data }
    }
}

impl SubscriptionWire {
    /// None without an item: nothing is had for it.
    pub fn fact(self) -> Option<Subscription> {
        let item = self.items.data.into_iter().next()?;
        let period_end = moment(item.current_period_end);
        let at_its_end = self.cancel_at_period_end.then_some(period_end);
        Some(Subscription {
            id: self.id,
            status: self.status,
            item: item.id,
            price: item.price.id,
            created: moment(self.created),
            period_start: moment(item.current_period_start),
            period_end,
            trial_end: self.trial_end.map(moment),
            cancel_at: self.cancel_at.map(moment).or(at_its_end),
        })
    }
}

impl From<InvoiceWire> for Invoice {
    fn from(wire: InvoiceWire) -> Self {
        let details = wire.parent.and_then(|parent| parent.subscription_details);
        Self {
            id: wire.id,
            number: wire.number,
            status: wire.status.unwrap_or(InvoiceStatus::Unknown),
            subscription: details.and_then(|details| details.subscription).map(Reference::id),
            currency: wire.currency,
            total: wire.total,
            remaining: wire.amount_remaining,
            created: moment(wire.created),
            attempted: wire.attempted,
            page: wire.hosted_invoice_url,
            pdf: wire.invoice_pdf,
        }
    }
}

impl From<RefundWire> for Refund {
    fn from(wire: RefundWire) -> Self {
        let RefundWire { id, amount, currency, created, status } = wire;
        let status = status.unwrap_or_else(|| "pending".to_owned());
        Self { id, amount, currency, created: moment(created), status }
    }
}

impl From<DisputeWire> for Dispute {
    fn from(wire: DisputeWire) -> Self {
        let DisputeWire { id, amount, currency, created, status, reason } = wire;
        Self { id, amount, currency, created: moment(created), status, reason }
    }
}
