//! Subscriptions.

use serde_json::{Map, Value, json};

use super::{
    super::{
        calendar::DAY,
        fields::{Fields, copy_given, merge_metadata},
        life::{
            bill, cancel, change, discount,
            pay::{Attempt, Presence},
            subscribe::{self, Wanted},
        },
        params::{CREATED, Kind, PAGE, Param, WORD, clears, may, must},
        refusal::{Answer, Refusal},
        shape::{metadata, subscription},
        state::State,
    },
    Call, Route, catalogue, customers, subscription_changes,
};

const STATUSES: &[&str] = &[
    "active",
    "all",
    "canceled",
    "ended",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
];
const BEHAVIORS: &[&str] =
    &["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"];
const FEEDBACK: &[&str] = &[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];
const CANCELLATION: Param = may(
    "cancellation_details",
    Kind::Object(&[clears("comment", WORD), clears("feedback", Kind::OneOf(FEEDBACK))]),
);
const COMMON: &[Param] = &[
    may("automatic_tax", Kind::Object(&[must("enabled", Kind::Bool)])),
    clears("cancel_at", Kind::Time),
    may("cancel_at_period_end", Kind::Bool),
    may("default_payment_method", WORD),
    clears("description", Kind::Text(500)),
    clears(
        "discounts",
        Kind::List(&Kind::Object(&[may("coupon", WORD), may("promotion_code", WORD)])),
    ),
    may("metadata", Kind::Metadata),
    may("payment_behavior", Kind::OneOf(BEHAVIORS)),
];
const NEW: &[Param] = &[
    must("customer", WORD),
    must(
        "items",
        Kind::List(&Kind::Object(&[
            must("price", WORD),
            may("quantity", Kind::Int(1, 999_999)),
            may("metadata", Kind::Metadata),
        ])),
    ),
    may("trial_end", Kind::TimeOr(&["now"])),
    may("trial_period_days", Kind::Int(1, 730)),
    may("proration_behavior", Kind::OneOf(change::Prorations::WORDS)),
];

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/subscriptions",
        params: &[
            PAGE,
            CREATED,
            &[
                may("customer", WORD),
                may("price", WORD),
                may("status", Kind::OneOf(STATUSES)),
                may("current_period_end", Kind::Range),
                may("current_period_start", Kind::Range),
            ],
        ],
        run: list,
    },
    Route { verb: "POST", path: "/v1/subscriptions", params: &[COMMON, NEW], run: create },
    Route {
        verb: "GET",
        path: "/v1/subscriptions/{subscription}",
        params: &[],
        run: |call| call.named("subscription").cloned(),
    },
    Route {
        verb: "POST",
        path: "/v1/subscriptions/{subscription}",
        params: &[COMMON, subscription_changes::RECKONING, &[CANCELLATION]],
        run: update,
    },
    Route {
        verb: "DELETE",
        path: "/v1/subscriptions/{subscription}",
        params: &[&[CANCELLATION, may("invoice_now", Kind::Bool), may("prorate", Kind::Bool)]],
        run: end,
    },
];

fn list(call: &mut Call<'_>) -> Answer {
    call.given("customer", "customer")?;
    let status = call.params.opt("status");
    call.list("subscription", |candidate| {
        let is = candidate.text("status");
        let ended = matches!(is, "canceled" | "incomplete_expired");
        let (start, end) = subscription::period(candidate);
        let in_status = match status {
            // Without a word all but the canceled ones.
            None => is != "canceled",
            Some("all") => true,
            Some("ended") => ended,
            Some(word) => is == word,
        };
        let price = call.params.opt("price");
        in_status
            && call.asks("customer", candidate)
            && price.is_none_or(|price| {
                candidate.rows("items").iter().any(|item| item["price"].text("id") == price)
            })
            && super::page::within(call.params.get("current_period_start"), start)
            && super::page::within(call.params.get("current_period_end"), end)
    })
}

