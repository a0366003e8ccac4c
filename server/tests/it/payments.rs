//! Section 8 of the promises, over HTTP: what Stripe tells, and how a plan is paid.

use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::json;
use sim::stripe::{Redelivery, Trouble, What};

use crate::support::{Browser, Site, Till, WEBHOOK_SECRET, run, signed, usual_settings};

const PAGE: &str = "/account/subscription";
const CHECKOUT: &str = "/account/subscription/checkout";
const TEAM: [(&str, &str); 2] = [("plan", "team"), ("every", "month")];
const GOOD: &str = "4242424242424242";

async fn open() -> (Site, Till, Browser) {
    let till = Till::open().await;
    let site = Site::with(&till.settings()).await;
    till.tell(&site.url());
    let ann = site.member("ann").await;
    (site, till, ann)
}

fn event(id: &str) -> Vec<u8> {
    let object = json!({"object": "customer", "id": "cus_nobody"});
    let event = json!({
        "id": id, "object": "event", "type": "customer.updated", "livemode": false, "created": 1_795_000_000,
        "data": {"object": object},
    });
    event.to_string().into_bytes()
}

/// What the webhook says to `body` with this header, if there is one.
async fn told(site: &Site, signature: Option<&str>, body: Vec<u8>) -> (StatusCode, String) {
    let mut request = Client::new().post(format!("{}/stripe/webhook", site.url())).body(body);
    if let Some(signature) = signature {
        request = request.header("stripe-signature", signature);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("a body"))
}

