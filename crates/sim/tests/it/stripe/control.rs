//! Everything that can be steered, from outside.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Endpoint, GOOD, Shop, TEAM, id};

async fn tell(shop: &Shop, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let url = format!("{}/control{path}", shop.stripe.base_url());
    let request = shop.http.request(method.clone(), url);
    let request = if method == Method::GET { request } else { request.json(&body) };
    let response = request.send().await.expect("an answer");
    let status = response.status();
    (status, response.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_whole_life_by_remote_control() {
    let shop = Shop::open().await;
    let place = Endpoint::open().await;
    let post = async |path: &str, body: Value| {
        let (status, answer) = tell(&shop, Method::POST, path, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    };
    let get = async |path: &str| tell(&shop, Method::GET, path, Value::Null).await.1;

    let hook = post("/webhooks", json!({"url": place.url, "events": ["charge.refunded"]})).await;
    let hook = id(&hook);
    post(&format!("/webhooks/{hook}/roll"), json!({"keep_old_secs": 60})).await;
    let price =
        json!({"id": "price_more", "currency": "eur", "unit_amount": 100, "interval": "month"});
    post("/products", json!({"id": "prod_more", "name": "More", "prices": [price]})).await;
    post("/coupons", json!({"id": "TEN", "percent_off": 10.0, "duration": "once"})).await;

    let customer = shop.customer().await;
    let session = id(&shop.session(&customer, "price_more", &[]).await);
    let (status, why) = tell(
        &shop,
        Method::POST,
        &format!("/sessions/{session}/pay"),
        json!({"card": "4000000000000002"}),
    )
    .await;
    assert_eq!((status, why["error"].as_str().is_some()), (StatusCode::CONFLICT, true));
    post(&format!("/sessions/{session}/pay"), json!({"card": GOOD})).await;
    let subscription = get("/objects?kind=subscription").await[0].clone();
    assert_eq!(get(&format!("/objects/{}", id(&subscription))).await["status"], "active");

    post(&format!("/customers/{customer}/decline"), json!({"code": "expired_card"})).await;
    post("/clock", json!({"advance_secs": 32 * 86_400})).await;
    assert_eq!(get(&format!("/objects/{}", id(&subscription))).await["status"], "past_due");

    tell(&shop, Method::PUT, "/events/hold", json!({"hold": true})).await;
    let charges = get("/objects?kind=charge").await;
    let charge = id(&charges[0]);
    post(&format!("/charges/{charge}/refund"), json!({"amount": 50})).await;
    let held = get("/events/hold").await["held"].clone();
    let event = held[0].as_str().expect("an event");
    assert_eq!(
        post("/events/deliver", json!({"event": event, "times": 2})).await[1]["status"],
        200
    );
    tell(&shop, Method::PUT, "/events/hold", json!({"hold": false, "forget": true})).await;
    assert_eq!(place.kinds(), ["charge.refunded", "charge.refunded"]);
    assert_eq!(get("/deliveries").await.as_array().map(Vec::len), Some(2));

    let dispute = id(&post(&format!("/charges/{charge}/dispute"), json!({})).await);
    post(&format!("/disputes/{dispute}/close"), json!({"won": true})).await;
    let trouble =
        post("/troubles", json!({"what": {"slow_ms": 1}, "count": 1, "path": "/v1/events"})).await;
    assert_eq!(get("/troubles").await[0]["id"], trouble["id"]);
    tell(&shop, Method::DELETE, "/troubles", Value::Null).await;
    assert_eq!(get("/troubles").await, json!([]));

    let requests = get("/requests").await;
    let asked = &requests[1];
    assert_eq!(
        (&asked["path"], &asked["params"]["line_items"]["0"]["price"]),
        (&json!("/v1/checkout/sessions"), &json!("price_more"))
    );
    tell(&shop, Method::DELETE, &format!("/subscriptions/{}", id(&subscription)), Value::Null)
        .await;
    tell(&shop, Method::DELETE, &format!("/customers/{customer}"), Value::Null).await;
    assert_eq!(get(&format!("/objects/{customer}")).await["deleted"], true);
    assert!(get("").await["paths"].as_array().is_some_and(|paths| paths.len() > 20));
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused_with_a_reason() {
    let shop = Shop::open().await;
    for (method, path, body, want) in [
        (Method::POST, "/clock", json!({"advance_secs": -1}), StatusCode::CONFLICT),
        (Method::POST, "/clock", json!({"forward": 1}), StatusCode::UNPROCESSABLE_ENTITY),
        (Method::POST, "/sessions/cs_none/pay", json!({"card": GOOD}), StatusCode::NOT_FOUND),
        (Method::POST, "/charges/ch_none/refund", json!({}), StatusCode::NOT_FOUND),
        (Method::DELETE, "/customers/cus_none", Value::Null, StatusCode::NOT_FOUND),
        (Method::POST, "/events/deliver", json!({"event": "evt_none"}), StatusCode::NOT_FOUND),
        (Method::GET, "/nothing", Value::Null, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(tell(&shop, method, path, body).await.0, want, "{path}");
    }
    let url = format!("{}/control/clock", shop.stripe.base_url());
    let page = shop.http.post(url).header("origin", "http://localhost:3000");
    let page = page.json(&json!({"advance_secs": 1})).send().await.expect("an answer");
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
    let closed = Shop::with(|setup| setup.control = false).await;
    assert_eq!(tell(&closed, Method::GET, "", Value::Null).await.0, StatusCode::NOT_FOUND);
    closed.session(&closed.customer().await, TEAM, &[]).await;
}
