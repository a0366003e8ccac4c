//! Bodies are short, come soon, and are read before anything is done with them.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::http::{
    problem::{Asked, Problem},
    web::Web,
};

/// Longest body of a request, in bytes. Webhooks have a limit of their own.
const LONGEST_BYTES: usize = 128 * 1024;

/// Most of a body that is too long which is read and dropped, in bytes.
const MOST_DROPPED_BYTES: usize = 1024 * 1024;

/// How long a body may take to arrive. Shorter than what a request may take as a whole: whoever is
/// too slow hears why, and no reading outlives its request and holds up a shutdown.
const LONGEST: Duration = Duration::from_secs(20);

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is longer than it may be.
    TooLong,
    /// It had not come after 20 seconds.
    TooSlow,
    /// It broke off.
    Broken,
}

/// Reads the body, so that every handler has all of it, and refuses what is longer than 128 KiB.
pub async fn limit(State(web): State<Web>, request: Request, next: Next) -> Response {
    // The secret of a webhook is looked at before its body, by its own handler.
    if request.body().is_end_stream() || has_own_limit(request.uri().path()) {
        return next.run(request).await;
    }
    let asked = Asked::of(&request);
    let (parts, body) = request.into_parts();
    match read(body, LONGEST_BYTES).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(why) => close(problem(why).answer(&asked, &web)),
    }
}

const fn problem(why: Unread) -> Problem<'static> {
    match why {
        Unread::TooLong => Problem::TOO_LONG,
        Unread::TooSlow => Problem::TOO_SLOW,
        Unread::Broken => Problem::MALFORMED,
    }
}

/// The whole of `body`, at most `longest_bytes` and within 20 seconds.
///
/// # Errors
/// [`Unread::TooLong`] at once when far too much is announced. Otherwise the rest is read and dropped
/// before it is said: a client that is still sending when its connection ends may lose the answer
/// (RFC 9112, 9.6).
pub async fn read(body: Body, longest_bytes: usize) -> Result<Bytes, Unread> {
    timeout(LONGEST, collect(body, longest_bytes)).await.unwrap_or(Err(Unread::TooSlow))
}

async fn collect(mut body: Body, longest_bytes: usize) -> Result<Bytes, Unread> {
    let most = longest_bytes + MOST_DROPPED_BYTES;
    if body.size_hint().lower() > most as u64 {
        return Err(Unread::TooLong);
    }
    let (mut bytes, mut seen) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        seen += data.len();
        if seen > most {
            return Err(Unread::TooLong);
        }
        if seen <= longest_bytes {
            bytes.extend_from_slice(&data);
        }
    }
    if seen > longest_bytes { Err(Unread::TooLong) } else { Ok(bytes.into()) }
}

/// `response` with the end of its connection: the rest of the request would be read as the next one.
pub fn close(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn has_own_limit(path: &str) -> bool {
    path.starts_with("/telegram/") || path == "/stripe/webhook"
}
