//! Lists, their pages and filters, and what is expanded.

use serde_json::{Value, json};

use super::support::{GOOD, Shop, TEAM, id};

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().expect("rows").iter().map(id).collect()
}

#[tokio::test]
async fn pages_go_forth_and_back_without_gaps() {
    let shop = Shop::open().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(shop.customer().await);
    }
    made.reverse();
    let first = shop.get("customers", &[("limit", "3")]).await.ok();
    assert_eq!(
        (&first["object"], &first["has_more"], &first["url"]),
        (&json!("list"), &json!(true), &json!("/v1/customers"))
    );
    assert_eq!(ids(&first), made[..3]);
    let second = shop.get("customers", &[("limit", "3"), ("starting_after", &made[2])]).await.ok();
    assert_eq!((ids(&second), &second["has_more"]), (made[3..6].to_vec(), &json!(true)));
    let third = shop.get("customers", &[("limit", "3"), ("starting_after", &made[5])]).await.ok();
    assert_eq!((ids(&third), &third["has_more"]), (made[6..].to_vec(), &json!(false)));
    let back = shop.get("customers", &[("limit", "3"), ("ending_before", &made[6])]).await.ok();
    assert_eq!((ids(&back), &back["has_more"]), (made[3..6].to_vec(), &json!(true)));
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("limit", "0")], "limit"),
        (&[("limit", "101")], "limit"),
        (&[("starting_after", "cus_none")], "starting_after"),
        (&[("colour", "red")], "colour"),
    ];
    for (query, param) in cases {
        let answer = shop.get("customers", query).await;
        assert_eq!((answer.refusal().0, answer.refusal().3), (400, *param), "{query:?}");
    }
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let ended = shop.subscribed(TEAM, GOOD, &[]).await;
    shop.stripe.cancel_subscription(&ended.subscription).expect("it runs");
    let list =
        async |path: &str, query: &[(&str, &str)]| ids(&shop.get(path, query).await.ok()).len();
    let customer = [("customer", ended.customer.as_str())];
    assert_eq!(list("subscriptions", &[]).await, 1);
    assert_eq!(list("subscriptions", &[("status", "all")]).await, 2);
    assert_eq!(list("subscriptions", &[("status", "canceled")]).await, 1);
    assert_eq!(list("subscriptions", &customer).await, 0);
    assert_eq!(list("subscriptions", &[customer[0], ("status", "all")]).await, 1);
    assert_eq!(list("invoices", &[("subscription", &ours.subscription)]).await, 1);
    assert_eq!(list("invoices", &[("status", "open")]).await, 0);
    assert_eq!(list("customers", &[("email", "owner@example.org")]).await, 2);
    assert_eq!(list("customers", &[("email", "nobody@example.org")]).await, 0);
    assert_eq!(list("prices", &[("product", "prod_sim_team")]).await, 2);
    assert_eq!(list("prices", &[("recurring[interval]", "year")]).await, 2);
    assert_eq!(list("products", &[("active", "true")]).await, 2);
    assert_eq!(list("checkout/sessions", &[("status", "complete")]).await, 2);
    assert_eq!(list("promotion_codes", &[("code", "sim25")]).await, 1);
    let bad = shop.get("subscriptions", &[("status", "gone")]).await;
    assert_eq!(bad.refusal().3, "status");
}

