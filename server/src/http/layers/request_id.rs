//! Gives each request a name, and logs it under that name.

use std::time::Instant;

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, debug, info, info_span};
use uuid::Uuid;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The request's name: a UUID, ordered by time. Clients cannot choose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Names the request in extensions, log lines and the answer's `x-request-id`.
pub async fn name_request(mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let path = logged_path(request.uri().path()).to_owned();
    let span = info_span!(
        "request",
        request.id = %id,
        method = %request.method(),
        path = %path,
    );
    let quiet = is_quiet(request.method(), &path);
    request.extensions_mut().insert(RequestId(id.clone()));
    async move {
        let began = Instant::now();
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HEADER, value);
        }
        let (status, took_ms) = (response.status().as_u16(), began.elapsed().as_millis());
        if quiet {
            debug!(status, took_ms, "answered");
        } else {
            info!(status, took_ms, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// The path as it may be logged: without what is secret in it.
fn logged_path(path: &str) -> &str {
    match path.strip_prefix("/telegram/") {
        Some(_) => "/telegram/-",
        None => path,
    }
}

/// What machines ask all day long.
fn is_quiet(method: &Method, path: &str) -> bool {
    let machine = matches!(path, "/healthz" | "/livez" | "/metrics" | "/telegram/-");
    let file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    machine || (method == Method::GET && file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_webhook_is_not_logged() {
        assert_eq!(logged_path("/telegram/TEST-hook"), "/telegram/-");
        assert_eq!(logged_path("/bots/demo"), "/bots/demo");
    }
}
