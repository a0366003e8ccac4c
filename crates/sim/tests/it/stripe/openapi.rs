//! Endpoints and objects, held against Stripe's own OpenAPI where it is at hand.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sim::stripe::listed_endpoints;

use super::support::{GOOD, Shop, TEAM};

/// Parameters that came after the version of the list (2023-08-16).
const NEWER: &[&str] = &[
    "POST /v1/checkout/sessions ui_mode",
    "POST /v1/checkout/sessions/{session} metadata",
    "GET /v1/checkout/sessions created",
    "GET /v1/checkout/sessions status",
    "POST /v1/subscriptions discounts",
    "POST /v1/subscriptions/{subscription} discounts",
];
/// Required fields that are gone since then, each with where it went.
const GONE: &[&str] = &[
    // To the items.
    "subscription current_period_end",
    "subscription current_period_start",
    // Payments are a list of their own, taxes are `total_taxes`.
    "invoice paid",
    "invoice paid_out_of_band",
    "invoice charge",
    "invoice payment_intent",
    "invoice quote",
    "invoice tax",
    "invoice total_tax_amounts",
    "invoice transfer_data",
    "invoice discount",
    // To `parent`.
    "invoice subscription",
    "invoice application_fee_amount",
    // To the list of `discounts`.
    "subscription discount",
    // To the charges of an invoice.
    "charge invoice",
    "checkout.session shipping_details",
    "checkout.session shipping",
    "product features",
];

fn list() -> Option<Value> {
    let named = std::env::var_os("STRIPE_OPENAPI").map(PathBuf::from);
    let usual = "../../../shared/data/stripe-openapi-subset.json";
    let path = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(usual));
    match std::fs::read(&path) {
        Ok(list) => Some(serde_json::from_slice(&list).expect("the list is JSON")),
        Err(_) => {
            eprintln!("skipped: {} is not there (STRIPE_OPENAPI names it)", path.display());
            None
        }
    }
}

/// The path of the list that is ours but for the names of ids.
fn same_path<'a>(list: &'a Value, ours: &str) -> Option<&'a Value> {
    let plain = |path: &str| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let paths = list["paths"].as_object().expect("paths");
    paths.iter().find(|(path, _)| plain(path) == plain(ours)).map(|(_, found)| found)
}

#[test]
fn every_parameter_is_one_that_stripe_lists() {
    let Some(list) = list() else { return };
    let (mut compared, mut strange) = (0, Vec::new());
    for endpoint in listed_endpoints() {
        let Some(path) = same_path(&list, endpoint.path) else { continue };
        let operation = &path[endpoint.verb.to_lowercase()];
        let name = format!("{} {}", endpoint.verb, endpoint.path);
        if NEWER.iter().any(|newer| newer.starts_with(&name)) && operation.is_null() {
            continue;
        }
        assert!(operation.is_object(), "Stripe has no {name}");
        let body =
            &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
        let in_body =
            body["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let in_query = operation["parameters"].as_array().into_iter().flatten();
        let in_query = in_query.filter_map(|param| param["name"].as_str());
        let listed: BTreeSet<_> = in_body.chain(in_query).collect();
        for (param, _) in &endpoint.params {
            let full = format!("{name} {param}");
            if !listed.contains(param) && !NEWER.contains(&full.as_str()) {
                strange.push(full);
            }
        }
        for required in body["required"].as_array().into_iter().flatten() {
            let required = required.as_str().expect("a name");
            assert!(endpoint.params.contains(&(required, true)), "{name} requires {required}");
        }
        compared += 1;
    }
    assert_eq!(strange, [""; 0], "Stripe does not list these");
    assert!(compared >= 20, "only {compared} endpoints were compared");
}

/// The required fields of a schema.
fn required<'a>(list: &'a Value, schema: &str) -> Vec<&'a str> {
    let required = list["components"]["schemas"][schema]["required"].as_array();
    required.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn every_object_has_the_fields_that_stripe_always_shows() {
    let Some(list) = list() else { return };
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[("discounts[0][coupon]", "SIM25")]).await;
    let charge = shop.stripe.objects("charge")[0]["id"].as_str().expect("an id").to_owned();
    shop.stripe.refund(&charge, Some(100)).expect("it is paid");
    shop.stripe.open_dispute(&charge, "fraudulent").expect("it is paid");
    shop.stripe.add_webhook("http://127.0.0.1:1/", &[]);
    let form = [("customer", ours.customer.as_str())];
    shop.post("billing_portal/sessions", &form).await.ok();

    let mut compared = 0;
    for (kind, schema) in [
        ("product", "product"),
        ("price", "price"),
        ("customer", "customer"),
        ("subscription", "subscription"),
        ("subscription", "subscription"),
        ("invoice", "invoice"),
        ("charge", "charge"),
        ("payment_intent", "payment_intent"),
        ("payment_method", "payment_method"),
        ("refund", "refund"),
        ("dispute", "dispute"),
        ("coupon", "coupon"),
        ("promotion_code", "promotion_code"),
        ("checkout.session", "checkout.session"),
        ("billing_portal.session", "billing_portal.session"),
        ("billing_portal.configuration", "billing_portal.configuration"),
        ("event", "event"),
        ("webhook_endpoint", "webhook_endpoint"),
    ] {
        let objects = shop.stripe.objects(kind);
        let object = objects.first().unwrap_or_else(|| panic!("there is no {kind}"));
        let required = required(&list, schema);
        for field in &required {
            let gone = GONE.contains(&format!("{kind} {field}").as_str());
            assert_eq!(object.get(*field).is_none(), gone, "{kind}: {field}");
        }
        compared += usize::from(!required.is_empty());
    }
    assert!(compared >= 12, "only {compared} kinds were compared");
}
