//! What the next invoice would be: <https://docs.stripe.com/api/invoices/create_preview>.

use serde_json::{Value, json};

use super::{
    super::{
        fields::Fields,
        id::id,
        life::{bill, change, discount},
        params::{Kind, Param, WORD, clears, may},
        refusal::{Answer, Refusal},
        shape::subscription,
    },
    Call, catalogue, customers, subscription_changes,
};

const DETAILS: &[Param] = &[
    may("billing_cycle_anchor", Kind::OneOf(&["now", "unchanged"])),
    clears("cancel_at", Kind::Time),
    may("cancel_at_period_end", Kind::Bool),
    may("cancel_now", Kind::Bool),
    may("items", Kind::List(&Kind::Object(subscription_changes::ITEM))),
    may("proration_behavior", Kind::OneOf(change::Prorations::WORDS)),
    may("proration_date", Kind::Time),
    may("trial_end", Kind::TimeOr(&["now"])),
];

pub(super) const PARAMS: &[&[Param]] = &[&[
    may("automatic_tax", Kind::Object(&[may("enabled", Kind::Bool)])),
    may("currency", Kind::Text(3)),
    may("customer", WORD),
    clears(
        "discounts",
        Kind::List(&Kind::Object(&[may("coupon", WORD), may("promotion_code", WORD)])),
    ),
    may("preview_mode", Kind::OneOf(&["next"])),
    may("subscription", WORD),
    may("subscription_details", Kind::Object(DETAILS)),
]];

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let details = call.params.get("subscription_details").and_then(Value::as_object).cloned();
    let details = details.unwrap_or_default();
    let mut preview = match call.given("subscription", "subscription")?.cloned() {
        Some(current) => {
            if matches!(current.text("status"), "canceled" | "incomplete_expired") {
                let message = "No upcoming invoices for customer: the subscription is canceled.";
                return Err(Refusal::state("invoice_upcoming_none", message));
            }
            of_change(call, &current, &details)?
        }
        None => of_new(call, &details)?,
    };
    let upcoming = id("upcoming_in");
    if let Some(lines) = preview["lines"]["data"].as_array_mut() {
        for line in lines {
            line["invoice"] = json!(upcoming);
        }
    }
    preview["id"] = json!(upcoming);
    Ok(preview)
}

/// The next invoice of a subscription, with or without a change.
fn of_change(call: &Call<'_>, current: &Value, details: &serde_json::Map<String, Value>) -> Answer {
    if call.params.opt("customer").is_some_and(|id| id != current.text("customer")) {
        let message = "The subscription does not belong to the customer.";
        return Err(Refusal::invalid("subscription", message));
    }
    let changes = subscription_changes::items(call, details, "subscription_details")?;
    let how = subscription_changes::how(call, details, current)?;
    let waiting = call.state.pending_lines.get(current.text("id")).cloned().unwrap_or_default();
    if details.yes("cancel_now") {
        let mut lines = waiting;
        if how.prorations != change::Prorations::None {
            lines.extend(change::unused_now(call.state, current));
        }
        let period = subscription::period(current);
        return Ok(bill::draft(call.state, current, "upcoming", lines, period));
    }
    let changed = change::work_out(call.state, current, &changes, &how)?;
    let next = &changed.subscription;
    let (mut lines, reason) =
        (waiting, if changed.at_once.is_empty() { "upcoming" } else { "subscription_update" });
    if !changed.at_once.is_empty() {
        lines.extend(changed.at_once);
        return Ok(bill::draft(call.state, next, reason, lines, subscription::period(next)));
    }
    lines.extend(changed.later);
    if !details.yes("cancel_at_period_end") && next["cancel_at"].is_null() {
        lines.extend(bill::period_lines(call.state, next, bill::next_period(next), false));
    }
    if lines.is_empty() {
        let message = format!("No upcoming invoices for customer: {}", current.text("customer"));
        return Err(Refusal::state("invoice_upcoming_none", message));
    }
    Ok(bill::draft(call.state, next, reason, lines, subscription::period(next)))
}

/// The first invoice of a subscription that does not exist yet.
fn of_new(call: &Call<'_>, details: &serde_json::Map<String, Value>) -> Answer {
    let customer = call.params.opt("customer").ok_or_else(|| Refusal::missing("customer"))?;
    let customer = customers::alive(call, customer, Some("customer"))?;
    let mut items = Vec::new();
    for (place, item) in details.rows("items").iter().enumerate() {
        let at = format!("subscription_details[items][{place}][price]");
        let price = item.opt("price").ok_or_else(|| Refusal::missing(&at))?;
        let price = catalogue::subscribable(call, price, &at)?;
        items.push((price, item.number("quantity").unwrap_or(1)));
    }
    let Some((first, _)) = items.first() else {
        let message = format!("No upcoming invoices for customer: {customer}");
        return Err(Refusal::state("invoice_upcoming_none", message));
    };
    let now = call.state.now;
    let trial_end = details.number("trial_end").filter(|end| *end > now);
    let end = trial_end.unwrap_or_else(|| {
        super::super::calendar::period_end(now, now, super::super::life::interval(first))
    });
    let mut imagined = subscription::subscription(&subscription::New {
        customer: &customer,
        currency: first.text("currency"),
        status: "active",
        livemode: call.livemode,
        now,
        period_end: end,
        trial: trial_end.is_some(),
    });
    let id = imagined.text("id").to_owned();
    imagined["items"]["data"] = items
        .iter()
        .map(|(price, quantity)| subscription::item(&id, price, *quantity, (now, end)))
        .collect();
    let lines = bill::period_lines(call.state, &imagined, (now, end), trial_end.is_some());
    let mut draft = bill::draft(call.state, &imagined, "subscription_create", lines, (now, now));
    if let Some(chosen) = discount::given(call.state, call.params.rows("discounts"), call.livemode)?
    {
        let off = discount::taken_off(call.state.at(&chosen.coupon), draft.int("subtotal"));
        let total = draft.int("subtotal") - off;
        for name in ["total", "total_excluding_tax", "amount_due", "amount_remaining"] {
            draft[name] = json!(total);
        }
    }
    draft["parent"]["subscription_details"]["subscription"] = json!(id);
    Ok(draft)
}
