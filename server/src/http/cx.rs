//! Who asks: what use cases and pages know of a request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use contract::{Backend, cx::RequestCx, second_factor::Pending};
use jiff::{Timestamp, TimestampRound, Unit};
use tower_sessions::Session;
use tracing::warn;

use super::{
    known_browser::KnownBrowsers,
    layers::{ClientIp, RequestId},
    problem::{Asked, Problem},
    session,
    web::Web,
};

/// Longest part of `User-Agent` that is kept, in characters.
const LONGEST_USER_AGENT: usize = 400;

/// What [`attach`] works with.
#[derive(Clone)]
pub struct Who {
    /// Finds the person behind a session.
    pub backend: Backend,
    /// Knows browsers again.
    pub browsers: Arc<KnownBrowsers>,
    /// For the answer when that fails.
    pub web: Web,
}

/// Puts the [`RequestCx`] into the request's extensions, with the viewer if somebody is signed in.
pub async fn attach(State(who): State<Who>, mut request: Request, next: Next) -> Response {
    let mut cx = stranger(&request, &who.web);
    cx.browser = who.browsers.read(request.headers());
    if let Some(session) = request.extensions().get::<Session>().cloned() {
        match find_viewer(&who.backend, &session, &mut cx).await {
            Ok(None) => {}
            Ok(Some(pending)) => drop(request.extensions_mut().insert(pending)),
            Err(problem) => return problem.answer(&Asked::of(&request), &who.web),
        }
    }
    let signed_in = cx.viewer.is_some();
    request.extensions_mut().insert(cx);
    let mut response = next.run(request).await;
    if signed_in {
        // Whoever sits at this browser next finds nothing in its cache.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn stranger(request: &Request, web: &Web) -> RequestCx {
    let extensions = request.extensions();
    let now = Timestamp::now();
    let ip = extensions.get::<ClientIp>().map_or([0, 0, 0, 0].into(), |ip| ip.0);
    RequestCx {
        request_id: extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        ip,
        is_proxy: web.config.trusted_proxies.contains(ip),
        user_agent: user_agent(request.headers()),
        // What the database keeps of it.
        now: now.round(TimestampRound::new().smallest(Unit::Microsecond)).unwrap_or(now),
        viewer: None,
        proved_at: None,
        session: None,
        browser: None,
    }
}

/// Puts the viewer into `cx`; or gives whoever has yet to bring their second factor.
async fn find_viewer(
    backend: &Backend,
    session: &Session,
    cx: &mut RequestCx,
) -> Result<Option<Pending>, Problem<'static>> {
    let away = |err: tower_sessions::session::Error| {
        warn!(error = %err, "a session cannot be read");
        Problem::AWAY
    };
    let Some(signed_in) = session::signed_in(session).await.map_err(away)? else {
        return session::pending(session, cx).await.map_err(away);
    };
    match backend.account.viewer(signed_in).await {
        Ok(Some(viewer)) => {
            cx.viewer = Some(viewer);
            cx.proved_at = session::proved_at(session).await.map_err(away)?;
            cx.session = session::name_of(session);
            session::note_visit(session, cx).await.map_err(away)?;
            Ok(None)
        }
        // The account is gone, or belongs to no workspace any more.
        Ok(None) => {
            session::close(session).await.map_err(away)?;
            Ok(None)
        }
        Err(err) if err.status() == 503 => Err(Problem::AWAY),
        Err(_) => Err(Problem::INTERNAL),
    }
}

/// Cut to 400 characters, without control characters: it goes into the audit log.
fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(value);
    text.chars().filter(|c| !c.is_control()).take(LONGEST_USER_AGENT).collect()
}
