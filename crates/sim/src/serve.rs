//! The HTTP side: the way to a method and back, and the faults on that way.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use bytes::Bytes;
use http::{HeaderValue, Method as Verb, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tower::ServiceExt;

use crate::{
    bots::{Bot, token_id},
    clock::Clock,
    faults::Trouble,
    listen::{Body, Reset, Site},
    methods::Method,
    params::{self, Params},
    reply::{Answer, Refusal},
    world::World,
};

/// Most bytes of a request: the largest file and some parameters.
const LARGEST_BODY: usize = 52 << 20;
/// How long a request's body may take.
const BODY_TIME: Duration = Duration::from_secs(120);
/// Longest that a fault lets anybody wait.
const LONGEST_STALL: f64 = 600.0;
/// Largest answer that a fault makes.
const LARGEST_ANSWER: usize = 256 << 20;
/// Pieces that an answer is cut into when it has to trickle.
const TRICKLE: usize = 20;

/// The way in to a world.
#[derive(Clone)]
pub(crate) struct Door {
    pub world: Arc<World>,
    pub control: Router,
}

impl Site for Door {
    async fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Reset> {
        route(&self.world, self.control.clone(), peer, request).await
    }
}

async fn route(
    world: &Arc<World>,
    control: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Reset> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/bot") {
        let (token, method) = rest.split_once('/').unwrap_or((rest, ""));
        let (token, method) = (plain(token), method.to_owned());
        return call(world, &token, &method, request).await;
    }
    if let Some(rest) = path.strip_prefix("/file/bot") {
        return Ok(download(world, rest));
    }
    if path == "/sim" || path.starts_with("/sim/") {
        if !world.rules.control || !peer.ip().to_canonical().is_loopback() {
            return Ok(answer(Err(Refusal::not_found())));
        }
        let answered = control.oneshot(request.map(axum::body::Body::new)).await;
        let answered = answered.unwrap_or_else(|never: Infallible| match never {});
        return Ok(answered.map(|body| Body::Right(body.boxed_unsync())));
    }
    Ok(answer(Err(Refusal::not_found())))
}

/// Some clients encode the colon of a token.
fn plain(token: &str) -> String {
    if token.contains('%') {
        token.replace("%3A", ":").replace("%3a", ":")
    } else {
        token.to_owned()
    }
}

fn known_bot(world: &World, token: &str) -> Result<Arc<Bot>, Refusal> {
    if token_id(token).is_none() {
        return Err(Refusal::not_found());
    }
    world.bots.by_token(token).ok_or_else(Refusal::unauthorized)
}

async fn call(
    world: &Arc<World>,
    token: &str,
    method: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, Reset> {
    let found = known_bot(world, token).and_then(|bot| {
        let method = Method::named(method).ok_or_else(Refusal::no_such_method)?;
        Ok((bot, method))
    });
    let (bot, method) = match found {
        Ok(found) => found,
        Err(refusal) => return Ok(answer(Err(refusal))),
    };
    let (parts, body) = request.into_parts();
    if !matches!(parts.method, Verb::GET | Verb::POST) {
        return Ok(answer(Err(Refusal::wrong_verb())));
    }
    let given = match whole(body).await {
        Ok(body) => params::read(parts.uri.query(), &parts.headers, body).await,
        Err(refusal) => Err(refusal),
    };
    let given = match given {
        Ok(given) => given,
        Err(refusal) => return Ok(answer(Err(refusal))),
    };
    let params = match Params::check(&given, method.spec(), world.rules.strict) {
        Ok(params) => params,
        Err(refusal) => return Ok(answer(Err(refusal))),
    };
    if !world.faults.any() {
        return Ok(answer(method.run(world, &bot, &params).await));
    }
    match world.faults.strike(bot.id, method, params.chat()) {
        None => Ok(answer(method.run(world, &bot, &params).await)),
        Some(trouble) => in_trouble(world, &bot, method, &params, trouble).await,
    }
}

async fn in_trouble(
    world: &Arc<World>,
    bot: &Arc<Bot>,
    method: Method,
    params: &Params<'_>,
    trouble: Trouble,
) -> Result<Response<Body>, Reset> {
    let refusal = match &trouble {
        Trouble::ResetBefore => return Err(Reset),
        Trouble::Status { code, description } => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let usual = || status.canonical_reason().unwrap_or("Unknown").to_owned();
            Some(Refusal::arbitrary(status.as_u16(), description.clone().unwrap_or_else(usual)))
        }
        Trouble::TooMany { retry_after } => {
            Some(Refusal::too_many(Duration::from_secs(*retry_after)))
        }
        _ => None,
    };
    if let Some(refusal) = refusal {
        return Ok(answer(Err(refusal)));
    }
    let answered = answer(method.run(world, bot, params).await);
    match trouble {
        Trouble::ResetAfter => Err(Reset),
        Trouble::Stall { secs } => {
            world.clock.sleep(stall(secs)).await;
            Ok(answered)
        }
        Trouble::SlowBody { secs } => Ok(trickle(answered, &world.clock, stall(secs)).await),
        Trouble::Oversize { bytes } => Ok(pad(answered, bytes.min(LARGEST_ANSWER)).await),
        _ => Ok(answered),
    }
}

