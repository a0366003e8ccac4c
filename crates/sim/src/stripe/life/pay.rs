//! Charging cards, and what follows when that fails.

use serde_json::{Value, json};

use super::{
    super::{
        calendar::DAY,
        cards::{self, Bank},
        fields::Fields,
        setup::AfterRetries,
        shape::{invoice, payment},
        state::State,
    },
    bill, cancel,
};

/// Days after each failed attempt until the next one. Stripe's smart retries choose moments of
/// their own within such bounds; after the last one the account's choice applies.
const RETRY_DAYS: [i64; 3] = [3, 5, 7];

/// Whether the person is there to confirm something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Presence {
    Away,
    Here,
    /// Here, and has just confirmed this payment.
    Confirmed,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attempt {
    Paid,
    /// With the decline code.
    Declined(String),
    /// The bank wants the person to confirm.
    Asks,
    /// There is nothing to charge.
    NoMethod,
}

/// What the bank says to one charge of this payment method. Takes a decline that was ordered for the
/// customer off the list.
pub(crate) fn ask_bank(state: &mut State, method: &str, presence: Presence) -> Attempt {
    let customer = state.at(method).text("customer").to_owned();
    let planned = state.planned_declines.get_mut(&customer).and_then(|codes| codes.pop_front());
    if let Some(code) = planned {
        return Attempt::Declined(code);
    }
    let Some(card) = state.cards.get_mut(method) else { return Attempt::NoMethod };
    match (card.bank, presence) {
        (Bank::Pays, _) | (Bank::AsksAlways, Presence::Confirmed) => Attempt::Paid,
        (Bank::AsksOnce, Presence::Confirmed) => {
            card.bank = Bank::Pays;
            Attempt::Paid
        }
        (Bank::AsksOnce | Bank::AsksAlways, Presence::Here | Presence::Away) => Attempt::Asks,
        (Bank::Declines(code), _) => Attempt::Declined(code.to_owned()),
        (Bank::FailsLater, _) => Attempt::Declined("generic_decline".to_owned()),
    }
}

/// The payment method that an invoice is charged to.
pub(crate) fn method_for(state: &State, invoice: &Value) -> Option<String> {
    let subscription = state.at(invoice::subscription_of(invoice));
    let customer = state.at(invoice.text("customer"));
    let method = invoice
        .opt("default_payment_method")
        .or(subscription.opt("default_payment_method"))
        .or(customer["invoice_settings"].opt("default_payment_method"))?;
    Some(method.to_owned())
}

/// Tries to collect an open invoice with this payment method, or the one it would be charged to.
pub(crate) fn attempt(
    state: &mut State,
    id: &str,
    method: Option<&str>,
    presence: Presence,
) -> Attempt {
    let method = method.map(str::to_owned).or_else(|| method_for(state, state.at(id)));
    let outcome = match &method {
        Some(method) => ask_bank(state, method, presence),
        None => Attempt::NoMethod,
    };
    state.change(id, |invoice| {
        invoice["attempted"] = json!(true);
        invoice["attempt_count"] = json!(invoice.int("attempt_count") + 1);
    });
    let intent = bill::intent_of(state, id).unwrap_or_default();
    let method = method.unwrap_or_default();
    match &outcome {
        Attempt::Paid => {
            charge(state, &intent, &method, None);
            bill::settle(state, id);
        }
        Attempt::Declined(code) => {
            charge(state, &intent, &method, Some(code));
            failed(state, id);
        }
        Attempt::Asks => {
            let action = json!({"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}});
            state.change(&intent, |intent| {
                intent["payment_method"] = json!(method);
                intent["status"] = json!("requires_action");
                intent["next_action"] = action;
            });
            state.emit(&intent, "payment_intent.requires_action");
            failed(state, id);
            state.emit(id, "invoice.payment_action_required");
        }
        Attempt::NoMethod => failed(state, id),
    }
    outcome
}

/// Records an attempt of an intent.
fn charge(state: &mut State, intent: &str, method: &str, declined: Option<&str>) {
    let failure = declined.map(|code| (code, cards::message(code)));
    let charge = payment::charge(state.at(intent), state.at(method), failure, state.now);
    let charge = state.insert("charge", charge);
    let shown = state.at(method).clone();
    state.change(intent, |intent| {
        intent["latest_charge"] = json!(charge);
        intent["next_action"] = Value::Null;
        match failure {
            None => {
                intent["payment_method"] = json!(method);
                intent["amount_received"] = intent["amount"].clone();
                intent["status"] = json!("succeeded");
                intent["last_payment_error"] = Value::Null;
            }
            Some((code, message)) => {
                intent["payment_method"] = Value::Null;
                intent["status"] = json!("requires_payment_method");
                intent["last_payment_error"] = json!({
                    "charge": charge,
                    "code": "card_declined",
                    "decline_code": code,
                    "doc_url": "https://stripe.com/docs/error-codes/card-declined",
                    "message": message,
                    "payment_method": shown,
                    "type": "card_error",
                });
            }
        }
    });
    let (of_charge, of_intent) = match declined {
        None => ("charge.succeeded", "payment_intent.succeeded"),
        Some(_) => ("charge.failed", "payment_intent.payment_failed"),
    };
    state.emit(&charge, of_charge);
    state.emit(intent, of_intent);
}

/// An attempt to collect failed: there will be another, or it was the last.
fn failed(state: &mut State, id: &str) {
    let (now, invoice) = (state.now, state.at(id).clone());
    let attempts = usize::try_from(invoice.int("attempt_count")).unwrap_or(usize::MAX);
    let first_of_subscription = invoice.text("billing_reason") == "subscription_create";
    let next = match first_of_subscription {
        // The person is expected to mend it within 23 hours; nobody tries without them.
        true => None,
        false => RETRY_DAYS.get(attempts.saturating_sub(1)).map(|days| now + days * DAY),
    };
    state.change(id, |invoice| invoice["next_payment_attempt"] = json!(next));
    state.emit(id, "invoice.payment_failed");
    let object = state.at(id).clone();
    let previous = json!({"attempt_count": invoice.int("attempt_count") - 1});
    let data = json!({"object": object, "previous_attributes": previous});
    state.emit_data("invoice.updated", invoice.yes("livemode"), data);
    if first_of_subscription {
        return;
    }
    let customer = invoice.text("customer").to_owned();
    state.update(&customer, "customer.updated", |customer| customer["delinquent"] = json!(true));
    let subscription = invoice::subscription_of(&invoice).to_owned();
    if matches!(state.at(&subscription).text("status"), "active" | "trialing") {
        state.update(&subscription, "customer.subscription.updated", |subscription| {
            subscription["status"] = json!("past_due");
        });
    }
    if next.is_none() {
        given_up(state, &subscription);
    }
}

/// Nobody will try again.
fn given_up(state: &mut State, subscription: &str) {
    if state.at(subscription).text("status") != "past_due" {
        return;
    }
    match state.after_retries {
        AfterRetries::Cancel => cancel::end(state, subscription, Some("payment_failed")),
        AfterRetries::MarkUnpaid => {
            state.update(subscription, "customer.subscription.updated", |subscription| {
                subscription["status"] = json!("unpaid");
            });
        }
        AfterRetries::LeavePastDue => {}
    }
}
