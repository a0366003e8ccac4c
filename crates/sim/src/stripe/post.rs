//! Bringing events to their endpoints: <https://docs.stripe.com/webhooks>.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use parking_lot::Mutex;
use rustls::crypto::ring;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use super::{fields::Fields, setup::Setup, sign::signature_header, state::State, world::World};

/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(12 * 3_600);

/// One attempt to bring an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivery {
    /// `evt_…`.
    pub event: String,
    /// What it was about: `invoice.paid`.
    pub kind: String,
    /// Where to.
    pub url: String,
    /// Seconds since the Unix epoch, in the simulator's time.
    pub at: i64,
    /// The status that was answered.
    pub status: Option<u16>,
    /// Why nothing was.
    pub error: Option<String>,
}

impl Delivery {
    fn arrived(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// An event that is to be brought on command.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redelivery {
    /// `evt_…`.
    pub event: String,
    /// Where to; to every endpoint that wants it when absent.
    pub url: Option<String>,
    /// The secret to sign with; those of the endpoint when absent.
    pub secret: Option<String>,
    /// How old the signature says it is, in seconds; negative for the future.
    pub signed_secs_ago: i64,
    /// How often; once when 0.
    pub times: u32,
}

type Carrier = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Everything about deliveries.
#[derive(Debug)]
pub(crate) struct Post {
    carrier: Carrier,
    timeout: Duration,
    retry: Duration,
    attempts: u32,
    /// Events that are held back, in order; none while nothing is.
    held: Mutex<Option<Vec<String>>>,
    log: Mutex<Vec<Delivery>>,
    under_way: watch::Sender<usize>,
}

/// One event on its way to one place.
struct Parcel {
    event: String,
    kind: String,
    url: String,
    body: Bytes,
    signature: String,
}

impl Post {
    pub fn new(setup: &Setup) -> Self {
        let https = match HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(ring::default_provider())
        {
            Ok(builder) => builder.https_or_http().enable_http1().build(),
            // The provider that is built in knows the protocol versions that are built in.
            Err(err) => unreachable!("{err}"),
        };
        Self {
            carrier: Client::builder(TokioExecutor::new()).build(https),
            timeout: setup.webhook_timeout,
            retry: setup.webhook_retry,
            attempts: setup.webhook_attempts.max(1),
            held: Mutex::new(None),
            log: Mutex::new(Vec::new()),
            under_way: watch::Sender::new(0),
        }
    }

    pub fn log(&self) -> Vec<Delivery> {
        self.log.lock().clone()
    }

    /// Holds events back from now on.
    pub fn hold(&self) {
        self.held.lock().get_or_insert_default();
    }

    /// Ends that, and gives what was held back.
    pub fn let_go(&self) -> Vec<String> {
        self.held.lock().take().unwrap_or_default()
    }

    /// What is held back, oldest first.
    pub fn held(&self) -> Vec<String> {
        self.held.lock().clone().unwrap_or_default()
    }

    /// Waits until nothing is on its way any more, at most this long. False when something still is.
    pub async fn quiet(&self, longest: Duration) -> bool {
        let mut under_way = self.under_way.subscribe();
        tokio::time::timeout(longest, under_way.wait_for(|count| *count == 0)).await.is_ok()
    }

    async fn bring(&self, parcel: &Parcel) -> Result<u16, String> {
        let request = Request::post(&parcel.url)
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .header(header::USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks; simulated)")
            .header("Stripe-Signature", &parcel.signature)
            .body(Full::new(parcel.body.clone()))
            .map_err(|err| err.to_string())?;
        match tokio::time::timeout(self.timeout, self.carrier.request(request)).await {
            Ok(Ok(answer)) => Ok(answer.status().as_u16()),
            Ok(Err(err)) => Err(err.to_string()),
            Err(_) => Err("timed out".to_owned()),
        }
    }
}

impl World {
    /// Sends an event to everybody who wants it, unless events are held back.
    pub fn send_off(self: &Arc<Self>, state: &State, event: String) {
        if let Some(held) = self.post.held.lock().as_mut() {
            held.push(event);
            return;
        }
        for endpoint in endpoints(state, &event) {
            self.post.under_way.send_modify(|count| *count += 1);
            let world = self.clone();
            let event = event.clone();
            self.tasks.spawn(async move {
                tokio::select! {
                    () = world.keep_bringing(&event, &endpoint) => {}
                    () = world.stop.cancelled() => {}
                }
                world.post.under_way.send_modify(|count| *count -= 1);
            });
        }
    }

