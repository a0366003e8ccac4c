//! Events on their way: signatures, retries, order.

use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};
use sim::stripe::{Redelivery, signature_header};

use super::support::{Arrived, Endpoint, GOOD, Shop, TEAM, id, text};
use crate::support::soon;

/// HMAC-SHA256 after RFC 2104, by hand: what the simulator signs with is not asked here.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    match key.len() {
        ..=64 => block[..key.len()].copy_from_slice(key),
        _ => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    hex::encode(Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize())
}

/// The time of a signature, and whether a secret made one of its `v1`.
fn verify(event: &Arrived, secret: &str) -> (i64, bool) {
    let parts: Vec<_> =
        event.signature.split(',').map(|part| part.split_once('=').expect("a pair")).collect();
    let at = parts.iter().find(|(name, _)| *name == "t").expect("a time").1;
    let message = [at.as_bytes(), b".", &event.body].concat();
    let want = hmac(secret.as_bytes(), &message);
    let good = parts.iter().any(|(name, value)| *name == "v1" && *value == want);
    (at.parse().expect("seconds"), good)
}

#[test]
fn signatures_are_those_that_openssl_makes() {
    let body = br#"{"id":"evt_test_1","object":"event"}"#;
    let secrets = ["whsec_obviously_not_a_secret", "whsec_another_one"];
    // printf '1790000000.{"id":"evt_test_1","object":"event"}' | openssl dgst -sha256 -hmac …
    let want = "t=1790000000,\
        v1=84e422aafd8ec8b87f4a4208d0e1a91a5264ca11388a62492f1954f4e7f80c1c,\
        v1=59f3189763852d3267aa62a7620e4e179fbf77b095ee7a3279e12e1ef924dc9b";
    assert_eq!(signature_header(&secrets, 1_790_000_000, body), want);
    assert_eq!(signature_header(&[], 5, b""), "t=5");
    let long = "k".repeat(100);
    let message = [b"5.".as_slice(), body].concat();
    assert!(signature_header(&[&long], 5, body).ends_with(&hmac(long.as_bytes(), &message)));
}

#[tokio::test]
async fn events_arrive_signed_and_whole() {
    let shop = Shop::open().await;
    let place = Endpoint::open().await;
    let hook = shop.stripe.add_webhook(&place.url, &[]);
    let answer = shop.post("customers", &[("name", "Ada")]).await;
    let request = answer.header("request-id").to_owned();
    let customer = answer.ok();
    assert!(shop.stripe.delivered().await);
    let arrived = place.arrived();
    assert_eq!(arrived.len(), 1);
    let event = arrived[0].json();
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("later");
    let (at, good) = verify(&arrived[0], &hook.secret);
    assert!(good && (at - i64::try_from(wall.as_secs()).expect("fits")).abs() < 60);
    assert!(!verify(&arrived[0], "whsec_other").1);
    assert_eq!((&event["object"], &event["type"]), (&json!("event"), &json!("customer.created")));
    assert_eq!(
        (&event["api_version"], &event["livemode"]),
        (&json!("2026-09-30.endive"), &json!(false))
    );
    assert_eq!(
        (&event["pending_webhooks"], &event["created"]),
        (&json!(1), &json!(shop.stripe.now()))
    );
    assert_eq!(event["request"], json!({"id": request, "idempotency_key": null}));
    assert_eq!(event["data"]["object"], customer);
    let path = format!("events/{}", id(&event));
    assert_eq!(shop.get(&path, &[]).await.ok()["pending_webhooks"], 0);
}

#[tokio::test]
async fn an_endpoint_hears_what_it_asked_for() {
    let shop = Shop::open().await;
    let (some, all) = (Endpoint::open().await, Endpoint::open().await);
    let form = [
        ("url", some.url.as_str()),
        ("enabled_events[]", "invoice.paid"),
        ("enabled_events[]", "customer.created"),
    ];
    let made = shop.post("webhook_endpoints", &form).await.ok();
    assert!(text(&made, "secret").starts_with("whsec_"));
    let listed = shop.get("webhook_endpoints", &[]).await.ok();
    assert!(listed["data"][0].get("secret").is_none());
    shop.stripe.add_webhook(&all.url, &["*"]);
    shop.subscribed(TEAM, GOOD, &[]).await;
    assert!(shop.stripe.delivered().await);
    let mut kinds = some.kinds();
    kinds.sort_unstable();
    assert_eq!(kinds, ["customer.created", "invoice.paid"]);
    assert_eq!(all.kinds().len(), shop.stripe.events().len());
    let bad = [("url", "ftp://127.0.0.1/"), ("enabled_events[]", "*")];
    assert_eq!(shop.post("webhook_endpoints", &bad).await.refusal().3, "url");
    // Live mode has endpoints of its own.
    let live = shop.http.post(format!("{}/v1/customers", shop.stripe.base_url()));
    live.bearer_auth(shop.stripe.live_key())
        .form(&[("name", "L")])
        .send()
        .await
        .expect("an answer");
    assert!(shop.stripe.delivered().await);
    assert_eq!(all.kinds().len(), shop.stripe.events().len() - 1);
}