fn create(call: &mut Call<'_>) -> Answer {
    let customer = customers::alive(call, call.params.text("customer"), Some("customer"))?;
    let mut items = Vec::new();
    for (place, item) in call.params.rows("items").iter().enumerate() {
        let param = format!("items[{place}][price]");
        let price = catalogue::subscribable(call, item.text("price"), &param)?;
        items.push((price, item.number("quantity").unwrap_or(1)));
    }
    if items.is_empty() {
        return Err(Refusal::missing("items"));
    }
    let chosen = discount::given(call.state, call.params.rows("discounts"), call.livemode)?;
    call.given("payment_method", "default_payment_method")?;
    let days = call.params.number("trial_period_days").map(|days| call.state.now + days * DAY);
    if days.is_some() && call.params.given("trial_end") {
        return Err(Refusal::exclusive(&["trial_end", "trial_period_days"]));
    }
    let behavior = call.params.opt("payment_behavior").unwrap_or("allow_incomplete").to_owned();
    let mut fields = vec![
        ("metadata", metadata(call.params.get("metadata"))),
        (
            "default_payment_method",
            call.params.get("default_payment_method").cloned().unwrap_or_default(),
        ),
        ("description", call.params.get("description").cloned().unwrap_or_default()),
    ];
    if call.params.get("automatic_tax").is_some_and(|tax| tax.yes("enabled")) {
        let ours = json!({"disabled_reason": null, "enabled": true, "liability": {"type": "self"}});
        fields.push(("automatic_tax", ours));
    }
    let trial_end = days.or(call.params.number("trial_end"));
    let due_now = trial_end.is_none_or(|end| end <= call.state.now);
    let has_method = call.params.given("default_payment_method")
        || !call.state.at(&customer)["invoice_settings"]["default_payment_method"].is_null();
    if due_now && !has_method && behavior != "default_incomplete" {
        let message = "This customer has no attached payment source or default payment method. Please consider adding a default payment method.";
        return Err(Refusal::state("resource_missing", message));
    }
    let wanted = Wanted {
        customer,
        items,
        trial_end,
        discount: chosen,
        fields,
        presence: Presence::Away,
        leave_open: behavior == "default_incomplete",
    };
    let (id, _) = subscribe::begin(call.state, &wanted);
    let params = call.params.clone();
    set_end(call, &id, &params)?;
    call.show(&id)
}

fn update(call: &mut Call<'_>) -> Answer {
    let current = call.named("subscription")?.clone();
    let params = call.params.clone();
    let ended = matches!(current.text("status"), "canceled" | "incomplete_expired");
    if ended
        && params.keys().any(|name| !matches!(name.as_str(), "metadata" | "cancellation_details"))
    {
        let message =
            "A canceled subscription can only update its cancellation_details and metadata.";
        return Err(Refusal::state("subscription_canceled", message));
    }
    call.given("payment_method", "default_payment_method")?;
    let id = call.id.clone();
    let chosen = discount::given(call.state, params.rows("discounts"), call.livemode)?;
    // What is to be paid or not done at all needs a way back.
    let strict = params.opt("payment_behavior") == Some("error_if_incomplete");
    let before = strict.then(|| call.state.clone());
    let mut invoice = None;
    if ["items", "trial_end", "billing_cycle_anchor"].iter().any(|name| params.given(name)) {
        let changes = subscription_changes::items(call, &params, "")?;
        let how = subscription_changes::how(call, &params, &current)?;
        let changed = change::work_out(call.state, &current, &changes, &how)?;
        invoice = change::make(call.state, changed);
    }
    set_end(call, &id, &params)?;
    if params.given("discounts") {
        call.state.change(&id, |subscription| subscription["discounts"] = json!([]));
        if let Some(chosen) = &chosen {
            discount::redeem(call.state, chosen, current.text("customer"), &id);
        }
    }
    call.state.update(&id, "customer.subscription.updated", |subscription| {
        copy_given(&params, &["default_payment_method", "description"], subscription);
        merge_metadata(params.get("metadata"), &mut subscription["metadata"]);
        set_reasons(&params, subscription);
        if let Some(tax) = params.get("automatic_tax") {
            subscription["automatic_tax"]["enabled"] = json!(tax.yes("enabled"));
        }
    });
    if let Some(invoice) = invoice {
        collect(call, &invoice, before)?;
    }
    call.show(&id)
}

