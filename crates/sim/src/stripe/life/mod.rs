//! What happens to subscriptions, invoices and payments, by themselves and on command.
//!
//! <https://docs.stripe.com/billing/subscriptions/overview> and, for prorations,
//! <https://docs.stripe.com/billing/subscriptions/prorations>.

pub(crate) mod bill;
pub(crate) mod cancel;
pub(crate) mod change;
pub(crate) mod checkout;
pub(crate) mod discount;
pub(crate) mod leave;
pub(crate) mod pay;
pub(crate) mod refund;
pub(crate) mod subscribe;
pub(crate) mod time;

use super::{calendar::Interval, fields::Fields};

/// The interval of a price.
pub(crate) fn interval(price: &serde_json::Value) -> Interval<'_> {
    let recurring = &price["recurring"];
    Interval { unit: recurring.text("interval"), count: recurring.int("interval_count").max(1) }
}

/// An amount as people read it: `19.00 EUR`.
pub(crate) fn money(amount: i64, currency: &str) -> String {
    let sign = if amount < 0 { "−" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:02} {}", amount / 100, amount % 100, currency.to_uppercase())
}

/// A price as people read it: `19.00 EUR / month`.
pub(crate) fn price_label(price: &serde_json::Value) -> String {
    let amount = money(price.int("unit_amount"), price.text("currency"));
    let Interval { unit, count } = interval(price);
    match count {
        1 => format!("{amount} / {unit}"),
        _ => format!("{amount} / {count} {unit}s"),
    }
}
