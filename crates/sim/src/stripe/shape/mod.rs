//! What new objects look like: every field that Stripe always shows.
//!
//! Field by field as in the API reference of the pinned version
//! (<https://docs.stripe.com/api>); a test compares the required ones with Stripe's OpenAPI.

pub(crate) mod catalogue;
pub(crate) mod checkout;
pub(crate) mod customer;
pub(crate) mod invoice;
pub(crate) mod payment;
pub(crate) mod portal;
pub(crate) mod subscription;
pub(crate) mod webhook;

use serde_json::{Map, Value, json};

/// `object` with these fields as null.
fn with_nulls(mut object: Value, names: &[&str]) -> Value {
    for name in names {
        object[*name] = Value::Null;
    }
    object
}

/// A whole list inside another object.
pub(crate) fn list(data: Vec<Value>, url: &str) -> Value {
    json!({"object": "list", "data": data, "has_more": false, "url": url})
}

/// An address in full from the given fields.
pub(crate) fn address(given: &Map<String, Value>) -> Value {
    let mut address = json!({});
    for field in ["city", "country", "line1", "line2", "postal_code", "state"] {
        address[field] = given.get(field).cloned().unwrap_or_default();
    }
    address
}

/// Metadata of a new object: what was given, without the empty ones.
pub(crate) fn metadata(given: Option<&Value>) -> Value {
    let mut metadata = json!({});
    super::fields::merge_metadata(given, &mut metadata);
    metadata
}

/// The account that issues and owes, as fields say it.
fn ourselves() -> Value {
    json!({"type": "self"})
}
