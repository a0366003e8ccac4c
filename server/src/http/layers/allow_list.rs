//! `WEB_ALLOWED_IPS`: who reaches the web app at all.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};

use super::client_ip::ClientIp;
use crate::http::{
    problem::{Asked, Problem},
    web::Web,
};

/// Lets only the allowed addresses on. Probes and webhooks are exempt.
pub async fn admit(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(allowed) = &web.config.allowed_ips else { return next.run(request).await };
    let ip = request.extensions().get::<ClientIp>().map(|ip| ip.0);
    if is_exempt(request.uri().path()) || ip.is_some_and(|ip| allowed.contains(ip)) {
        return next.run(request).await;
    }
    Problem {
        status: StatusCode::FORBIDDEN,
        title: "Not from here",
        what: "Your address is not on the list of those that may use this Gannet.",
        advice: "If it should be, ask the person who runs it to add it.",
    }
    .answer(&Asked::of(&request), &web)
}

/// Exactly the addresses of probes and webhooks, so that nothing else hides below them.
fn is_exempt(path: &str) -> bool {
    let hook = path.strip_prefix("/telegram/").is_some_and(|hook| !hook.contains('/'));
    hook || matches!(path, "/healthz" | "/livez" | "/stripe/webhook")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_probes_and_webhooks_are_exempt() {
        for path in ["/healthz", "/livez", "/stripe/webhook", "/telegram/abc"] {
            assert!(is_exempt(path), "{path}");
        }
        for path in ["/", "/telegram", "/telegram/a/b", "/healthz/", "/stripe/webhook/x", "/bots"] {
            assert!(!is_exempt(path), "{path}");
        }
    }
}