async fn kept(site: &Site) -> i64 {
    let row = site.db.superuser().await.query_one("select count(*) from stripe_events", &[]).await;
    row.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_stripe_signed_is_taken_and_nothing_is_said_about_the_rest() {
    let (site, _till, _) = open().await;
    let (other, body) = ("whsec_TESTTESTTESTTEST9", event("evt_TEST1"));
    let sign = |secrets: &[&str], ago: i64| signed(secrets, ago, &body);
    let good = sign(&[WEBHOOK_SECRET], 0);
    let v0 = good.replace("v1=", "v0=");
    let cut = good[..good.len() - 2].to_owned();
    let refused = [
        None,
        Some(String::new()),
        Some(v0),
        Some(cut),
        Some(sign(&[other], 0)),
        Some(sign(&[WEBHOOK_SECRET], 302)),
        Some(sign(&[WEBHOOK_SECRET], -302)),
        Some("t=1,v1=0".repeat(500)),
    ];
    for signature in &refused {
        let (status, said) = told(&site, signature.as_deref(), body.clone()).await;
        assert_eq!((status, said.as_str()), (StatusCode::BAD_REQUEST, ""), "{signature:?}");
    }
    let tampered = [body.as_slice(), b" "].concat();
    assert_eq!(told(&site, Some(&good), tampered).await.0, StatusCode::BAD_REQUEST);
    let no_event = b"{}".to_vec();
    let signature = signed(&[WEBHOOK_SECRET], 0, &no_event);
    assert_eq!(told(&site, Some(&signature), no_event).await.0, StatusCode::BAD_REQUEST);
    for size in [1 << 20, 3 << 20] {
        let long = vec![b' '; size];
        let signature = signed(&[WEBHOOK_SECRET], 0, &long);
        assert_eq!(told(&site, Some(&signature), long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(kept(&site).await, 0);

    let begun = Instant::now();
    for signature in
        [good.clone(), sign(&[other, WEBHOOK_SECRET], 0), sign(&[WEBHOOK_SECRET], 298), good]
    {
        assert_eq!(
            told(&site, Some(&signature), body.clone()).await,
            (StatusCode::OK, String::new())
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "each within a second");
    assert_eq!(kept(&site).await, 1, "once, however often it comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_nothing_is_taken() {
    let till = Till::open().await;
    let mut settings = till.settings().to_vec();
    settings.retain(|(name, _)| *name != "STRIPE_WEBHOOK_SECRET");
    let site = Site::with(&settings).await;
    let body = event("evt_TEST1");
    for secret in ["", WEBHOOK_SECRET] {
        let signature = signed(&[secret], 0, &body);
        let (status, _) = told(&site, Some(&signature), body.clone()).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "never accept all");
    }
    assert_eq!(kept(&site).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_paid_on_stripes_page_and_in_force_when_stripe_says_so() {
    let (site, till, ann) = open().await;
    let page = ann.get(PAGE).await;
    assert!(page.body.contains("€19.00"), "{}", page.gist());
    let policy = page.headers["content-security-policy"].to_str().expect("a policy");
    assert!(policy.contains(&format!("form-action 'self' {};", till.0.base_url())), "{policy}");
    let elsewhere = ann.get("/account").await;
    let policy = elsewhere.headers["content-security-policy"].to_str().expect("a policy");
    assert!(policy.contains("form-action 'self';"), "{policy}");

    let stripes = ann.done(CHECKOUT, &TEAM).await;
    assert!(stripes.starts_with(&till.0.base_url()), "{stripes}");
    assert_eq!(ann.done(CHECKOUT, &TEAM).await, stripes, "a double click");
    let session = &till.0.objects("checkout.session")[0];
    let back = session["success_url"].as_str().expect("an address");
    assert!(back.starts_with("http://localhost:"), "{back}");
    assert!(back.ends_with(&format!("{PAGE}?done=paid")), "never what a client says: {back}");

    let waiting = ann.get(&format!("{PAGE}?done=paid")).await;
    assert!(waiting.body.contains("Waiting for Stripe"), "{}", waiting.gist());
    assert!(waiting.headers.contains_key("refresh"), "{}", waiting.gist());
    let late = ann.get(&format!("{PAGE}?done=paid&n=20")).await;
    assert!(late.body.contains("Stripe has not told of your payment yet"), "{}", late.gist());
    assert!(!late.headers.contains_key("refresh"));

    till.pay(&stripes, GOOD).await;
    ann.wait_for(PAGE, "Next payment", 10).await;
    let paid = ann.get(&format!("{PAGE}?done=paid")).await;
    assert!(paid.body.contains("Thank you. The plan is in force."), "{}", paid.gist());
    assert!(
        paid.body.contains("Invoices") && paid.body.contains("Manage billing"),
        "{}",
        paid.gist()
    );
    assert!(!paid.body.contains("4242"), "no card");
    let again = ann.post(CHECKOUT, &TEAM).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.gist());

    // Whoever does not own the workspace sees none of it.
    let log = std::fs::read_to_string(site.dir.path().join("gannet.log")).expect("a log");
    for secret in [WEBHOOK_SECRET, till.0.secret_key(), "4242424242424242", "cs_test_"] {
        assert!(!log.contains(secret), "{secret} in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_away_is_said_and_an_event_that_came_is_not_lost_in_a_crash() {
    let (mut site, till, ann) = open().await;
    let away = till.0.add_trouble(Trouble::new(What::Down));
    let refused = ann.post(CHECKOUT, &TEAM).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.gist());
    assert!(
        refused.body.contains("does not answer just now. Nothing was changed"),
        "{}",
        refused.gist()
    );
    assert!(refused.headers.contains_key("retry-after"));
    assert!(till.0.remove_trouble(away));

    let stripes = ann.done(CHECKOUT, &TEAM).await;
    // From here on the server can be told, and cannot ask.
    let path = Some("/v1/subscriptions".to_owned());
    till.0.add_trouble(Trouble { path, ..Trouble::new(What::Down) });
    till.pay(&stripes, GOOD).await;
    assert!(kept(&site).await > 0);
    site.crash().await;
    till.0.clear_troubles();
    let mut ann = ann;
    ann.move_to(&site.url());
    // What waited is tried again by itself, at the latest when the lease of whoever died has lapsed.
    ann.wait_for(PAGE, "Next payment", 80).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_exchanged_without_losing_an_event() {
    let till = Till::open().await;
    let next = "whsec_TESTTESTTESTTEST2";
    let mut settings = till.settings().to_vec();
    for (name, value) in &mut settings {
        if *name == "STRIPE_WEBHOOK_SECRET" {
            *value = format!("{next},{WEBHOOK_SECRET}");
        }
    }
    let site = Site::with(&settings).await;
    for (n, secrets) in
        [&[WEBHOOK_SECRET][..], &[WEBHOOK_SECRET, next], &[next]].into_iter().enumerate()
    {
        let body = event(&format!("evt_TEST{n}"));
        let signature = signed(secrets, 0, &body);
        assert_eq!(told(&site, Some(&signature), body).await.0, StatusCode::OK, "{secrets:?}");
    }
    assert_eq!(kept(&site).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_looks_and_compares_by_hand() {
    let (site, till, ann) = open().await;
    let settings = || {
        let port = site.gannet.as_ref().expect("running").port();
        let usual = usual_settings(&site.db, site.dir.path(), port);
        usual.into_iter().chain(till.settings()).collect::<Vec<_>>()
    };
    let stripes = ann.done(CHECKOUT, &TEAM).await;
    till.pay(&stripes, GOOD).await;
    ann.wait_for(PAGE, "Next payment", 10).await;
    let row =
        site.db.superuser().await.query_one("select workspace_id::text from billing", &[]).await;
    let workspace: String = row.expect("a customer").get(0);

    let shown = run(&["admin", "billing", "show", &workspace], &settings()).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("Team") && shown.stdout.contains("test"), "{shown:?}");
    // Nothing is told, and found all the same.
    till.0.hold_events();
    let subscription = till.0.objects("subscription")[0]["id"].as_str().expect("an id").to_owned();
    till.0.cancel_subscription(&subscription).expect("ended");
    let synced = run(&["admin", "billing", "sync"], &settings()).await;
    assert_eq!(synced.code, Some(0), "{synced:?}");
    assert!(synced.stdout.contains("mended: how it stands with Stripe"), "{synced:?}");
    let synced = run(&["admin", "billing", "sync", "--json"], &settings()).await;
    assert!(synced.stdout.contains("\"mended\": []"), "{synced:?}");
    let nobody = "00000000-0000-7000-8000-000000000000";
    let none = run(&["admin", "billing", "show", nobody], &settings()).await;
    assert_eq!(none.code, Some(1), "{none:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_three_days_ago_changes_nothing_back() {
    let (_site, till, ann) = open().await;
    let stripes = ann.done(CHECKOUT, &TEAM).await;
    till.pay(&stripes, GOOD).await;
    ann.wait_for(PAGE, "Next payment", 10).await;
    let created =
        till.0.events().into_iter().find(|one| one["type"] == "customer.subscription.created");
    let id = created.expect("an event")["id"].as_str().expect("an id").to_owned();
    let subscription = till.0.objects("subscription")[0]["id"].as_str().expect("an id").to_owned();
    till.0.cancel_subscription(&subscription).expect("ended");
    assert!(till.0.delivered().await);
    ann.wait_for(PAGE, "Choose, monthly", 10).await;
    // Stripe brings it for three days; its signature is of the moment.
    let wanted = Redelivery { event: id, url: None, secret: None, signed_secs_ago: 0, times: 2 };
    let brought = till.0.deliver(&wanted).await;
    assert!(brought.iter().all(|one| one.status == Some(200)), "{brought:?}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(ann.get(PAGE).await.body.contains("Choose, monthly"));
}
