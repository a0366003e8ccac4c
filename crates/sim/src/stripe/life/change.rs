//! Another price or quantity in the middle of a period.

use serde_json::{Value, json};

use super::{
    super::{
        calendar::{day, period_end},
        fields::Fields,
        refusal::Refusal,
        shape::{invoice, subscription},
        state::State,
    },
    bill, discount, interval,
};

/// What is to become of one item.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    /// An item that is there; a new one when none.
    pub item: Option<String>,
    pub price: Option<Value>,
    pub quantity: Option<i64>,
    pub deleted: bool,
}

/// How a change is to be made.
#[derive(Clone, Debug)]
pub(crate) struct How {
    pub prorations: Prorations,
    /// The moment to reckon from; now when none.
    pub date: Option<i64>,
    /// Begin a new period now.
    pub anchor_now: bool,
    /// Another end of the trial: now or at some moment.
    pub trial_end: Option<i64>,
}

/// `proration_behavior`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Prorations {
    None,
    /// On the next invoice.
    Create,
    /// On an invoice of their own, at once.
    Invoice,
}

impl Prorations {
    /// The words of the API.
    pub const WORDS: &'static [&'static str] = &["always_invoice", "create_prorations", "none"];

    pub fn named(word: &str) -> Self {
        match word {
            "always_invoice" => Self::Invoice,
            "none" => Self::None,
            _ => Self::Create,
        }
    }
}

/// What a change would come to.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    pub subscription: Value,
    /// Lines that are billed at once.
    pub at_once: Vec<Value>,
    /// Lines that wait for the next invoice.
    pub later: Vec<Value>,
}

/// Works a change out, without making it.
///
/// # Errors
/// For items that are not there, for prices that do not go together, and for nothing left.
pub(crate) fn work_out(
    state: &State,
    current: &Value,
    changes: &[Change],
    how: &How,
) -> Result<Changed, Refusal> {
    let now = state.now;
    let mut next = current.clone();
    next["items"]["data"] = Value::Array(changed_items(current, changes, now)?);
    let (start, end) = subscription::period(current);
    let in_trial = current.text("status") == "trialing";
    let trial_goes_on = how.trial_end.map_or(in_trial, |trial_end| trial_end > now);

    if trial_goes_on {
        // Nothing was paid for, so there is nothing to reckon.
        if let Some(trial_end) = how.trial_end {
            let began = current.number("trial_start").unwrap_or(now);
            next["status"] = json!("trialing");
            next["trial_start"] = json!(began);
            next["trial_end"] = json!(trial_end);
            next["billing_cycle_anchor"] = json!(trial_end);
            bill::set_period(&mut next, (began, trial_end));
        }
        return Ok(Changed { subscription: next, at_once: Vec::new(), later: Vec::new() });
    }

    let other_rhythm = rhythm(current) != rhythm(&next);
    let restart = in_trial || other_rhythm || how.anchor_now;
    let share = discount::lasting_share(state, current);
    let date = how.date.unwrap_or(now).clamp(start, end.max(start));
    let mut prorated = Vec::new();
    if how.prorations != Prorations::None && !in_trial {
        prorated.extend(unused(state, (current, &next), (date, start, end), share, restart));
        if !restart {
            prorated.extend(remaining(state, (current, &next), (date, start, end), share));
        }
    }
    if restart {
        let period = (now, period_end(now, now, interval(&next["items"]["data"][0]["price"])));
        next["billing_cycle_anchor"] = json!(now);
        if in_trial {
            next["status"] = json!("active");
            next["trial_end"] = json!(now);
        }
        bill::set_period(&mut next, period);
        prorated.extend(bill::period_lines(state, &next, period, false));
        return Ok(Changed { subscription: next, at_once: prorated, later: Vec::new() });
    }
    let (at_once, later) = match how.prorations {
        Prorations::Invoice => (prorated, Vec::new()),
        _ => (Vec::new(), prorated),
    };
    Ok(Changed { subscription: next, at_once, later })
}

fn rhythm(subscription: &Value) -> Option<(&str, i64)> {
    let first = subscription.rows("items").first()?;
    let interval = interval(&first["price"]);
    Some((interval.unit, interval.count))
}

