//! What a form gets back, whatever its use case says.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};
use contract::{ClientError, cx::RequestCx, form::FormState};
use http_body_util::BodyExt;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::*;
use crate::{boot::testing, config::web_config_for_test, http::static_files::Site};

/// Stands for the pages: shows what the form holds.
async fn page(request: Request) -> Response {
    assert_eq!(*request.method(), Method::GET);
    assert!(!request.headers().contains_key(header::CONTENT_TYPE), "the body stays behind");
    assert!(request.extensions().get::<RequestCx>().is_some());
    let state = request.extensions().get::<FormState>().cloned().unwrap_or_default();
    format!("{} {:?} {:?}", request.uri(), state.values, state.errors).into_response()
}

async fn forms() -> Forms {
    let pages = Router::new()
        .route("/page", get(page))
        .route("/auth/login", get(page))
        .route("/moved", any(|| async { Redirect::to("/elsewhere") }));
    let site = Site::open(None).expect("an embedded site, or none");
    let web = Web::new(web_config_for_test(&[]), site, CancellationToken::new());
    let browsers = Arc::new(KnownBrowsers::new([0; 32], false));
    let (backend, store) =
        (testing::backend_without_database().await, testing::store_without_database());
    Forms { backend, browsers, pages, store, web }
}

struct Answer {
    status: StatusCode,
    location: String,
    retry_after: String,
    text: String,
}

/// Posts `body` to a form of `page` whose use case ends with `outcome`.
async fn answer(
    page: &'static str,
    accept: &'static str,
    body: &'static str,
    outcome: Result<&'static str, ClientError>,
) -> Answer {
    let handler = move |State(forms): State<Forms>, posted: Posted| async move {
        posted.finish(&forms, page, outcome.map(str::to_owned)).await
    };
    let router = Router::new().route("/form", post(handler)).with_state(forms().await);
    let mut request = Request::post("/form")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, accept)
        .body(Body::from(body))
        .expect("a request");
    request.extensions_mut().insert(RequestCx {
        request_id: "TEST-request".to_owned(),
        ip: [127, 0, 0, 1].into(),
        is_proxy: false,
        user_agent: String::new(),
        now: Timestamp::UNIX_EPOCH,
        viewer: None,
        proved_at: None,
        session: None,
        browser: None,
    });
    let response = router.oneshot(request).await.expect("infallible");
    let header = |name| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (location, retry_after) = (header(header::LOCATION), header(header::RETRY_AFTER));
    let status = response.status();
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    Answer { status, location, retry_after, text }
}

const HTML: &str = "text/html";
const JSON: &str = "application/json";

#[tokio::test]
async fn success_leads_on() {
    let html = answer("/page", HTML, "", Ok("/done")).await;
    assert_eq!((html.status, html.location.as_str()), (StatusCode::SEE_OTHER, "/done"));
    let json = answer("/page", JSON, "", Ok("/done")).await;
    assert_eq!((json.status, json.text.as_str()), (StatusCode::OK, r#"{"next":"/done"}"#));
}

#[tokio::test]
async fn failure_shows_the_page_again_with_what_was_typed_but_for_secrets() {
    let cases = [
        (ClientError::field("name", "too long"), 422, ""),
        (ClientError::conflict("moved"), 409, ""),
        (ClientError::RateLimited { secs: 7 }, 429, "7"),
        (ClientError::Forbidden, 403, ""),
        (ClientError::Unavailable { message: "away".to_owned() }, 503, "5"),
        (ClientError::Internal, 500, ""),
    ];
    for (error, status, retry_after) in cases {
        let body = "name=Ann&password=TEST-pw&token=TEST-tk&code=TEST-cd";
        let got = answer("/page", HTML, body, Err(error.clone())).await;
        assert_eq!(got.status.as_u16(), status);
        assert_eq!(got.retry_after, retry_after);
        assert!(got.text.contains("Ann") && !got.text.contains("TEST-"), "{}", got.text);

        let got = answer("/page", JSON, body, Err(error)).await;
        assert_eq!(got.status.as_u16(), status);
        assert_eq!(got.retry_after, retry_after);
        assert!(got.text.contains("TEST-request") && !got.text.contains("TEST-pw"), "{}", got.text);
    }
}

#[tokio::test]
async fn a_page_that_leads_elsewhere_does_not_swallow_the_error() {
    let error = ClientError::conflict("It is being <b>sent</b> already.");
    let got = answer("/moved", HTML, "", Err(error)).await;
    assert_eq!(got.status, StatusCode::CONFLICT);
    assert!(got.text.contains("It is being &lt;b&gt;sent&lt;/b&gt; already."), "{}", got.text);
}

#[tokio::test]
async fn a_session_that_ended_keeps_what_was_typed_through_the_sign_in() {
    let body = "text=Precious&password=TEST-pw";
    let got = answer("/page", HTML, body, Err(ClientError::Unauthenticated)).await;
    assert_eq!(got.status, StatusCode::UNAUTHORIZED);
    assert!(got.text.starts_with("/auth/login"), "{}", got.text);
    assert!(got.text.contains("kept") && got.text.contains("Precious"), "{}", got.text);
    assert!(!got.text.contains("TEST-pw"), "{}", got.text);
    let got = answer("/page", JSON, body, Err(ClientError::Unauthenticated)).await;
    assert_eq!(got.status, StatusCode::UNAUTHORIZED);
}
