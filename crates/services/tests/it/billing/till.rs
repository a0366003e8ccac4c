//! A workspace whose Gannet sells plans, and the Stripe it sells them through.

use std::{sync::Arc, time::Duration};

use adapters::stripe::{CheckoutOptions, Event, SecretKey, Stripe as Client};
use contract::{
    ClientError,
    billing::{BillingApi, Choice, Overview},
    cx::RequestCx,
};
use domain::{
    Timestamp,
    billing::{
        plan::{Plan, Plans},
        usage::Limits,
    },
};
use serde_json::Value;
use services::{
    Services,
    billing::{Billing, events},
};
use sim::stripe::{Setup, Stripe};
use tokio_util::sync::CancellationToken;

use crate::rig::Rig;

pub const GOOD: &str = "4242424242424242";
/// Is kept on file, and declined whenever it is charged later.
pub const DECLINED_LATER: &str = "4000000000000341";
/// Asks for authentication each time.
pub const ASKS: &str = "4000002760003184";

pub const MONTH: Duration = Duration::from_secs(31 * 24 * 3_600);
pub const DAY: Duration = Duration::from_secs(24 * 3_600);

pub struct Till {
    pub rig: Rig,
    pub stripe: Stripe,
    pub svc: Services,
}

/// Free with narrow limits, Team without a trial, Scale with one and without limits.
pub fn plans() -> Plans {
    let limits =
        Limits { bots: Some(1), subscribers: Some(1_000), messages: Some(100), members: Some(3) };
    let wide = Limits { messages: Some(10_000), members: Some(100), ..Limits::default() };
    let plan = |id: &str, limits: Limits, trial_days: Option<u32>| Plan {
        id: id.into(),
        name: format!("{}{}", id[..1].to_uppercase(), &id[1..]),
        monthly: (id != "free").then(|| format!("price_sim_{id}_month")),
        yearly: (id != "free").then(|| format!("price_sim_{id}_year")),
        trial_days,
        limits,
        ..Plan::default()
    };
    let all = vec![
        plan("free", limits, None),
        plan("team", wide, None),
        plan("scale", Limits::default(), Some(14)),
    ];
    Plans::new("free", all).expect("plans")
}

impl Till {
    pub async fn new(people: u32) -> Self {
        Self::with(people, Setup::plans()).await
    }

    /// With a Stripe that was set up like this.
    pub async fn with(people: u32, setup: Setup) -> Self {
        let rig = Rig::new(people, 1_000).await;
        let stripe = Stripe::start(setup).await.expect("a Stripe");
        let key = SecretKey::parse(stripe.secret_key()).expect("a key");
        let client = Client::new(&stripe.base_url(), &key).with_deadline(Duration::from_secs(2));
        let billing = Billing::new(Some(client), plans(), CheckoutOptions::default());
        let svc = Services { billing: Arc::new(billing), ..rig.svc.clone() };
        Self { rig, stripe, svc }
    }

    pub fn cx(&self) -> RequestCx {
        self.rig.cx()
    }

    pub async fn overview(&self) -> Overview {
        self.svc.overview(&self.cx()).await.expect("an overview")
    }

    pub async fn checkout(&self, plan: &str) -> Result<String, ClientError> {
        self.svc.checkout(&self.cx(), choice(plan, "month")).await
    }

    /// The page of payment behind an address.
    pub fn session(url: &str) -> String {
        let path = url.split('#').next().expect("an address");
        path.rsplit('/').next().expect("a session").to_owned()
    }

    /// Pays for a plan, and has the product told of it.
    pub async fn subscribe(&self, plan: &str, card: &str) {
        let url = self.checkout(plan).await.expect("a page of payment");
        self.stripe.pay_session(&Self::session(&url), card).expect("paid");
        self.tell_all().await;
    }

    /// The workspace's customer.
    pub fn customer(&self) -> String {
        self.id("customer")
    }

    pub fn subscription(&self) -> String {
        self.id("subscription")
    }

    fn id(&self, kind: &str) -> String {
        let all = self.stripe.objects(kind);
        let newest = all.iter().max_by_key(|one| one["created"].as_i64()).expect("an object");
        newest["id"].as_str().expect("an id").to_owned()
    }

    /// Stripe's events as they would come over the wire.
    pub fn events(&self) -> Vec<Event> {
        self.stripe.events().iter().map(read).collect()
    }

    /// Takes an event in, as the webhook does.
    pub async fn take(&self, event: &Event) {
        events::take(&self.svc, event).await.expect("taken");
    }

    /// Applies what was taken in and is due.
    pub async fn apply(&self) {
        while events::turn(&self.svc, &CancellationToken::new()).await.expect("a turn") > 0 {}
    }

    /// Takes all events in and applies them.
    pub async fn tell_all(&self) {
        for event in self.events() {
            self.take(&event).await;
        }
        self.apply().await;
    }

    /// Time passes here and at Stripe.
    pub fn advance(&self, by: Duration) {
        self.stripe.advance(by);
        let ahead = self.stripe.now() - Timestamp::now().as_second();
        self.svc.store.shift_clock(ahead);
    }

    /// A request at Stripe's time.
    pub fn cx_then(&self) -> RequestCx {
        let now = Timestamp::from_second(self.stripe.now()).expect("a moment");
        RequestCx { now, proved_at: Some(now), ..self.cx() }
    }

    /// What stands in the table, read past the fence.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        self.rig.texts(query).await
    }
}

pub fn choice(plan: &str, every: &str) -> Choice {
    Choice { plan: plan.into(), every: every.into() }
}

pub fn read(event: &Value) -> Event {
    Event::read(event.to_string().as_bytes()).expect("an event")
}

/// Whether it was refused, and said so with `words`.
pub fn refused<T: std::fmt::Debug>(answer: Result<T, ClientError>, words: &str) {
    match answer {
        Err(ClientError::Conflict { message }) => assert!(message.contains(words), "{message}"),
        other => panic!("{other:?}"),
    }
}
