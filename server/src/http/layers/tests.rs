//! All layers together, around a small router.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Path,
    http::{Method, Request, StatusCode, header},
    response::{IntoResponse, Response, sse},
    routing::{get, post},
};
use futures::stream;
use http_body_util::BodyExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::*;
use crate::{config::web_config_for_test, http::static_files::Site};

fn web(pairs: &[(&str, &str)]) -> Web {
    let site = Site::open(None).expect("an embedded site, or none");
    Web::new(web_config_for_test(pairs), site, CancellationToken::new())
}

fn router(web: &Web) -> Router {
    let events = || async {
        let one = sse::Event::default().data("x".repeat(2000));
        sse::Sse::new(stream::iter([Ok::<_, std::convert::Infallible>(one)]))
    };
    let panics = || async {
        if true {
            panic!("TEST panic");
        }
    };
    let inner = Router::new()
        .route("/", get(|| async { ([("content-type", "text/html")], "x".repeat(2000)) }))
        .route("/echo", post(|body: String| async move { body }))
        .route("/panic", get(panics).post(panics))
        .route("/events", get(events))
        .route("/people/{name}", get(|Path(name): Path<String>| async move { name }))
        .route("/telegram/{hook}", post(|body: String| async move { body.len().to_string() }))
        .route("/healthz", get(|| async { "ok" }));
    around(inner, web)
}

async fn ask(web: &Web, request: Request<Body>) -> Response {
    router(web).oneshot(request).await.expect("infallible")
}

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).expect("a request")
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name).map(|value| value.to_str().expect("text"));
    value.unwrap_or_default().to_owned()
}

/// A body whose length nobody tells beforehand.
fn chunked(bytes: usize) -> Body {
    let chunks = (0..bytes / 1024).map(|_| Ok::<_, std::io::Error>("x".repeat(1024)));
    Body::from_stream(stream::iter(chunks))
}

#[tokio::test]
async fn every_answer_carries_the_headers_and_a_nonce_of_its_own() {
    let web = web(&[("BASE_URL", "https://gannet.example"), ("SMTP_URL", "smtp://mail.example")]);
    let foreign = [("sec-fetch-site", "cross-site")];
    let requests = [
        (request(Method::GET, "/", &[], Body::empty()), 200),
        (request(Method::GET, "/missing", &[], Body::empty()), 404),
        (request(Method::DELETE, "/", &[], Body::empty()), 405),
        (request(Method::POST, "/echo", &foreign, Body::empty()), 403),
        (request(Method::POST, "/echo", &[], chunked(256 * 1024)), 413),
        (request(Method::GET, "/panic", &[], Body::empty()), 500),
    ];
    let mut policies = std::collections::HashSet::new();
    let mut ids = std::collections::HashSet::new();
    for (request, status) in requests {
        let response = ask(&web, request).await;
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(header(&response, "x-frame-options"), "DENY", "{status}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{status}");
        assert_eq!(header(&response, "referrer-policy"), "strict-origin-when-cross-origin");
        assert_eq!(header(&response, "strict-transport-security"), "max-age=63072000");
        assert!(policies.insert(header(&response, "content-security-policy")), "{status}");
        assert!(ids.insert(header(&response, "x-request-id")), "{status}");
    }
}

