//! Everything there is: objects by id, what belongs to them and is not shown, and the time.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::{
    cards::Card,
    fields::{Fields, difference},
    id::id,
    idempotency::Kept,
    refusal::Refusal,
    setup::AfterRetries,
    sign::Secret,
};

/// The version of the API that is spoken.
pub const API_VERSION: &str = "2026-09-30.endive";

/// Who caused what happens: a request, or nobody (time, a page).
#[derive(Clone, Debug, Default)]
pub(crate) struct Cause {
    pub request: Option<String>,
    pub idempotency_key: Option<String>,
}

/// All objects, and the moment they are in.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Seconds since the Unix epoch. While time is caught up with, the moment of what is due.
    pub now: i64,
    /// What goes before the path of a page.
    pub base_url: String,
    pub after_retries: AfterRetries,
    pub cause: Cause,
    objects: HashMap<String, Value>,
    order: HashMap<&'static str, Vec<String>>,
    /// How the banks of payment methods behave.
    pub cards: HashMap<String, Card>,
    /// Declines that were ordered for the next charges of a customer.
    pub planned_declines: HashMap<String, VecDeque<String>>,
    /// Prorations that wait for the next invoice of a subscription.
    pub pending_lines: HashMap<String, Vec<Value>>,
    /// What Checkout was asked for and its session does not show.
    pub plans: HashMap<String, Value>,
    /// Payments that wait for their person: where the page leads when they are done.
    pub after_authentication: HashMap<String, AfterAuthentication>,
    /// Secrets of webhook endpoints.
    pub secrets: HashMap<String, Vec<Secret>>,
    pub idempotency: HashMap<String, Kept>,
    /// Events that nobody has sent off yet.
    pub outbox: Vec<String>,
    invoice_numbers: u32,
}

/// What follows when a person has confirmed a payment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AfterAuthentication {
    /// The Checkout session is completed with this payment method.
    Checkout { session: String, payment_method: String },
    /// The invoice is paid with this payment method.
    Invoice { invoice: String, payment_method: String },
    /// The payment method is what the customer of this portal session is charged to.
    Card { session: String, payment_method: String },
}

/// Kinds of objects, by the word in `object`, and the noun Stripe uses in errors.
const NOUNS: &[(&str, &str)] = &[
    ("checkout.session", "checkout.session"),
    ("billing_portal.configuration", "configuration"),
    ("payment_method", "PaymentMethod"),
    ("promotion_code", "promotion code"),
    ("webhook_endpoint", "webhook endpoint"),
    ("payment_intent", "payment_intent"),
];

impl State {
    pub fn new(now: i64, base_url: String, after_retries: AfterRetries) -> Self {
        Self {
            now,
            base_url,
            after_retries,
            cause: Cause::default(),
            objects: HashMap::new(),
            order: HashMap::new(),
            cards: HashMap::new(),
            planned_declines: HashMap::new(),
            pending_lines: HashMap::new(),
            plans: HashMap::new(),
            after_authentication: HashMap::new(),
            secrets: HashMap::new(),
            idempotency: HashMap::new(),
            outbox: Vec::new(),
            invoice_numbers: 0,
        }
    }

    /// Puts a new object in. Its `object` must be `kind`.
    pub fn insert(&mut self, kind: &'static str, object: Value) -> String {
        let id = object.text("id").to_owned();
        self.order.entry(kind).or_default().push(id.clone());
        self.objects.insert(id.clone(), object);
        id
    }

    pub fn get(&self, id: &str) -> Option<&Value> {
        self.objects.get(id)
    }

    /// An object that is certainly there; null for one that is not, which a test would notice.
    pub fn at(&self, id: &str) -> &Value {
        self.objects.get(id).unwrap_or(&Value::Null)
    }

    /// An object as the API shows it. Refunds and discounts keep their mode to themselves, and of what
    /// was deleted there is nothing but that.
    pub fn shown(&self, id: &str) -> Value {
        let mut object = self.at(id).clone();
        let silent =
            matches!(object.text("object"), "refund" | "discount") || object.yes("deleted");
        if silent && let Some(fields) = object.as_object_mut() {
            fields.remove("livemode");
        }
        object
    }

