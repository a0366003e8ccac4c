//! Changes in the middle of a period.

use serde_json::{Value, json};

use super::support::{Case, GOOD, SCALE, Shop, TEAM, TEAM_YEAR, id, text};

/// A subscription to Team that is halfway through a period, and its item.
async fn halfway(shop: &Shop) -> (String, String, String) {
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let subscription = shop.object(&ours.subscription);
    let item = &subscription["items"]["data"][0];
    let (start, end) = (&item["current_period_start"], &item["current_period_end"]);
    let length = end.as_u64().expect("a time") - start.as_u64().expect("a time");
    shop.stripe.advance(std::time::Duration::from_secs(length / 2));
    (ours.customer, ours.subscription, id(item))
}

fn amounts(invoice: &Value) -> Vec<i64> {
    let lines = invoice["lines"]["data"].as_array().expect("lines");
    lines.iter().map(|line| line["amount"].as_i64().expect("an amount")).collect()
}

#[tokio::test]
async fn a_preview_says_what_a_change_will_cost_and_changes_nothing() {
    let shop = Shop::open().await;
    let (customer, subscription, item) = halfway(&shop).await;
    let events = shop.kinds().len();
    let preview = async |behavior: &str| {
        let form = [
            ("customer", customer.as_str()),
            ("subscription", &subscription),
            ("subscription_details[items][0][id]", &item),
            ("subscription_details[items][0][price]", SCALE),
            ("subscription_details[proration_behavior]", behavior),
        ];
        shop.post("invoices/create_preview", &form).await.ok()
    };
    let at_once = preview("always_invoice").await;
    assert_eq!(amounts(&at_once), [-950, 3_950]);
    assert_eq!((&at_once["amount_due"], &at_once["status"]), (&json!(3_000), &json!("draft")));
    let line = &at_once["lines"]["data"][0];
    assert_eq!(line["parent"]["subscription_item_details"]["proration"], true);
    assert_eq!(line["pricing"]["price_details"]["price"], TEAM);
    let later = preview("create_prorations").await;
    assert_eq!(amounts(&later), [-950, 3_950, 7_900]);
    let none = preview("none").await;
    assert_eq!(amounts(&none), [7_900]);
    assert_eq!(shop.object(&subscription)["items"]["data"][0]["price"]["id"], TEAM);
    assert_eq!(shop.kinds().len(), events);
}

#[tokio::test]
async fn an_upgrade_is_billed_at_once_or_with_the_next_invoice() {
    for (behavior, charged, next) in
        [("always_invoice", 2, 7_900), ("create_prorations", 1, 10_900), ("none", 1, 7_900)]
    {
        let shop = Shop::open().await;
        let (_, subscription, item) = halfway(&shop).await;
        let form = [
            ("items[0][id]", item.as_str()),
            ("items[0][price]", SCALE),
            ("proration_behavior", behavior),
        ];
        let path = format!("subscriptions/{subscription}");
        let changed = shop.post(&path, &form).await.ok();
        assert_eq!(changed["items"]["data"][0]["price"]["id"], SCALE, "{behavior}");
        assert_eq!(shop.stripe.objects("charge").len(), charged, "{behavior}");
        let previous = &shop.event("customer.subscription.updated")["data"]["previous_attributes"];
        assert!(previous["items"]["data"][0]["price"]["id"] == TEAM, "{behavior}: {previous}");
        if behavior == "always_invoice" {
            let invoice = shop.object(&text(&changed, "latest_invoice"));
            assert_eq!(
                (&invoice["billing_reason"], &invoice["total"]),
                (&json!("subscription_update"), &json!(3_000))
            );
        }
        shop.days(20);
        let renewed = shop.object(&text(&shop.object(&subscription), "latest_invoice"));
        assert_eq!(renewed["total"], next, "{behavior}");
    }
}