    /// Tries until it arrives, with pauses that grow, or until it is given up.
    async fn keep_bringing(self: &Arc<Self>, event: &str, endpoint: &str) {
        let mut pause = self.post.retry;
        for attempt in 1..=self.post.attempts {
            // What is on its way is read anew each time: the endpoint may have gone, or moved.
            let parcel = self.with(|state| parcel(state, event, endpoint));
            let Some(parcel) = parcel else { return };
            let delivery = self.attempt(&parcel).await;
            if delivery.arrived() {
                self.with(|state| arrived(state, event));
                return;
            }
            if attempt < self.post.attempts {
                self.clock.sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    async fn attempt(self: &Arc<Self>, parcel: &Parcel) -> Delivery {
        let brought = self.post.bring(parcel).await;
        let delivery = Delivery {
            event: parcel.event.clone(),
            kind: parcel.kind.clone(),
            url: parcel.url.clone(),
            at: self.now(),
            status: brought.as_ref().ok().copied(),
            error: brought.err(),
        };
        self.post.log.lock().push(delivery.clone());
        delivery
    }

    /// Brings an event on command, once or several times one after the other, without retries.
    pub async fn bring_on_command(self: &Arc<Self>, wanted: &Redelivery) -> Vec<Delivery> {
        let parcels = self.with(|state| ordered(state, wanted));
        let mut answers = Vec::new();
        for _ in 0..wanted.times.max(1) {
            for parcel in &parcels {
                let delivery = self.attempt(parcel).await;
                if delivery.arrived() {
                    self.with(|state| arrived(state, &wanted.event));
                }
                answers.push(delivery);
            }
        }
        answers
    }
}

fn endpoints(state: &State, event: &str) -> Vec<String> {
    let event = state.at(event);
    state.listeners(event.text("type"), event.yes("livemode"))
}

fn arrived(state: &mut State, event: &str) {
    state.change(event, |event| {
        event["pending_webhooks"] = json!((event.int("pending_webhooks") - 1).max(0));
    });
}

fn parcel(state: &State, event: &str, endpoint: &str) -> Option<Parcel> {
    let url = state.at(endpoint).opt("url")?.to_owned();
    let secrets = secrets_of(state, endpoint);
    Some(packed(state, event, url, &secrets, 0))
}

fn secrets_of(state: &State, endpoint: &str) -> Vec<String> {
    let secrets = state.secrets.get(endpoint).map(Vec::as_slice).unwrap_or_default();
    let valid = secrets.iter().filter(|secret| secret.until.is_none_or(|until| until > state.now));
    valid.map(|secret| secret.text.clone()).collect()
}

fn packed(state: &State, event: &str, url: String, secrets: &[String], age: i64) -> Parcel {
    let event = state.at(event);
    // Stripe's bodies are indented, too: whoever signs other bytes than came notices here.
    let body = serde_json::to_vec_pretty(event).unwrap_or_default();
    // Signatures are made by the clock on the wall, also for events of another time.
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let at = i64::try_from(wall).unwrap_or(i64::MAX) - age;
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    Parcel {
        event: event.text("id").to_owned(),
        kind: event.text("type").to_owned(),
        url,
        signature: signature_header(&secrets, at, &body),
        body: body.into(),
    }
}

/// The parcels of an order.
fn ordered(state: &State, wanted: &Redelivery) -> Vec<Parcel> {
    let event = wanted.event.as_str();
    let known = endpoints(state, event);
    let age = wanted.signed_secs_ago;
    let with = |url: &str, own: Vec<String>| {
        let secrets = wanted.secret.clone().map_or(own, |secret| vec![secret]);
        packed(state, event, url.to_owned(), &secrets, age)
    };
    let to = known.iter().map(|id| (state.at(id).text("url"), secrets_of(state, id)));
    match &wanted.url {
        None => to.map(|(url, own)| with(url, own)).collect(),
        Some(url) => {
            let own = to.filter(|(known, _)| known == url).flat_map(|(_, own)| own).collect();
            vec![with(url, own)]
        }
    }
}
