//! The end of subscriptions.

use serde_json::{Value, json};

use super::super::{
    fields::Fields,
    shape::{invoice, subscription},
    state::State,
};

/// Ends a subscription now. What was not paid is not collected any further.
pub(crate) fn end(state: &mut State, id: &str, reason: Option<&str>) {
    let now = state.now;
    let incomplete = state.at(id).text("status") == "incomplete";
    state.change(id, |subscription| {
        subscription["status"] = json!("canceled");
        subscription["ended_at"] = json!(now);
        if subscription["canceled_at"].is_null() {
            subscription["canceled_at"] = json!(now);
        }
        if subscription["cancellation_details"]["reason"].is_null() {
            subscription["cancellation_details"]["reason"] = json!(reason);
        }
    });
    state.pending_lines.remove(id);
    let unpaid = state.ids("invoice", |invoice| {
        invoice::subscription_of(invoice) == id
            && matches!(invoice.text("status"), "draft" | "open")
    });
    for invoice in unpaid {
        if incomplete {
            super::bill::void(state, &invoice);
            continue;
        }
        state.change(&invoice, |invoice| {
            invoice["auto_advance"] = json!(false);
            invoice["automatically_finalizes_at"] = Value::Null;
            invoice["next_payment_attempt"] = Value::Null;
        });
    }
    state.emit(id, "customer.subscription.deleted");
}

/// Sets or takes back that a subscription ends with its period. Only changes `subscription`.
pub(crate) fn at_period_end(subscription: &mut Value, yes: bool, now: i64) {
    let (_, period_end) = subscription::period(subscription);
    subscription["cancel_at_period_end"] = json!(yes);
    if yes {
        subscription["cancel_at"] = json!(period_end);
        subscription["canceled_at"] = json!(now);
        subscription["cancellation_details"]["reason"] = json!("cancellation_requested");
    } else {
        keep(subscription);
    }
}

/// Sets the moment a subscription ends at, or takes it back. Only changes `subscription`.
pub(crate) fn at(subscription: &mut Value, at: Option<i64>, now: i64) {
    subscription["cancel_at_period_end"] = json!(false);
    match at {
        None => keep(subscription),
        Some(at) => {
            subscription["cancel_at"] = json!(at);
            subscription["canceled_at"] = json!(now);
            subscription["cancellation_details"]["reason"] = json!("cancellation_requested");
        }
    }
}

fn keep(subscription: &mut Value) {
    subscription["cancel_at"] = Value::Null;
    subscription["canceled_at"] = Value::Null;
    subscription["cancellation_details"]["reason"] = Value::Null;
}

/// A subscription that was never paid for in 23 hours.
pub(crate) fn expire_incomplete(state: &mut State, id: &str) {
    let now = state.now;
    let open = state.ids("invoice", |invoice| {
        invoice::subscription_of(invoice) == id && invoice.text("status") == "open"
    });
    for invoice in open {
        super::bill::void(state, &invoice);
    }
    state.update(id, "customer.subscription.updated", |subscription| {
        subscription["status"] = json!("incomplete_expired");
        subscription["ended_at"] = json!(now);
    });
}