    /// All objects of a kind, oldest first, deleted ones left out.
    pub fn all(&self, kind: &str) -> impl DoubleEndedIterator<Item = &Value> {
        let ids = self.order.get(kind).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.objects.get(id)).filter(|object| !object.yes("deleted"))
    }

    /// Ids of the objects of a kind that `which` finds.
    pub fn ids(&self, kind: &str, which: impl Fn(&Value) -> bool) -> Vec<String> {
        self.all(kind)
            .filter(|object| which(object))
            .map(|object| object.text("id").to_owned())
            .collect()
    }

    /// An object of this kind and mode.
    ///
    /// # Errors
    /// `resource_missing`; with the mode that it is in when that is the other one. `param` is the
    /// parameter that named it, if it was not the path.
    pub fn find(
        &self,
        kind: &str,
        id: &str,
        livemode: bool,
        param: Option<&str>,
    ) -> Result<&Value, Refusal> {
        let noun = NOUNS.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, noun)| noun);
        let found = self.objects.get(id).filter(|object| object.text("object") == kind);
        match found {
            Some(object) if livemode_of(object) == livemode => Ok(object),
            Some(_) => {
                let mode = if livemode { "test" } else { "live" };
                Err(Refusal::no_such(noun, id, param, Some(mode)))
            }
            None => Err(Refusal::no_such(noun, id, param, None)),
        }
    }

    /// Changes an object and gives what was different before, if anything was.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Value)) -> Option<Value> {
        let object = self.objects.get_mut(id)?;
        let before = object.clone();
        change(object);
        difference(&before, object)
    }

    /// Changes an object and tells of it with an event of this kind, if anything is different.
    pub fn update(&mut self, id: &str, event: &str, change: impl FnOnce(&mut Value)) {
        if let Some(previous) = self.change(id, change) {
            self.emit_about(id, event, Some(previous));
        }
    }

    /// Takes an object away; what is left says that it was deleted.
    pub fn delete(&mut self, id: &str) -> Value {
        let Some(object) = self.objects.get_mut(id) else { return Value::Null };
        let rest = json!({"id": id, "object": object.text("object"), "deleted": true});
        let mut kept = rest.clone();
        kept["livemode"] = object["livemode"].clone();
        *object = kept;
        rest
    }

    /// An event of this kind about an object as it is now.
    pub fn emit(&mut self, id: &str, event: &str) {
        self.emit_about(id, event, None);
    }

    fn emit_about(&mut self, id: &str, event: &str, previous: Option<Value>) {
        let Some(object) = self.objects.get(id) else { return };
        let livemode = livemode_of(object);
        let mut data = json!({"object": self.shown(id)});
        if let Some(previous) = previous {
            data["previous_attributes"] = previous;
        }
        self.emit_data(event, livemode, data);
    }

    /// An event with this data.
    pub fn emit_data(&mut self, event: &str, livemode: bool, data: Value) {
        let listening = self.listeners(event, livemode).len();
        let id = id("evt");
        let event = json!({
            "id": id,
            "object": "event",
            "account": null,
            "api_version": API_VERSION,
            "context": null,
            "created": self.now,
            "data": data,
            "livemode": livemode,
            "pending_webhooks": listening,
            "request": {"id": self.cause.request, "idempotency_key": self.cause.idempotency_key},
            "type": event,
        });
        self.insert("event", event);
        self.outbox.push(id);
    }

    /// Ids of the endpoints that want an event.
    pub fn listeners(&self, event: &str, livemode: bool) -> Vec<String> {
        self.ids("webhook_endpoint", |endpoint| {
            let wants = endpoint.rows("enabled_events");
            livemode_of(endpoint) == livemode
                && endpoint.text("status") == "enabled"
                && wants.iter().any(|kind| kind == "*" || kind == event)
        })
    }

    /// Everything that is known, but for secrets of endpoints.
    pub fn dump(&self) -> String {
        let cards = format!("{:?} {:?}", self.cards, self.after_authentication);
        json!({"objects": self.objects, "plans": self.plans, "lines": self.pending_lines, "cards": cards})
            .to_string()
    }

    /// The next number of an invoice: `0A1B2C3D-0001`.
    pub fn next_invoice_number(&mut self, customer: &str) -> String {
        self.invoice_numbers += 1;
        let prefix = self.at(customer).opt("invoice_prefix").unwrap_or("SIMTEST");
        format!("{prefix}-{:04}", self.invoice_numbers)
    }
}

/// Whether an object is of live mode. Those without the field follow what they belong to and are
/// only reached through it.
pub(crate) fn livemode_of(object: &Value) -> bool {
    object.yes("livemode")
}
