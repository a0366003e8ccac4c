//! A customer who is deleted.

use serde_json::Value;

use super::super::{fields::Fields, state::State};

/// Deletes a customer: all subscriptions end at once, cards are forgotten. What is left says that
/// it was deleted.
pub(crate) fn delete(state: &mut State, customer: &str) -> Value {
    let subscriptions = state.ids("subscription", |subscription| {
        subscription.text("customer") == customer
            && !matches!(subscription.text("status"), "canceled" | "incomplete_expired")
    });
    for subscription in subscriptions {
        super::cancel::end(state, &subscription, None);
    }
    let cards = state.ids("payment_method", |method| method.text("customer") == customer);
    for card in cards {
        super::checkout::detach(state, &card);
    }
    let last = state.at(customer).clone();
    let rest = state.delete(customer);
    let data = serde_json::json!({"object": last});
    state.emit_data("customer.deleted", last.yes("livemode"), data);
    rest
}