#[tokio::test]
async fn a_downgrade_leaves_a_credit_that_is_used_up_first() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(SCALE, GOOD, &[]).await;
    let item = id(&shop.object(&ours.subscription)["items"]["data"][0]);
    let form = [
        ("items[0][id]", item.as_str()),
        ("items[0][price]", TEAM),
        ("proration_behavior", "always_invoice"),
    ];
    shop.post(&format!("subscriptions/{}", ours.subscription), &form).await.ok();
    let credit = 7_900 - 1_900;
    assert_eq!(shop.object(&ours.customer)["balance"], -credit);
    shop.days(32);
    let renewed = shop.object(&text(&shop.object(&ours.subscription), "latest_invoice"));
    assert_eq!(
        (&renewed["total"], &renewed["amount_due"], &renewed["status"]),
        (&json!(1_900), &json!(0), &json!("paid"))
    );
    assert_eq!(shop.object(&ours.customer)["balance"], -credit + 1_900);
}

#[tokio::test]
async fn another_rhythm_begins_a_new_period() {
    let shop = Shop::open().await;
    let (_, subscription, item) = halfway(&shop).await;
    let form = [("items[0][id]", item.as_str()), ("items[0][price]", TEAM_YEAR)];
    let changed = shop.post(&format!("subscriptions/{subscription}"), &form).await.ok();
    let invoice = shop.object(&text(&changed, "latest_invoice"));
    assert_eq!(amounts(&invoice), [-950, 19_000]);
    assert_eq!(
        (&invoice["status"], &changed["billing_cycle_anchor"]),
        (&json!("paid"), &json!(shop.stripe.now()))
    );
    let item = &changed["items"]["data"][0];
    assert_eq!(item["current_period_start"], shop.stripe.now());
    assert!(item["current_period_end"].as_i64() > Some(shop.stripe.now() + 364 * 86_400));
}

#[tokio::test]
async fn in_a_trial_a_change_costs_nothing() {
    let shop = Shop::open().await;
    let trial = [("subscription_data[trial_period_days]", "14")];
    let ours = shop.subscribed(TEAM, GOOD, &trial).await;
    let item = id(&shop.object(&ours.subscription)["items"]["data"][0]);
    let form = [("items[0][id]", item.as_str()), ("items[0][price]", TEAM_YEAR)];
    let changed = shop.post(&format!("subscriptions/{}", ours.subscription), &form).await.ok();
    assert_eq!(changed["status"], "trialing");
    assert_eq!(shop.stripe.objects("invoice").len(), 1);
    shop.days(15);
    assert_eq!(shop.stripe.objects("charge")[0]["amount"], 19_000);
}

#[tokio::test]
async fn changes_that_make_no_sense_are_refused() {
    let shop = Shop::open().await;
    let (_, subscription, item) = halfway(&shop).await;
    let path = format!("subscriptions/{subscription}");
    let cases: &[Case<'_>] = &[
        (&[("items[0][id]", "si_none")], "resource_missing", "items[0][id]"),
        (
            &[("items[0][id]", &item), ("items[0][price]", "price_none")],
            "resource_missing",
            "items[0][price]",
        ),
        (&[("items[0][id]", &item), ("items[0][deleted]", "true")], "", "items"),
        (&[("items[0][quantity]", "2")], "parameter_missing", "items[0][price]"),
        (&[("items[0][price]", TEAM_YEAR)], "", "items"),
        (&[("proration_behavior", "sometimes")], "", "proration_behavior"),
        (&[("trial_end", "5")], "parameter_invalid_integer", "trial_end"),
        (&[("cancel_at", "5")], "parameter_invalid_integer", "cancel_at"),
    ];
    for (form, code, param) in cases {
        let answer = shop.post(&path, form).await;
        assert_eq!(answer.refusal(), (400, "invalid_request_error", *code, *param), "{form:?}");
    }
    assert_eq!(shop.object(&subscription)["items"]["data"].as_array().map(Vec::len), Some(1));
}
