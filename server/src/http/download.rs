//! What files that are made on the way have in common: how they go out, and what is said instead.

use std::io;

use app::paths;
use axum::{
    Json,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use contract::ClientError;
use futures::{Stream, StreamExt};

use super::{
    problem::{Asked, Problem, wants_json},
    web::Web,
};

/// A table with its names in the first line (RFC 4180).
pub(super) const CSV: &str = "text/csv; charset=utf-8; header=present";
/// A JSON text on each line.
pub(super) const JSON_LINES: &str = "application/jsonl; charset=utf-8";

/// `parts`, to be saved as `name`. Nothing keeps a copy on the way.
pub(super) fn file(
    name: &str,
    content_type: &'static str,
    parts: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Response {
    // Whoever carries a body may ask once more after its end.
    let mut response = Body::from_stream(parts.fuse()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// Why there is no file. Who has to sign in comes `back` to the page: a file would be all they see of it.
pub(super) fn refusal(
    error: &ClientError,
    request: &Request,
    asked: &Asked,
    web: &Web,
    back: &str,
    advice: &'static str,
) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::FORBIDDEN);
    if wants_json(request.headers()) {
        return (status, Json(error.clone())).into_response();
    }
    let what = error.to_string();
    match error {
        ClientError::Unauthenticated => {
            Redirect::to(&paths::query(paths::LOGIN, &[("next", back)])).into_response()
        }
        ClientError::NeedsSecondFactor => {
            Redirect::to(&paths::two_factor_for_workspace()).into_response()
        }
        _ => Problem { status, title: "There is no such file", what: &what, advice }
            .answer(asked, web),
    }
}
