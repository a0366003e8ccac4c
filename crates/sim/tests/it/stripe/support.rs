//! A running Stripe, a client of its API, a browser without scripts, and an endpoint for events.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use reqwest::{Method, StatusCode, header, redirect::Policy};
use serde_json::Value;
use sim::{
    Clock,
    stripe::{Setup, Stripe},
};

pub const DAY: u64 = 86_400;
pub const TEAM: &str = "price_sim_team_month";
pub const TEAM_YEAR: &str = "price_sim_team_year";
pub const SCALE: &str = "price_sim_scale_month";
pub const GOOD: &str = "4242424242424242";
pub const DECLINED: &str = "4000000000000002";
pub const ASKS_ONCE: &str = "4000002500003155";
pub const ASKS_ALWAYS: &str = "4000002760003184";
pub const FAILS_LATER: &str = "4000000000000341";

/// Parameters, and code and name of the one that is to blame.
pub type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

pub struct Shop {
    pub stripe: Stripe,
    pub http: reqwest::Client,
}

/// What the API answered.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Answered {
    /// The object, which must be there.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.json);
        self.json
    }

    /// Status, type, code and parameter of a refusal.
    #[track_caller]
    pub fn refusal(&self) -> (u16, &str, &str, &str) {
        assert!(!self.status.is_success(), "{}", self.json);
        let error = &self.json["error"];
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{}", self.json);
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        (self.status.as_u16(), text("type"), text("code"), text("param"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A page, or where it leads.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub location: Option<String>,
    pub html: String,
}

impl Page {
    #[track_caller]
    pub fn leads_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.html);
        self.location.as_deref().expect("a location")
    }

    #[track_caller]
    pub fn says(&self, words: &str) {
        assert!(self.html.contains(words), "{words:?} is not in {}", self.html);
    }
}

impl Shop {
    /// Time stands still until it is moved.
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup {
            clock: Clock::frozen(),
            webhook_timeout: Duration::from_secs(5),
            ..Setup::plans()
        };
        change(&mut setup);
        let stripe = Stripe::start(setup).await.expect("a free port on loopback");
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(20))
            .redirect(Policy::none())
            .build()
            .expect("a client");
        Self { stripe, http }
    }

    pub async fn call(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Answered {
        self.call_with(method, path, form, &[]).await
    }

    /// With further headers.
    pub async fn call_with(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answered {
        let mut request = self
            .http
            .request(method.clone(), format!("{}/v1/{path}", self.stripe.base_url()))
            .bearer_auth(self.stripe.secret_key());
        request = match method {
            Method::GET => request.query(form),
            _ => request.form(form),
        };
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answered(request.send().await.expect("an answer")).await
    }

    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answered {
        self.call(Method::GET, path, query).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answered {
        self.call(Method::POST, path, form).await
    }

    pub async fn customer(&self) -> String {
        let form = [("email", "owner@example.org"), ("metadata[workspace]", "w1")];
        id(&self.post("customers", &form).await.ok())
    }

    /// A session for a price, with further parameters.
    pub async fn session(&self, customer: &str, price: &str, more: &[(&str, &str)]) -> Value {
        let mut form = vec![
            ("mode", "subscription"),
            ("customer", customer),
            ("line_items[0][price]", price),
            ("line_items[0][quantity]", "1"),
            ("success_url", "http://127.0.0.1:1/done?session={CHECKOUT_SESSION_ID}"),
            ("cancel_url", "http://127.0.0.1:1/back"),
        ];
        form.extend_from_slice(more);
        self.post("checkout/sessions", &form).await.ok()
    }

    /// A subscription paid with this card.
    pub async fn subscribed(&self, price: &str, card: &str, more: &[(&str, &str)]) -> Subscribed {
        let customer = self.customer().await;
        let session = id(&self.session(&customer, price, more).await);
        self.stripe.pay_session(&session, card).expect("it is paid");
        let session = self.stripe.object(&session).expect("it is kept");
        Subscribed { customer, subscription: text(&session, "subscription") }
    }

    /// A page by GET.
    pub async fn page(&self, url: &str) -> Page {
        seen(self.http.get(self.absolute(url)).send().await.expect("a page")).await
    }

    /// A form that is sent.
    pub async fn submit(&self, url: &str, form: &[(&str, &str)]) -> Page {
        seen(self.http.post(self.absolute(url)).form(form).send().await.expect("a page")).await
    }

    fn absolute(&self, url: &str) -> String {
        if url.starts_with('/') {
            format!("{}{url}", self.stripe.base_url())
        } else {
            url.to_owned()
        }
    }

    #[track_caller]
    pub fn object(&self, id: &str) -> Value {
        self.stripe.object(id).unwrap_or_else(|| panic!("{id} is gone"))
    }

    pub fn days(&self, days: u64) {
        self.stripe.advance(Duration::from_secs(days * DAY));
    }

    pub fn hours(&self, hours: u64) {
        self.stripe.advance(Duration::from_secs(hours * 3_600));
    }

    /// Kinds of the events so far, oldest first.
    pub fn kinds(&self) -> Vec<String> {
        self.stripe.events().iter().map(|event| text(event, "type")).collect()
    }

    /// The latest event of a kind.
    #[track_caller]
    pub fn event(&self, kind: &str) -> Value {
        let events = self.stripe.events();
        let found = events.into_iter().rev().find(|event| event["type"] == kind);
        found.unwrap_or_else(|| panic!("no {kind} in {:?}", self.kinds()))
    }
}

pub struct Subscribed {
    pub customer: String,
    pub subscription: String,
}

async fn answered(response: reqwest::Response) -> Answered {
    let (status, headers) = (response.status(), response.headers().clone());
    let json = response.json().await.expect("an answer in JSON");
    Answered { status, headers, json }
}

async fn seen(response: reqwest::Response) -> Page {
    let status = response.status();
    let location = response.headers().get(header::LOCATION);
    let location = location.and_then(|url| url.to_str().ok()).map(str::to_owned);
    Page { status, location, html: response.text().await.expect("text") }
}

#[track_caller]
pub fn text(object: &Value, name: &str) -> String {
    let text = object[name].as_str();
    text.unwrap_or_else(|| panic!("{name} is no text in {object}")).to_owned()
}

#[track_caller]
pub fn id(object: &Value) -> String {
    text(object, "id")
}

/// An event as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub signature: String,
    pub body: Bytes,
}

impl Arrived {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// A place for events that answers as it is told.
pub struct Endpoint {
    pub url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Endpoint {
    pub async fn open() -> Self {
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(Vec::<u16>::new()));
        let (seen, next) = (arrived.clone(), answers.clone());
        let take = move |headers: HeaderMap, body: Bytes| {
            let (seen, next) = (seen.clone(), next.clone());
            async move {
                let signature = headers.get("stripe-signature").and_then(|s| s.to_str().ok());
                let signature = signature.unwrap_or_default().to_owned();
                seen.lock().expect("no panic").push(Arrived { signature, body });
                let status = next.lock().expect("no panic").pop().unwrap_or(200);
                axum::http::StatusCode::from_u16(status).expect("a status")
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new().route("/hook", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, arrived, answers }
    }

    /// The statuses of the next answers, the first first; 200 after them.
    pub fn answer_with(&self, statuses: &[u16]) {
        *self.answers.lock().expect("no panic") = statuses.iter().rev().copied().collect();
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().expect("no panic").clone()
    }

    pub fn kinds(&self) -> Vec<String> {
        self.arrived().iter().map(|event| text(&event.json(), "type")).collect()
    }
}
