//! `WEB_ALLOWED_IPS`: who reaches the web app at all.

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
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
    if is_exempt(request.method(), request.uri().path())
        || ip.is_some_and(|ip| allowed.contains(ip))
    {
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

/// Exactly the requests of probes and webhooks, so that nothing else hides below them: what no handler
/// takes is answered by a page.
fn is_exempt(method: &Method, path: &str) -> bool {
    if let Some(hook) = path.strip_prefix("/telegram/") {
        return method == Method::POST && !hook.is_empty() && !hook.contains('/');
    }
    match path {
        "/healthz" | "/livez" => true,
        "/stripe/webhook" => method == Method::POST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_probes_and_webhooks_are_exempt() {
        for path in ["/healthz", "/livez", "/stripe/webhook", "/telegram/abc"] {
            assert!(is_exempt(&Method::POST, path), "{path}");
        }
        for path in ["/stripe/webhook", "/telegram/abc"] {
            assert!(!is_exempt(&Method::GET, path), "{path}");
        }
        let others = [
            "/",
            "/telegram",
            "/telegram/",
            "/telegram/a/b",
            "/healthz/",
            "/stripe/webhook/x",
            "/bots",
        ];
        for path in others {
            assert!(!is_exempt(&Method::POST, path), "{path}");
        }
    }
}
