//! What Stripe tells by itself: that something changed, and about whom.
//!
//! The rest of an event is not read. What is, is fetched anew, so an old event brings nothing old back.

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    Mode,
    wire::{Reference, moment},
};

/// Longest id or kind that is taken, in bytes. Stripe's own bound for ids is 255.
const LONGEST: usize = 255;

/// An event, as far as it is kept: ids, and one word of Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Stripe's id of it.
    pub id: String,
    /// What happened: `customer.subscription.updated` …
    pub kind: String,
    /// In which world.
    pub mode: Mode,
    /// When, to the second.
    pub created: Timestamp,
    /// With what kind of object: `subscription`, `invoice` …
    pub object: String,
    /// With which object.
    pub object_id: Option<String>,
    /// Of which customer.
    pub customer: Option<String>,
    /// About which payment, for what names no customer.
    pub charge: Option<String>,
}

/// The body is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of Stripe's events")]
pub struct NoEvent;

#[derive(Deserialize)]
struct Wire {
    object: String,
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    created: i64,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    object: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    customer: Option<Reference>,
    #[serde(default)]
    charge: Option<Reference>,
}

impl Event {
    /// Reads the body of a request whose signature is good.
    ///
    /// # Errors
    /// [`NoEvent`].
    pub fn read(body: &[u8]) -> Result<Self, NoEvent> {
        let wire: Wire = serde_json::from_slice(body).map_err(|_| NoEvent)?;
        let Object { object, id, customer, charge } = wire.data.object;
        let customer = match (customer, object.as_str()) {
            (Some(customer), _) => Some(customer.id()),
            (None, "customer") => id.clone(),
            (None, _) => None,
        };
        let event = Self {
            id: wire.id,
            kind: wire.kind,
            mode: Mode::of(wire.livemode),
            created: moment(wire.created),
            object,
            object_id: id,
            customer,
            charge: charge.map(Reference::id),
        };
        let ids = [&event.object_id, &event.customer, &event.charge].into_iter().flatten();
        let fit = [&event.id, &event.kind, &event.object]
            .into_iter()
            .chain(ids)
            .all(|text| text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic()));
        let is_event = wire.object == "event" && event.id.starts_with("evt_");
        if fit && is_event { Ok(event) } else { Err(NoEvent) }
    }
}
