//! What the API refuses, and how it says so.

use reqwest::Method;
use serde_json::json;
use sim::stripe::API_VERSION;

use super::support::{Case, Shop, TEAM, id};

const INVALID: &str = "invalid_request_error";

#[tokio::test]
async fn wrong_parameters_are_refused_with_their_names() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let session = [
        ("mode", "subscription"),
        ("success_url", "http://127.0.0.1:1/"),
        ("line_items[0][price]", TEAM),
        ("line_items[0][quantity]", "1"),
        ("customer", customer.as_str()),
    ];
    // What is added to a good request, what is wrong with it then, and where.
    let cases: &[Case<'_>] = &[
        (&[("colour", "red")], "parameter_unknown", "colour"),
        (
            &[("subscription_data[trial_days]", "3")],
            "parameter_unknown",
            "subscription_data[trial_days]",
        ),
        (
            &[("line_items[0][quantity]", "one")],
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        (
            &[("line_items[0][quantity]", "0")],
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        (&[("line_items[0][price]", "price_none")], "resource_missing", "line_items[0][price]"),
        (&[("customer", "cus_none")], "resource_missing", "customer"),
        (&[("customer", "")], "parameter_invalid_empty", "customer"),
        (&[("customer_email", "a@example.org")], "parameters_exclusive", "customer"),
        (&[("success_url", "javascript:alert(1)")], "url_invalid", "success_url"),
        (&[("mode", "give")], "", "mode"),
        (&[("allow_promotion_codes", "yes")], "", "allow_promotion_codes"),
        (&[("line_items", "x")], "", "line_items"),
        (&[("expires_at", "5")], "", "expires_at"),
        (&[("tax_id_collection[enabled]", "true")], "", "tax_id_collection"),
        (
            &[
                ("subscription_data[trial_end]", "9999999999"),
                ("subscription_data[trial_period_days]", "3"),
            ],
            "parameters_exclusive",
            "subscription_data[trial_end]",
        ),
        (&[("discounts[0][coupon]", "NONE")], "resource_missing", "discounts[0][coupon]"),
        (
            &[("discounts[0][coupon]", "SIM25"), ("allow_promotion_codes", "true")],
            "parameters_exclusive",
            "allow_promotion_codes",
        ),
    ];
    for (added, code, param) in cases {
        let mut form = session.to_vec();
        form.retain(|(name, _)| !added.iter().any(|(other, _)| name == other));
        form.extend_from_slice(added);
        let answer = shop.post("checkout/sessions", &form).await;
        assert_eq!(answer.refusal(), (400, INVALID, *code, *param), "{added:?}: {}", answer.json);
    }
    for missing in ["mode", "success_url", "line_items"] {
        let form: Vec<_> =
            session.iter().filter(|(name, _)| !name.starts_with(missing)).copied().collect();
        let answer = shop.post("checkout/sessions", &form).await;
        assert_eq!(answer.refusal(), (400, INVALID, "parameter_missing", missing));
    }
    assert!(shop.stripe.objects("checkout.session").is_empty());
    shop.post("checkout/sessions", &session).await.ok();
}

#[tokio::test]
async fn only_the_right_key_opens_and_each_mode_sees_its_own() {
    let shop = Shop::open().await;
    let url = format!("{}/v1/customers", shop.stripe.base_url());
    let nobody = shop.http.get(&url).send().await.expect("an answer");
    assert_eq!(nobody.status(), 401);
    let wrong = shop.http.get(&url).bearer_auth("sk_test_wrong").send().await.expect("an answer");
    assert_eq!(wrong.status(), 401);
    let basic = shop.http.get(&url).basic_auth(shop.stripe.secret_key(), Some(""));
    assert_eq!(basic.send().await.expect("an answer").status(), 200);

    let live = shop.http.post(&url).bearer_auth(shop.stripe.live_key());
    let live = live.form(&[("name", "Live")]).send().await.expect("an answer");
    let live: serde_json::Value = live.json().await.expect("JSON");
    assert_eq!(live["livemode"], true);
    let hidden = shop.get(&format!("customers/{}", id(&live)), &[]).await;
    assert_eq!(hidden.refusal(), (404, INVALID, "resource_missing", "id"));
    let message = hidden.json["error"]["message"].as_str().expect("words");
    assert!(message.contains("a similar object exists in live mode"), "{message}");
    assert_eq!(shop.get("customers", &[]).await.ok()["data"], json!([]));

    let test = shop.customer().await;
    let other = shop.http.get(format!("{url}/{test}")).bearer_auth(shop.stripe.live_key());
    assert_eq!(other.send().await.expect("an answer").status(), 404);
}

#[tokio::test]
async fn the_version_is_pinned_and_every_answer_has_its_number() {
    let shop = Shop::open().await;
    let pinned = [("Stripe-Version", API_VERSION)];
    let answer = shop.call_with(Method::GET, "customers", &[], &pinned).await;
    assert!(answer.header("request-id").starts_with("req_"));
    assert_eq!(answer.header("stripe-version"), API_VERSION);
    answer.ok();
    let old = [("Stripe-Version", "2023-08-16")];
    let answer = shop.call_with(Method::GET, "customers", &[], &old).await;
    assert_eq!(answer.refusal().0, 400);

    let url = format!("{}/v1/customers", shop.stripe.base_url());
    let json = shop.http.post(url).bearer_auth(shop.stripe.secret_key());
    let json = json.json(&json!({"name": "x"})).send().await.expect("an answer");
    assert_eq!(json.status(), 400);
    assert_eq!(shop.get("gifts", &[]).await.refusal(), (404, INVALID, "url_invalid", ""));
    let requests = shop.stripe.requests();
    let statuses: Vec<_> = requests.iter().map(|asked| asked.status).collect();
    assert_eq!(statuses, [200, 400, 400, 404]);
    assert_eq!(requests[3].path, "/v1/gifts");
}

#[tokio::test]
async fn a_refusal_can_be_looked_up() {
    let shop = Shop::open().await;
    let answer = shop.post("customers", &[("colour", "red")]).await;
    let log = answer.json["error"]["request_log_url"].as_str().expect("an address");
    let found = shop.http.get(log).send().await.expect("an answer");
    let found: serde_json::Value = found.json().await.expect("JSON");
    assert_eq!((&found["params"]["colour"], &found["status"]), (&json!("red"), &json!(400)));
}
