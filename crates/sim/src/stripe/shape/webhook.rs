//! Where events go.

use serde_json::{Value, json};

use super::super::{id::id, state::API_VERSION};

pub(crate) fn endpoint(url: &str, events: &[String], livemode: bool, now: i64) -> Value {
    json!({
        "id": id("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": null,
        "created": now,
        "description": null,
        "enabled_events": events,
        "livemode": livemode,
        "metadata": {},
        "status": "enabled",
        "url": url,
    })
}