fn changed_items(current: &Value, changes: &[Change], now: i64) -> Result<Vec<Value>, Refusal> {
    let mut items = current.rows("items").to_vec();
    let (start, end) = subscription::period(current);
    for (place, change) in changes.iter().enumerate() {
        let Some(wanted) = &change.item else {
            let missing = || Refusal::missing(format!("items[{place}][price]"));
            let price = change.price.as_ref().ok_or_else(missing)?;
            let quantity = change.quantity.unwrap_or(1);
            let id = current.text("id");
            let mut item = subscription::item(id, price, quantity, (start, end));
            item["created"] = json!(now);
            items.push(item);
            continue;
        };
        let position = items.iter().position(|item| item.text("id") == wanted);
        let param = format!("items[{place}][id]");
        let position = position
            .ok_or_else(|| Refusal::no_such("subscription item", wanted, Some(&param), None))?;
        if change.deleted {
            items.remove(position);
            continue;
        }
        if let Some(price) = &change.price {
            subscription::set_price(&mut items[position], price);
        }
        if let Some(quantity) = change.quantity {
            items[position]["quantity"] = json!(quantity);
        }
    }
    if items.is_empty() {
        let message = "A subscription must have at least one active plan.";
        return Err(Refusal::invalid("items", message));
    }
    let first = (interval(&items[0]["price"]), items[0]["price"]["currency"].clone());
    if items.iter().any(|item| interval(&item["price"]) != first.0) {
        let message = "All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`.";
        return Err(Refusal::invalid("items", message));
    }
    if items.iter().any(|item| item["price"]["currency"] != first.1) {
        return Err(Refusal::invalid(
            "items",
            "All prices on a subscription must have the same currency.",
        ));
    }
    Ok(items)
}

/// Whether an item costs the same in both.
fn same_item(item: &Value, other: &Value) -> bool {
    other.rows("items").iter().any(|known| {
        known["id"] == item["id"]
            && known["price"]["id"] == item["price"]["id"]
            && known["quantity"] == item["quantity"]
    })
}

/// What was paid for and is not used: `span` is the moment, the period's start and its end.
fn unused(
    state: &State,
    (current, next): (&Value, &Value),
    span: (i64, i64, i64),
    share: f64,
    all: bool,
) -> Vec<Value> {
    let items = current.rows("items").iter();
    items
        .filter(|item| all || !same_item(item, next))
        .map(|item| prorated(state, item, span, -share, "Unused time on"))
        .collect()
}

/// What is used from now on until the period's end.
fn remaining(
    state: &State,
    (current, next): (&Value, &Value),
    span: (i64, i64, i64),
    share: f64,
) -> Vec<Value> {
    let items = next.rows("items").iter();
    items
        .filter(|item| !same_item(item, current))
        .map(|item| prorated(state, item, span, share, "Remaining time on"))
        .collect()
}

fn prorated(
    state: &State,
    item: &Value,
    (date, start, end): (i64, i64, i64),
    share: f64,
    what: &str,
) -> Value {
    let (price, quantity) = (&item["price"], item.int("quantity"));
    let left = (end - date) as f64 / (end - start).max(1) as f64;
    let amount = (price.int("unit_amount") * quantity) as f64 * left * share;
    let times = if quantity == 1 { String::new() } else { format!("{quantity} × ") };
    invoice::line(&invoice::Line {
        item,
        price,
        quantity,
        amount: amount.round() as i64,
        description: format!("{what} {times}{} after {}", bill::name_of(state, price), day(date)),
        period: (date, end),
        proration: true,
    })
}

/// Makes a change: the subscription is updated, and what is due at once is billed. Answers the
/// invoice, if there is one.
pub(crate) fn make(state: &mut State, changed: Changed) -> Option<String> {
    let id = changed.subscription.text("id").to_owned();
    let before = state.at(&id).clone();
    let period = subscription::period(&changed.subscription);
    if !changed.later.is_empty() {
        state.pending_lines.entry(id.clone()).or_default().extend(changed.later);
    }
    let bills = !changed.at_once.is_empty();
    let mut draft = None;
    if bills {
        let mut lines = state.pending_lines.remove(&id).unwrap_or_default();
        lines.extend(changed.at_once);
        let reason = if before.text("status") == "trialing" {
            "subscription_cycle"
        } else {
            "subscription_update"
        };
        draft = Some(bill::draft(state, &changed.subscription, reason, lines, period));
    }
    state.change(&id, |subscription| *subscription = changed.subscription);
    let invoice = draft.map(|draft| bill::enter(state, draft));
    let previous = super::super::fields::difference(&before, state.at(&id));
    if previous.is_some() {
        let data = json!({"object": state.at(&id), "previous_attributes": previous});
        state.emit_data("customer.subscription.updated", before.yes("livemode"), data);
    }
    invoice
}

/// A credit for what is not used of the current period.
pub(crate) fn unused_now(state: &State, current: &Value) -> Vec<Value> {
    if current.text("status") == "trialing" {
        return Vec::new();
    }
    let (start, end) = subscription::period(current);
    let share = discount::lasting_share(state, current);
    unused(state, (current, current), (state.now, start, end), share, true)
}