#[tokio::test]
async fn while_a_secret_is_rolled_both_sign() {
    let shop = Shop::open().await;
    let place = Endpoint::open().await;
    let hook = shop.stripe.add_webhook(&place.url, &[]);
    let new = shop.stripe.roll_secret(&hook.id, Duration::from_secs(3_600)).expect("an endpoint");
    shop.customer().await;
    assert!(shop.stripe.delivered().await);
    let event = &place.arrived()[0];
    assert_eq!(event.signature.matches("v1=").count(), 2);
    assert!(verify(event, &hook.secret).1 && verify(event, &new).1);
    shop.hours(1);
    shop.customer().await;
    assert!(shop.stripe.delivered().await);
    let event = &place.arrived()[1];
    assert!(!verify(event, &hook.secret).1 && verify(event, &new).1);
}

#[tokio::test]
async fn what_did_not_arrive_is_brought_again_with_growing_pauses() {
    let shop = Shop::open().await;
    let place = Endpoint::open().await;
    place.answer_with(&[500, 302, 404]);
    shop.stripe.add_webhook(&place.url, &["customer.created"]);
    shop.customer().await;
    let arrived = async |count: usize| {
        soon("an attempt", async || (shop.stripe.deliveries().len() == count).then_some(())).await;
    };
    arrived(1).await;
    // The pauses are a minute, two, and four.
    for (attempt, pause) in [(2, 60), (3, 120), (4, 240)] {
        shop.stripe.advance(Duration::from_secs(pause - 1));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(place.arrived().len(), attempt - 1, "too early");
        shop.stripe.advance(Duration::from_secs(1));
        arrived(attempt).await;
    }
    assert!(shop.stripe.delivered().await);
    let statuses: Vec<_> = shop.stripe.deliveries().iter().map(|d| d.status).collect();
    assert_eq!(statuses, [Some(500), Some(302), Some(404), Some(200)]);
    let all = place.arrived();
    assert!(all.iter().all(|event| event.json()["id"] == all[0].json()["id"]));
}

#[tokio::test]
async fn it_gives_up_when_it_has_tried_often_enough() {
    let shop = Shop::with(|setup| {
        setup.clock = sim::Clock::system();
        setup.webhook_retry = Duration::from_millis(1);
        setup.webhook_attempts = 3;
    })
    .await;
    // Nobody listens there.
    shop.stripe.add_webhook("http://127.0.0.1:1/hook", &[]);
    shop.customer().await;
    assert!(shop.stripe.delivered().await);
    let deliveries = shop.stripe.deliveries();
    assert_eq!(deliveries.len(), 3);
    assert!(
        deliveries.iter().all(|delivery| delivery.status.is_none() && delivery.error.is_some())
    );
    assert_eq!(shop.stripe.events()[0]["pending_webhooks"], 1);
}

#[tokio::test]
async fn events_are_held_back_and_brought_as_one_likes() {
    let shop = Shop::open().await;
    let (place, elsewhere) = (Endpoint::open().await, Endpoint::open().await);
    let hook = shop.stripe.add_webhook(&place.url, &[]);
    shop.stripe.hold_events();
    let (a, b) = (shop.customer().await, shop.customer().await);
    let held = shop.stripe.held_events();
    assert_eq!(held.len(), 2);
    assert!(shop.stripe.delivered().await && place.arrived().is_empty());
    for event in [&held[1], &held[0]] {
        let twice = Redelivery { event: event.clone(), times: 2, ..Redelivery::default() };
        assert_eq!(shop.stripe.deliver(&twice).await.len(), 2);
    }
    let objects: Vec<_> =
        place.arrived().iter().map(|e| e.json()["data"]["object"]["id"].clone()).collect();
    assert_eq!(objects, [b.as_str(), &b, &a, &a]);

    let old = Redelivery {
        event: held[0].clone(),
        url: Some(elsewhere.url.clone()),
        secret: Some("whsec_chosen".to_owned()),
        signed_secs_ago: 301,
        times: 0,
    };
    shop.stripe.deliver(&old).await;
    let strange = &elsewhere.arrived()[0];
    let (now, good) = verify(strange, "whsec_chosen");
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("later");
    let age = i64::try_from(wall.as_secs()).expect("fits") - now;
    assert!(good && (301..330).contains(&age), "{age}");
    assert!(!verify(strange, &hook.secret).1);

    shop.stripe.release_events();
    assert!(shop.stripe.delivered().await);
    assert_eq!(place.arrived().len(), 6);
    let made_up = json!({"id": "in_none", "object": "invoice", "customer": "cus_none"});
    shop.stripe.make_event("invoice.paid", &made_up, false);
    assert!(shop.stripe.delivered().await);
    assert_eq!(place.arrived()[6].json()["data"]["object"], made_up);
}
