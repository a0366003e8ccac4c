//! What can be done behind everybody's back: the Dashboard, the banks, and time.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    cards,
    fields::Fields,
    id::letters,
    life::{
        cancel,
        checkout::{self, Entered, Outcome},
        leave, refund,
    },
    refusal::Refusal,
    setup::NewWebhook,
    sign::Secret,
    state::State,
    stock,
    world::World,
};

/// Why the simulator cannot do what it was told.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unable {
    /// There is nothing with this id, or it is of another kind.
    #[error("there is no {0}")]
    NoSuch(String),
    /// It is not in a state for that.
    #[error("{0}")]
    NotNow(String),
}

impl From<Refusal> for Unable {
    fn from(refusal: Refusal) -> Self {
        Self::NotNow(refusal.message)
    }
}

/// An endpoint for events.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Hook {
    /// `we_…`.
    pub id: String,
    /// `whsec_…`.
    pub secret: String,
}

/// Longest that time can be moved at once: two years.
pub(crate) const LONGEST_LEAP: Duration = Duration::from_secs(2 * 366 * 86_400);

fn known<'a>(state: &'a State, kind: &str, id: &str) -> Result<&'a Value, Unable> {
    let found = state.get(id).filter(|object| object.text("object") == kind);
    let found = found.filter(|object| !object.yes("deleted"));
    found.ok_or_else(|| Unable::NoSuch(format!("{kind} {id}")))
}

impl World {
    pub fn add_webhook(self: &Arc<Self>, new: &NewWebhook) -> Hook {
        self.with(|state| stock::add_webhook(state, new))
    }

    pub fn remove_webhook(self: &Arc<Self>, id: &str) -> Result<(), Unable> {
        self.with(|state| {
            known(state, "webhook_endpoint", id)?;
            state.secrets.remove(id);
            state.delete(id);
            Ok(())
        })
    }

    /// A new secret for an endpoint. The old ones sign along for `keep_old`.
    pub fn roll_secret(self: &Arc<Self>, id: &str, keep_old: Duration) -> Result<String, Unable> {
        self.with(|state| {
            known(state, "webhook_endpoint", id)?;
            let keep = i64::try_from(keep_old.as_secs()).unwrap_or(i64::MAX);
            let until = state.now.saturating_add(keep);
            let secret = format!("whsec_{}", letters(32));
            let secrets = state.secrets.entry(id.to_owned()).or_default();
            for old in secrets.iter_mut() {
                old.until = Some(old.until.map_or(until, |earlier| earlier.min(until)));
            }
            secrets.insert(0, Secret { text: secret.clone(), until: None });
            Ok(secret)
        })
    }

    /// Lets time pass and everything that is due happen.
    pub fn advance(self: &Arc<Self>, by: Duration) {
        self.clock.advance(by.min(LONGEST_LEAP));
        self.with(|_| ());
    }

    /// Sends off what was held back.
    pub fn release(self: &Arc<Self>) {
        let held = self.post.let_go();
        self.with(|state| {
            for event in held {
                self.send_off(state, event);
            }
        });
    }

    /// The next charges of a customer are declined.
    pub fn decline_next(
        self: &Arc<Self>,
        customer: &str,
        code: &str,
        times: u32,
    ) -> Result<(), Unable> {
        self.with(|state| {
            known(state, "customer", customer)?;
            let planned = state.planned_declines.entry(customer.to_owned()).or_default();
            planned.extend((0..times).map(|_| code.to_owned()));
            Ok(())
        })
    }

    pub fn refund(
        self: &Arc<Self>,
        charge: &str,
        amount: Option<i64>,
        reason: Option<&str>,
    ) -> Result<String, Unable> {
        self.with(|state| {
            known(state, "charge", charge)?;
            Ok(refund::refund(state, charge, amount, reason)?)
        })
    }

    pub fn open_dispute(self: &Arc<Self>, charge: &str, reason: &str) -> Result<String, Unable> {
        self.with(|state| {
            known(state, "charge", charge)?;
            Ok(refund::open(state, charge, reason)?)
        })
    }

    pub fn close_dispute(self: &Arc<Self>, dispute: &str, won: bool) -> Result<(), Unable> {
        self.with(|state| {
            known(state, "dispute", dispute)?;
            refund::close(state, dispute, won)?;
            Ok(())
        })
    }

    pub fn delete_customer(self: &Arc<Self>, customer: &str) -> Result<(), Unable> {
        self.with(|state| {
            known(state, "customer", customer)?;
            leave::delete(state, customer);
            Ok(())
        })
    }

    pub fn cancel_subscription(self: &Arc<Self>, id: &str) -> Result<(), Unable> {
        self.with(|state| {
            let status = known(state, "subscription", id)?.text("status");
            if matches!(status, "canceled" | "incomplete_expired") {
                return Err(Unable::NotNow(format!("{id} is {status}")));
            }
            cancel::end(state, id, Some("cancellation_requested"));
            Ok(())
        })
    }

    pub fn expire_session(self: &Arc<Self>, id: &str) -> Result<(), Unable> {
        self.with(|state| {
            open_session(state, id)?;
            checkout::expire(state, id);
            Ok(())
        })
    }

    /// Does what a person does on the page of a session, authentication included.
    pub fn pay_session(self: &Arc<Self>, id: &str, number: &str) -> Result<(), Unable> {
        self.with(|state| {
            open_session(state, id)?;
            let card = cards::known(number)
                .ok_or_else(|| Unable::NotNow("this is not the number of a test card".into()))?;
            let entered = Entered {
                card: Some(card),
                email: Some("person@example.org".to_owned()),
                name: Some("Test Person".to_owned()),
                ..Entered::default()
            };
            match checkout::submit(state, id, &entered) {
                Outcome::Done => Ok(()),
                Outcome::Asks { payment_method } => {
                    checkout::confirmed(state, &payment_method, true);
                    Ok(())
                }
                Outcome::Declined(code) => {
                    Err(Unable::NotNow(format!("{} ({code})", cards::message(&code))))
                }
            }
        })
    }

    /// An event of any kind about any object, as nothing ever sent it.
    pub fn make_event(self: &Arc<Self>, kind: &str, object: &Value, livemode: bool) -> String {
        self.with(|state| {
            state.emit_data(kind, livemode, json!({"object": object}));
            state.outbox.last().cloned().unwrap_or_default()
        })
    }
}

fn open_session(state: &State, id: &str) -> Result<(), Unable> {
    match known(state, "checkout.session", id)?.text("status") {
        "open" => Ok(()),
        status => Err(Unable::NotNow(format!("{id} is {status}"))),
    }
}