fn stall(secs: f64) -> Duration {
    Duration::try_from_secs_f64(secs.min(LONGEST_STALL)).unwrap_or_default()
}

/// The whole body, unless it is too large or too slow.
async fn whole(body: Incoming) -> Result<Bytes, Refusal> {
    use hyper::body::Body as _;
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        return Err(Refusal::too_large());
    }
    match tokio::time::timeout(BODY_TIME, Limited::new(body, LARGEST_BODY).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(err)) if err.is::<http_body_util::LengthLimitError>() => Err(Refusal::too_large()),
        Ok(Err(_)) => Err(Refusal::bad_request("the request's body broke off")),
        Err(_) => Err(Refusal::arbitrary(408, "Request Timeout".to_owned())),
    }
}

fn answer(answer: Answer) -> Response<Body> {
    let (code, body, retry_after) = match answer {
        Ok(body) => (200, body, None),
        Err(refusal) => (refusal.code, refusal.envelope(), refusal.retry_after),
    };
    let mut response = Response::new(Body::Left(Full::new(body)));
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(secs) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

fn download(world: &World, rest: &str) -> Response<Body> {
    let found = rest.split_once('/').and_then(|(token, path)| {
        let bot = known_bot(world, &plain(token)).ok()?;
        let file = bot.files.lock().at_path(path)?;
        file.content()
    });
    let Some(content) = found else { return answer(Err(Refusal::not_found())) };
    let mut response = Response::new(Body::Left(Full::new(content)));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response
}

/// Sends the answer in pieces over a while.
async fn trickle(response: Response<Body>, clock: &Clock, over: Duration) -> Response<Body> {
    let (parts, body) = taken_apart(response).await;
    let size = body.len().div_ceil(TRICKLE).max(1);
    let pieces: Vec<_> =
        (0..body.len()).step_by(size).map(|at| body.slice(at..body.len().min(at + size))).collect();
    let pause = over / u32::try_from(pieces.len()).unwrap_or(u32::MAX).max(1);
    let clock = clock.clone();
    let slowly = futures::stream::unfold(pieces.into_iter(), move |mut left| {
        let clock = clock.clone();
        async move {
            let piece = left.next()?;
            clock.sleep(pause).await;
            Some((Ok(hyper::body::Frame::data(piece)), left))
        }
    });
    let body = http_body_util::StreamBody::new(slowly);
    Response::from_parts(parts, Body::Right(body.boxed_unsync()))
}

/// Blows the answer up with blanks, which JSON does not mind.
async fn pad(response: Response<Body>, to: usize) -> Response<Body> {
    let (parts, body) = taken_apart(response).await;
    let blanks = Bytes::from(vec![b' '; 64 << 10]);
    let mut left = to.saturating_sub(body.len());
    let padding = std::iter::from_fn(move || {
        let size = left.min(blanks.len());
        left -= size;
        (size > 0).then(|| blanks.slice(..size))
    });
    let frames = padding.chain([body]).map(|piece| Ok(hyper::body::Frame::data(piece)));
    let body = http_body_util::StreamBody::new(futures::stream::iter(frames));
    Response::from_parts(parts, Body::Right(body.boxed_unsync()))
}

async fn taken_apart(response: Response<Body>) -> (http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    (parts, body)
}
