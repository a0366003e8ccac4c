//! Bodies are short, and read before anything is done with them.

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http_body_util::LengthLimitError;

use crate::http::{
    problem::{Asked, Problem},
    web::Web,
};

/// Longest body of a request, in bytes. Webhooks have a limit of their own.
const LONGEST_BYTES: usize = 128 * 1024;

/// Reads the body, so that every handler has all of it, and refuses what is longer than 128 KiB.
pub async fn limit(State(web): State<Web>, request: Request, next: Next) -> Response {
    // The secret of a webhook is looked at before its body, by its own handler.
    if request.body().is_end_stream() || has_own_limit(request.uri().path()) {
        return next.run(request).await;
    }
    let asked = Asked::of(&request);
    if request.body().size_hint().lower() > LONGEST_BYTES as u64 {
        return Problem::TOO_LONG.answer(&asked, &web);
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, LONGEST_BYTES).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(err) if is_too_long(&err) => Problem::TOO_LONG.answer(&asked, &web),
        Err(_) => Problem::MALFORMED.answer(&asked, &web),
    }
}

fn has_own_limit(path: &str) -> bool {
    path.starts_with("/telegram/") || path == "/stripe/webhook"
}

fn is_too_long(err: &axum::Error) -> bool {
    std::error::Error::source(err).is_some_and(|source| source.is::<LengthLimitError>())
}