/// Bills what a change made due at once. Where there is a way back and it is not paid, nothing of the change
/// remains, but that a bank was asked.
fn collect(call: &mut Call<'_>, invoice: &str, before: Option<State>) -> Result<(), Refusal> {
    let outcome = bill::finalize_and_collect(call.state, invoice, Presence::Away);
    let Some(before) = before else { return Ok(()) };
    let refusal = match outcome {
        Attempt::Paid => return Ok(()),
        Attempt::Declined(code) => Refusal::card(&code, super::super::cards::message(&code)),
        Attempt::Asks => Refusal::needs_action(),
        Attempt::NoMethod => {
            let message = "This customer has no attached payment source or default payment method.";
            Refusal::state("resource_missing", message)
        }
    };
    let planned = std::mem::take(&mut call.state.planned_declines);
    *call.state = before;
    call.state.planned_declines = planned;
    Err(refusal)
}

/// Sets or takes back an end.
fn set_end(call: &mut Call<'_>, id: &str, params: &Map<String, Value>) -> Result<(), Refusal> {
    let (at_period_end, at) = (params.get("cancel_at_period_end"), params.get("cancel_at"));
    if at_period_end.is_some() && at.is_some() {
        return Err(Refusal::exclusive(&["cancel_at_period_end", "cancel_at"]));
    }
    let now = call.state.now;
    let moment = at.and_then(Value::as_i64);
    if moment.is_some_and(|moment| moment <= now) {
        let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
        return Err(Refusal::wrong("parameter_invalid_integer", "cancel_at", message));
    }
    call.state.update(id, "customer.subscription.updated", |subscription| {
        if let Some(yes) = at_period_end.and_then(Value::as_bool) {
            // Saying no to somebody who never said yes changes nothing.
            if yes != subscription.yes("cancel_at_period_end")
                || (!yes && !subscription["cancel_at"].is_null())
            {
                cancel::at_period_end(subscription, yes, now);
            }
        }
        if at.is_some() {
            cancel::at(subscription, moment, now);
        }
    });
    Ok(())
}

fn set_reasons(params: &Map<String, Value>, subscription: &mut Value) {
    if let Some(Value::Object(details)) = params.get("cancellation_details") {
        copy_given(details, &["comment", "feedback"], &mut subscription["cancellation_details"]);
    }
}

fn end(call: &mut Call<'_>) -> Answer {
    let current = call.named("subscription")?.clone();
    if matches!(current.text("status"), "canceled" | "incomplete_expired") {
        // It answers as if it were gone.
        return Err(Refusal::no_such("subscription", &call.id, None, None));
    }
    let (id, params) = (call.id.clone(), call.params.clone());
    if params.yes("prorate") {
        let credit = change::unused_now(call.state, &current);
        call.state.pending_lines.entry(id.clone()).or_default().extend(credit);
    }
    let lines = match params.yes("invoice_now") {
        true => call.state.pending_lines.remove(&id).unwrap_or_default(),
        false => Vec::new(),
    };
    call.state.change(&id, |subscription| {
        set_reasons(&params, subscription);
        subscription["cancellation_details"]["reason"] = json!("cancellation_requested");
    });
    if !lines.is_empty() {
        let period = subscription::period(&current);
        let draft = bill::draft(call.state, &current, "subscription_update", lines, period);
        let invoice = bill::enter(call.state, draft);
        bill::finalize_and_collect(call.state, &invoice, Presence::Away);
    }
    cancel::end(call.state, &id, None);
    call.show(&id)
}
