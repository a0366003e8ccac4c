//! `expand[]`: ids become objects, and what is only shown on demand is shown.
//!
//! <https://docs.stripe.com/api/expanding_objects>: at most four levels deep.

use serde_json::{Value, json};

use super::super::{
    fields::Fields,
    life::bill,
    refusal::{Answer, Refusal},
    shape::list,
    state::State,
};

/// Deepest that a path may go.
const DEEPEST: usize = 4;

/// Fields that hold an id where there is something, and null where there is not.
const EXPANDABLE: &[&str] = &[
    "application",
    "balance_transaction",
    "charge",
    "configuration",
    "coupon",
    "customer",
    "default_payment_method",
    "default_price",
    "default_source",
    "discounts",
    "invoice",
    "latest_charge",
    "latest_invoice",
    "latest_revision",
    "on_behalf_of",
    "payment_intent",
    "payment_method",
    "pending_setup_intent",
    "price",
    "product",
    "promotion_code",
    "schedule",
    "setup_intent",
    "source_transfer_reversal",
    "subscription",
    "test_clock",
    "transfer_reversal",
];

/// Expands `value` along each path.
///
/// # Errors
/// For what cannot be expanded.
pub(crate) fn expand(state: &State, mut value: Value, paths: &[Value]) -> Answer {
    for path in paths.iter().filter_map(Value::as_str) {
        let parts: Vec<_> = path.split('.').collect();
        let depth = parts.iter().filter(|part| **part != "data").count();
        if depth > DEEPEST {
            let message = "You cannot expand more than 4 levels of a property.";
            return Err(Refusal::invalid("expand", message));
        }
        along(state, &mut value, &parts).map_err(|field| {
            let message = format!("This property cannot be expanded ({field}).");
            Refusal::invalid("expand", message)
        })?;
    }
    Ok(value)
}

fn along(state: &State, value: &mut Value, path: &[&str]) -> Result<(), String> {
    let Some((field, deeper)) = path.split_first() else { return Ok(()) };
    match value {
        Value::Array(rows) => rows.iter_mut().try_for_each(|row| along(state, row, path)),
        Value::Object(_) => {
            if let Some(extra) = on_demand(state, value, field) {
                value[*field] = extra;
            }
            match value.get_mut(*field) {
                Some(slot) => {
                    open(state, slot, field, deeper.is_empty())?;
                    along(state, slot, deeper)
                }
                None => Err((*field).to_owned()),
            }
        }
        // There is nothing to go into, as in a `latest_invoice` of null.
        Value::Null => Ok(()),
        _ => Err((*field).to_owned()),
    }
}

/// Replaces an id, or each id of an array.
fn open(state: &State, slot: &mut Value, field: &str, last: bool) -> Result<(), String> {
    let refused = || Err(field.to_owned());
    match slot {
        Value::String(id) if EXPANDABLE.contains(&field) => match state.get(id) {
            Some(_) => {
                *slot = state.shown(id);
                Ok(())
            }
            None => refused(),
        },
        Value::Array(rows) if field == "discounts" => {
            rows.iter_mut().try_for_each(|row| open_row(state, row))
        }
        Value::Null if EXPANDABLE.contains(&field) => Ok(()),
        // On the way to something, or there already, whole.
        Value::Object(_) | Value::Array(_) if !last || slot.given("object") => Ok(()),
        Value::Object(_) if matches!(field, "confirmation_secret") => Ok(()),
        Value::Null if !last => Ok(()),
        _ => refused(),
    }
}

fn open_row(state: &State, row: &mut Value) -> Result<(), String> {
    if let Value::String(id) = row {
        *row = state.shown(&id.clone());
    }
    Ok(())
}

/// What is not shown unless it is asked for.
fn on_demand(state: &State, of: &Value, field: &str) -> Option<Value> {
    let id = of.text("id");
    let all = |kind: &str, by: &str| {
        let rows = state.all(kind).rev().filter(|row| row.text(by) == id);
        rows.map(|row| state.shown(row.text("id"))).collect()
    };
    match (of.text("object"), field) {
        ("customer", "subscriptions") => {
            let rows = state.all("subscription").rev().filter(|subscription| {
                subscription.text("customer") == id && subscription.text("status") != "canceled"
            });
            let rows = rows.cloned().collect();
            Some(list(rows, &format!("/v1/customers/{id}/subscriptions")))
        }
        ("customer", "tax_ids") => {
            Some(list(all("tax_id", "customer"), &format!("/v1/customers/{id}/tax_ids")))
        }
        ("charge", "refunds") => {
            Some(list(all("refund", "charge"), &format!("/v1/charges/{id}/refunds")))
        }
        ("invoice", "payments") => Some(list(
            all("invoice_payment", "invoice"),
            &format!("/v1/invoice_payments?invoice={id}"),
        )),
        ("invoice", "confirmation_secret") => {
            let intent = bill::intent_of(state, id);
            Some(intent.map_or(Value::Null, |intent| {
                let secret = &state.at(&intent)["client_secret"];
                json!({"client_secret": secret, "type": "payment_intent"})
            }))
        }
        ("checkout.session", "line_items") => {
            let rows = state.plans.get(id)?.rows("shown_lines").to_vec();
            Some(list(rows, &format!("/v1/checkout/sessions/{id}/line_items")))
        }
        _ => None,
    }
}