#[tokio::test]
async fn a_panic_is_a_500_that_leads_to_the_log() {
    let web = web(&[]);
    for method in [Method::GET, Method::POST] {
        let response = ask(&web, request(method, "/panic", &[], Body::empty())).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = header(&response, "x-request-id");
        let page = text(response).await;
        assert!(page.contains(&id) && !page.contains("TEST panic"), "{page}");
    }
    let json = [("accept", "application/json")];
    let response = ask(&web, request(Method::GET, "/panic", &json, Body::empty())).await;
    let id = header(&response, "x-request-id");
    let body: serde_json::Value = serde_json::from_str(&text(response).await).expect("JSON");
    assert_eq!(body["request_id"], id.as_str());
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_as_a_page_or_as_json() {
    let web = web(&[]);
    let fine = ask(&web, request(Method::GET, "/people/%C3%84nne", &[], Body::empty())).await;
    assert_eq!(text(fine).await, "Änne");
    for (accept, kind) in [("text/html", "text/html"), ("application/json", "application/json")] {
        let asked = request(Method::GET, "/people/%FF", &[("accept", accept)], Body::empty());
        let response = ask(&web, asked).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(header(&response, "content-type").starts_with(kind), "{accept}");
        let id = header(&response, "x-request-id");
        assert!(text(response).await.contains(&id), "{accept}");
    }
}

#[tokio::test]
async fn bodies_end_at_128_kib_however_they_come() {
    let web = web(&[]);
    let fits = ask(&web, request(Method::POST, "/echo", &[], chunked(128 * 1024))).await;
    assert_eq!(fits.status(), StatusCode::OK);
    for body in [chunked(129 * 1024), Body::from(vec![b'x'; 128 * 1024 + 1])] {
        let response = ask(&web, request(Method::POST, "/echo", &[], body)).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(header(&response, "connection"), "close");
    }
    // A webhook judges its body itself, after the secret.
    let hook = ask(&web, request(Method::POST, "/telegram/x", &[], chunked(128 * 1024))).await;
    assert_eq!(text(hook).await, (128 * 1024).to_string());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_ends_with_its_request_and_holds_up_no_shutdown() {
    let web = web(&[]);
    let never = Body::from_stream(stream::pending::<Result<String, std::io::Error>>());
    let response = ask(&web, request(Method::POST, "/echo", &[], never)).await;
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(header(&response, "connection"), "close");
    let id = header(&response, "x-request-id");
    assert!(text(response).await.contains(&id));
    assert!(web.tasks.is_empty(), "nothing goes on reading");
}

#[tokio::test]
async fn the_allow_list_spares_probes_and_webhooks_alone() {
    let web = web(&[("WEB_ALLOWED_IPS", "203.0.113.0/24"), ("TRUSTED_PROXIES", "127.0.0.1")]);
    let cases = [
        (Method::GET, "/", "203.0.113.9", 200),
        (Method::GET, "/", "198.51.100.1", 403),
        (Method::GET, "/missing", "198.51.100.1", 403),
        (Method::GET, "/healthz", "198.51.100.1", 200),
        (Method::POST, "/telegram/x", "198.51.100.1", 200),
    ];
    for (method, path, from, want) in cases {
        let from = [("x-forwarded-for", from)];
        let response = ask(&web, request(method, path, &from, Body::empty())).await;
        assert_eq!(response.status().as_u16(), want, "{path}");
    }
}

#[tokio::test]
async fn a_post_runs_to_its_end_when_its_client_hangs_up() {
    let web = web(&[]);
    let (began, go_on, ended) =
        (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let work = {
        let (began, go_on, ended) = (began.clone(), go_on.clone(), ended.clone());
        move || async move {
            began.notify_one();
            go_on.notified().await;
            ended.notify_one();
        }
    };
    let router = around(Router::new().route("/", post(work)), &web);
    let asked = tokio::spawn(router.oneshot(request(Method::POST, "/", &[], Body::empty())));
    began.notified().await;
    asked.abort();
    assert!(asked.await.expect_err("aborted").is_cancelled());
    go_on.notify_one();
    tokio::time::timeout(Duration::from_secs(5), ended.notified()).await.expect("it ran on");
}

#[tokio::test]
async fn pages_are_compressed_and_streams_are_not() {
    let web = web(&[]);
    let accept = [("accept-encoding", "br, gzip")];
    let page = ask(&web, request(Method::GET, "/", &accept, Body::empty())).await;
    assert_eq!(header(&page, "content-encoding"), "br");
    let events = ask(&web, request(Method::GET, "/events", &accept, Body::empty())).await;
    assert_eq!(header(&events, "content-encoding"), "");
    assert!(text(events).await.starts_with("data: xxx"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_503() {
    let web = web(&[]);
    for method in [Method::GET, Method::POST] {
        let never = || async {
            std::future::pending::<()>().await;
            StatusCode::OK.into_response()
        };
        let router = around(Router::new().route("/", get(never).post(never)), &web);
        let response = router.oneshot(request(method, "/", &[], Body::empty())).await;
        let response = response.expect("infallible");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }
}
