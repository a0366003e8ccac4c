//! Bodies are short, come soon, and are read before anything is done with them.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use http_body_util::LengthLimitError;
use tokio::time::timeout;

use crate::http::{
    problem::{Asked, Problem},
    web::Web,
};

/// Longest body of a request, in bytes. Webhooks have a limit of their own.
const LONGEST_BYTES: usize = 128 * 1024;

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
        Err(Unread::TooLong) => Problem::TOO_LONG.answer(&asked, &web),
        Err(Unread::TooSlow) => close(Problem::TOO_SLOW.answer(&asked, &web)),
        Err(Unread::Broken) => Problem::MALFORMED.answer(&asked, &web),
    }
}

/// The whole of `body`, at most `longest_bytes` and within 20 seconds.
///
/// # Errors
/// [`Unread::TooLong`] at once when the length is told beforehand.
pub async fn read(body: Body, longest_bytes: usize) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > longest_bytes as u64 {
        return Err(Unread::TooLong);
    }
    match timeout(LONGEST, to_bytes(body, longest_bytes)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(err)) if is_too_long(&err) => Err(Unread::TooLong),
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::TooSlow),
    }
}

/// `response` with the end of its connection: the rest of the request would be read as the next one.
pub fn close(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn has_own_limit(path: &str) -> bool {
    path.starts_with("/telegram/") || path == "/stripe/webhook"
}

fn is_too_long(err: &axum::Error) -> bool {
    std::error::Error::source(err).is_some_and(|source| source.is::<LengthLimitError>())
}