#[tokio::test]
async fn events_are_listed_by_time_and_kind_for_thirty_days() {
    let shop = Shop::open().await;
    shop.customer().await;
    shop.hours(1);
    let since = shop.stripe.now().to_string();
    shop.subscribed(TEAM, GOOD, &[]).await;
    let list = async |query: &[(&str, &str)]| {
        let rows = shop.get("events", &[query, &[("limit", "100")]].concat()).await.ok();
        rows["data"].as_array().expect("rows").iter().map(|e| e["type"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(list(&[("type", "customer.created")]).await.len(), 2);
    assert_eq!(list(&[("type", "customer.created"), ("created[gte]", &since)]).await.len(), 1);
    let both = [("types[]", "invoice.paid"), ("types[]", "charge.succeeded")];
    assert_eq!(list(&both).await.len(), 2);
    assert_eq!(list(&[("type", "customer.subscription.*")]).await.len(), 2);
    let all = list(&[("created[gte]", &since)]).await;
    assert!(all.len() > 10, "{all:?}");
    shop.days(31);
    assert!(list(&[("type", "customer.created")]).await.is_empty());
}

#[tokio::test]
async fn ids_become_objects_where_that_is_asked_for() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let path = format!("subscriptions/{}", ours.subscription);
    let plain = shop.get(&path, &[]).await.ok();
    assert!(plain["customer"].is_string() && plain["latest_invoice"].is_string());
    let deep = [
        ("expand[]", "customer"),
        ("expand[]", "latest_invoice.payments"),
        ("expand[]", "items.data.price.product"),
        ("expand[]", "default_payment_method"),
        ("expand[]", "pending_setup_intent"),
    ];
    let full = shop.get(&path, &deep).await.ok();
    assert_eq!(full["customer"]["email"], "owner@example.org");
    assert_eq!(full["latest_invoice"]["payments"]["data"][0]["payment"]["type"], "payment_intent");
    assert_eq!(full["items"]["data"][0]["price"]["product"]["name"], "Team");
    assert_eq!(full["default_payment_method"]["card"]["last4"], "4242");
    let listed = shop.get("subscriptions", &[("expand[]", "data.customer")]).await.ok();
    assert_eq!(listed["data"][0]["customer"]["object"], "customer");
    for path_of in ["status", "nothing", "items.data.quantity"] {
        let refused = shop.get(&path, &[("expand[]", path_of)]).await;
        assert_eq!((refused.refusal().0, refused.refusal().3), (400, "expand"), "{path_of}");
    }
    let session = &shop.stripe.objects("checkout.session")[0];
    let path = format!("checkout/sessions/{}", id(session));
    let lines = shop.get(&path, &[("expand[]", "line_items")]).await.ok();
    assert_eq!(lines["line_items"]["data"][0]["price"]["id"], TEAM);
    let customer = format!("customers/{}", ours.customer);
    let subscriptions = shop.get(&customer, &[("expand[]", "subscriptions")]).await.ok();
    assert_eq!(subscriptions["subscriptions"]["data"][0]["id"], ours.subscription);
}

#[tokio::test]
async fn things_are_made_and_changed() {
    let shop = Shop::open().await;
    let product = shop.post("products", &[("name", "Extra")]).await.ok();
    let form = [
        ("product", product["id"].as_str().expect("an id")),
        ("currency", "EUR"),
        ("unit_amount", "500"),
        ("recurring[interval]", "month"),
    ];
    let price = shop.post("prices", &form).await.ok();
    assert_eq!((&price["currency"], &price["type"]), (&json!("eur"), &json!("recurring")));
    let path = format!("prices/{}", id(&price));
    shop.post(&path, &[("active", "false")]).await.ok();
    let customer = shop.customer().await;
    let session = [
        ("mode", "subscription"),
        ("success_url", "http://127.0.0.1:1/"),
        ("line_items[0][price]", price["id"].as_str().expect("an id")),
        ("line_items[0][quantity]", "1"),
    ];
    assert_eq!(shop.post("checkout/sessions", &session).await.refusal().3, "line_items[0][price]");
    let path = format!("customers/{customer}");
    let changed = shop
        .post(&path, &[("metadata[workspace]", ""), ("metadata[b]", "2"), ("name", "Ada")])
        .await
        .ok();
    assert_eq!((&changed["metadata"], &changed["name"]), (&json!({"b": "2"}), &json!("Ada")));
    let event = shop.event("customer.updated");
    assert_eq!(
        event["data"]["previous_attributes"],
        json!({"metadata": {"workspace": "w1", "b": null}, "name": null})
    );
    let coupon = [("percent_off", "50"), ("duration", "once")];
    let coupon = id(&shop.post("coupons", &coupon).await.ok());
    let code =
        [("promotion[type]", "coupon"), ("promotion[coupon]", coupon.as_str()), ("code", "HALF")];
    shop.post("promotion_codes", &code).await.ok();
    assert_eq!(shop.post("promotion_codes", &code).await.refusal().3, "code");
}
