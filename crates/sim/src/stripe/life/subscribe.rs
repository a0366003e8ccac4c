//! The beginning of a subscription.

use serde_json::{Value, json};

use super::{
    super::{
        calendar::{DAY, period_end},
        fields::Fields,
        shape::{subscription, subscription::New},
        state::State,
    },
    bill,
    discount::{self, Chosen},
    interval,
    pay::{Attempt, Presence},
};

/// What somebody subscribes to.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub customer: String,
    /// Price and quantity of each item; at least one.
    pub items: Vec<(Value, i64)>,
    /// Seconds since the Unix epoch.
    pub trial_end: Option<i64>,
    pub discount: Option<Chosen>,
    /// Fields of the subscription to set as they are: metadata, description, payment method.
    pub fields: Vec<(&'static str, Value)>,
    pub presence: Presence,
    /// Leave the first invoice open until the person pays it.
    pub leave_open: bool,
}

/// Makes the subscription, bills its first period and collects it. Answers its id and how the first
/// payment went.
pub(crate) fn begin(state: &mut State, wanted: &Wanted) -> (String, Attempt) {
    let now = state.now;
    let trial_end = wanted.trial_end.filter(|end| *end > now);
    let Some((first_price, _)) = wanted.items.first() else {
        return (String::new(), Attempt::NoMethod);
    };
    let end = trial_end.unwrap_or_else(|| period_end(now, now, interval(first_price)));
    let mut new = subscription::subscription(&New {
        customer: &wanted.customer,
        currency: first_price.text("currency"),
        status: if trial_end.is_some() { "trialing" } else { "incomplete" },
        livemode: first_price.yes("livemode"),
        now,
        period_end: end,
        trial: trial_end.is_some(),
    });
    for (name, value) in &wanted.fields {
        new[*name] = value.clone();
    }
    let id = new.text("id").to_owned();
    let items = wanted
        .items
        .iter()
        .map(|(price, quantity)| subscription::item(&id, price, *quantity, (now, end)));
    new["items"]["data"] = items.collect();
    state.insert("subscription", new);
    state.change(&wanted.customer, |customer| {
        customer["currency"] = first_price["currency"].clone();
    });
    if let Some(chosen) = &wanted.discount {
        discount::redeem(state, chosen, &wanted.customer, &id);
    }
    let paid = first_invoice(state, &id, (now, end), trial_end, wanted);
    (id, paid)
}

fn first_invoice(
    state: &mut State,
    id: &str,
    period: (i64, i64),
    trial_end: Option<i64>,
    wanted: &Wanted,
) -> Attempt {
    let current = state.at(id).clone();
    let lines = bill::period_lines(state, &current, period, trial_end.is_some());
    let now = state.now;
    let draft = bill::draft(state, &current, "subscription_create", lines, (now, now));
    let invoice = bill::enter(state, draft);
    state.emit(id, "customer.subscription.created");
    // Stripe tells three days before; of a shorter trial at once.
    if trial_end.is_some_and(|end| end - now <= 3 * DAY) {
        told_of_trial_end(state, id);
    }
    let open = wanted.leave_open && state.at(&invoice).int("amount_due") > 0;
    if open {
        bill::finalize(state, &invoice);
        return Attempt::NoMethod;
    }
    bill::finalize_and_collect(state, &invoice, wanted.presence)
}

/// Says once that a trial is about to end.
pub(crate) fn told_of_trial_end(state: &mut State, id: &str) {
    let mark = state.plans.entry(format!("told:{id}")).or_insert(Value::Null);
    if mark.is_null() {
        *mark = json!(true);
        state.emit(id, "customer.subscription.trial_will_end");
    }
}

/// Whether it was said that the trial is about to end.
pub(crate) fn is_told(state: &State, id: &str) -> bool {
    state.plans.contains_key(&format!("told:{id}"))
}
