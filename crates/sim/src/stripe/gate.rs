//! The way of a request of the API: who asks, in which version, whether it was asked before.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::Value;

use super::{
    api, form,
    form::Node,
    id::letters,
    idempotency::{self, Stored},
    ledger::{self, Asked},
    refusal::Refusal,
    state::{API_VERSION, Cause},
    trouble::What,
    world::World,
};
use crate::listen::{Body, Reset};

/// Most bytes of a request.
const LARGEST_BODY: usize = 1 << 20;
/// How long a request's body may take.
const BODY_TIME: Duration = Duration::from_secs(30);

/// A request that was read.
struct Read {
    request: String,
    verb: String,
    path: String,
    given: Node,
    headers: HeaderMap,
}

/// What is sent back.
struct Reply {
    status: u16,
    body: Value,
    /// The request whose answer is given once more.
    replayed: Option<String>,
}

/// Answers a request.
pub(super) async fn answer(
    world: &Arc<World>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Reset> {
    let (parts, body) = request.into_parts();
    let (verb, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let mut read = Read {
        request: format!("req_{}", letters(14)),
        verb,
        path,
        given: Node::default(),
        headers: parts.headers,
    };
    let given = taken_in(&read.headers, parts.uri.query(), body).await;
    let given = given.map(|given| read.given = given);
    // What was asked for is done, whether or not anybody still waits for the answer.
    let task = world.tasks.spawn({
        let world = world.clone();
        async move {
            let outcome = match given {
                Ok(()) => work(&world, &read).await,
                Err(refusal) => Ok(refused(&world, &read.request, &refusal)),
            };
            note(&world, &read, outcome.as_ref().ok());
            outcome.map(|reply| respond(&read, reply))
        }
    });
    task.await.unwrap_or(Err(Reset))
}

async fn taken_in(
    headers: &HeaderMap,
    query: Option<&str>,
    body: Incoming,
) -> Result<Node, Refusal> {
    let body = tokio::time::timeout(BODY_TIME, Limited::new(body, LARGEST_BODY).collect()).await;
    let body = match body {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(err)) if err.is::<http_body_util::LengthLimitError>() => {
            return Err(Refusal::too_large());
        }
        _ => return Err(Refusal::invalid("body", "The request's body broke off.")),
    };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !body.is_empty() && !is_form {
        let message = "Invalid request (check that your POST content type is application/x-www-form-urlencoded).";
        let mut refusal = Refusal::invalid("body", message);
        refusal.param = None;
        return Err(refusal);
    }
    let mut encoded = query.unwrap_or_default().as_bytes().to_vec();
    if !encoded.is_empty() && !body.is_empty() {
        encoded.push(b'&');
    }
    encoded.extend_from_slice(&body);
    form::parse(&encoded).map_err(|err| {
        let mut refusal = Refusal::invalid("", err.0);
        refusal.param = None;
        refusal
    })
}

/// From the key to the answer.
async fn work(world: &Arc<World>, read: &Read) -> Result<Reply, Reset> {
    let refuse = |refusal: Refusal| Ok(refused(world, &read.request, &refusal));
    let livemode = match mode_of_key(world, &read.headers) {
        Ok(livemode) => livemode,
        Err(refusal) => return refuse(refusal),
    };
    if let Err(refusal) = right_version(&read.headers) {
        return refuse(refusal);
    }
    let trouble = world.troubles.strike(&read.verb, &read.path);
    match trouble {
        Some(What::Closed) => return Err(Reset),
        Some(What::Down) => return refuse(Refusal::arbitrary(503)),
        Some(What::Status(code)) => return refuse(Refusal::arbitrary(code)),
        Some(What::TooMany) => return refuse(Refusal::rate_limited()),
        Some(What::ClosedAfter | What::SlowMs(_)) | None => {}
    }
    let Some(found) = api::find(&read.verb, &read.path) else {
        return refuse(Refusal::no_such_path(&read.verb, &read.path));
    };
    let key = header_text(&read.headers, "idempotency-key").filter(|_| read.verb == "POST");
    if let Some(key) = &key {
        let asked = format!("{} {} {}", read.verb, read.path, ledger::as_json(&read.given));
        match world.with(|state| idempotency::take(state, key, livemode, &asked)) {
            Ok(None) => {}
            Ok(Some(kept)) => {
                let replayed = Some(kept.request);
                let reply = Reply { status: kept.status, body: kept.body, replayed };
                return answered(trouble, reply);
            }
            Err(refusal) => return refuse(refusal),
        }
    }
    // Both happen on the machine's clock: they are about the line, not about what is billed.
    if let Some(What::SlowMs(millis)) = trouble {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
    if !world.rules.latency.is_zero() {
        tokio::time::sleep(world.rules.latency).await;
    }
    let log = log_url(world, &read.request);
    let reply = world.with(|state| {
        state.cause = Cause {
            request: (read.verb != "GET").then(|| read.request.clone()),
            idempotency_key: key.clone(),
        };
        let done = api::run(state, found, livemode, &read.path, &read.given);
        let (status, body, kept) = match done {
            Ok(body) => (200, body, true),
            Err(refusal) => (refusal.status, refusal.body(&log), refusal.kept),
        };
        if let Some(key) = &key {
            let stored = Stored { status, body: body.clone(), request: read.request.clone() };
            idempotency::settle(state, key, livemode, kept.then_some(stored));
        }
        Reply { status, body, replayed: None }
    });
    answered(trouble, reply)
}

/// The answer to what was done, if it gets through.
fn answered(trouble: Option<What>, reply: Reply) -> Result<Reply, Reset> {
    match trouble {
        Some(What::ClosedAfter) => Err(Reset),
        _ => Ok(reply),
    }
}

fn refused(world: &World, request: &str, refusal: &Refusal) -> Reply {
    let body = refusal.body(&log_url(world, request));
    Reply { status: refusal.status, body, replayed: None }
}

/// Where a request can be looked up.
fn log_url(world: &World, request: &str) -> String {
    format!("{}/control/requests/{request}", world.base_url)
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Whether the key is that of live mode.
fn mode_of_key(world: &World, headers: &HeaderMap) -> Result<bool, Refusal> {
    let given = header_text(headers, "authorization").unwrap_or_default();
    let key = match given.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim().to_owned(),
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => {
            let pair = STANDARD.decode(pair.trim()).unwrap_or_default();
            let pair = String::from_utf8(pair).unwrap_or_default();
            pair.split(':').next().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    if key.is_empty() {
        return Err(Refusal::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        ));
    }
    if key == world.rules.secret_key {
        return Ok(false);
    }
    if key == world.rules.live_key {
        return Ok(true);
    }
    let start: String = key.chars().take(8).collect();
    Err(Refusal::unauthorized(format!("Invalid API Key provided: {start}****")))
}

fn right_version(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key("stripe-account") {
        let message = "The simulator knows no connected accounts.";
        return Err(Refusal::invalid("Stripe-Account", message));
    }
    match header_text(headers, "stripe-version") {
        Some(version) if version != API_VERSION => {
            let message = format!(
                "Invalid Stripe API version: {version}. The simulator speaks {API_VERSION}."
            );
            let mut refusal = Refusal::invalid("", message);
            refusal.param = None;
            Err(refusal)
        }
        _ => Ok(()),
    }
}

fn note(world: &World, read: &Read, reply: Option<&Reply>) {
    let given = header_text(&read.headers, "authorization").unwrap_or_default();
    world.note(Asked {
        request: read.request.clone(),
        at: world.now(),
        verb: read.verb.clone(),
        path: read.path.clone(),
        params: ledger::as_json(&read.given),
        livemode: given.contains(&world.rules.live_key),
        idempotency_key: header_text(&read.headers, "idempotency-key"),
        status: reply.map_or(0, |reply| reply.status),
        replayed: reply.is_some_and(|reply| reply.replayed.is_some()),
    });
}

fn respond(read: &Read, reply: Reply) -> Response<Body> {
    let body = serde_json::to_vec_pretty(&reply.body).unwrap_or_default();
    let mut response = Response::new(Body::Left(Full::new(Bytes::from(body))));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert("stripe-version", HeaderValue::from_static(API_VERSION));
    let mut put = |name: &'static str, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    put("request-id", &read.request);
    if let Some(key) = header_text(&read.headers, "idempotency-key") {
        put("idempotency-key", &key);
    }
    if let Some(original) = &reply.replayed {
        put("idempotent-replayed", "true");
        put("original-request", original);
    }
    response
}
