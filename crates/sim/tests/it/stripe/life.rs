//! The life of a subscription.

use serde_json::{Value, json};
use sim::stripe::AfterRetries;

use super::support::{ASKS_ALWAYS, ASKS_ONCE, FAILS_LATER, GOOD, Shop, TEAM, text};

const TRIAL: &[(&str, &str)] = &[("subscription_data[trial_period_days]", "14")];

fn status(shop: &Shop, subscription: &str) -> Value {
    shop.object(subscription)["status"].clone()
}

#[tokio::test]
async fn it_renews_month_after_month() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let before = shop.object(&ours.subscription);
    let first_end = before["items"]["data"][0]["current_period_end"].as_i64().expect("a time");
    shop.days(32);
    let after = shop.object(&ours.subscription);
    let item = &after["items"]["data"][0];
    assert_eq!(
        (&after["status"], &item["current_period_start"]),
        (&json!("active"), &json!(first_end))
    );
    let invoice = shop.object(&text(&after, "latest_invoice"));
    assert_eq!(
        (&invoice["status"], &invoice["billing_reason"]),
        (&json!("paid"), &json!("subscription_cycle"))
    );
    // A draft for an hour, as the real ones are; each event at its own moment.
    let created = shop.event("invoice.created");
    let paid = shop.event("invoice.paid");
    assert_eq!(
        (&created["created"], &paid["created"]),
        (&json!(first_end), &json!(first_end + 3_600))
    );
    assert_eq!(created["data"]["object"]["status"], "draft");
    shop.days(366);
    assert_eq!(shop.stripe.objects("invoice").len(), 1 + 1 + 12);
    assert_eq!(shop.stripe.objects("charge").len(), 14);
}

#[tokio::test]
async fn a_trial_is_announced_and_ends_in_a_payment() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, TRIAL).await;
    shop.days(10);
    assert!(!shop.kinds().contains(&"customer.subscription.trial_will_end".to_owned()));
    shop.days(1);
    shop.event("customer.subscription.trial_will_end");
    shop.days(4);
    assert_eq!(status(&shop, &ours.subscription), "active");
    assert_eq!(shop.stripe.objects("charge")[0]["amount"], 1_900);
}

#[tokio::test]
async fn a_failing_card_leads_over_past_due_to_the_end() {
    for (after_retries, want) in [
        (AfterRetries::Cancel, "canceled"),
        (AfterRetries::MarkUnpaid, "unpaid"),
        (AfterRetries::LeavePastDue, "past_due"),
    ] {
        let shop = Shop::with(|setup| setup.after_retries = after_retries).await;
        let ours = shop.subscribed(TEAM, FAILS_LATER, TRIAL).await;
        shop.days(15);
        assert_eq!(status(&shop, &ours.subscription), "past_due");
        let invoice = shop.object(&text(&shop.object(&ours.subscription), "latest_invoice"));
        assert_eq!((&invoice["status"], &invoice["attempt_count"]), (&json!("open"), &json!(1)));
        assert!(invoice["next_payment_attempt"].is_i64());
        let failed = shop.event("invoice.payment_failed");
        assert_eq!(failed["data"]["object"]["attempt_count"], 1);
        assert_eq!(shop.event("charge.failed")["data"]["object"]["failure_code"], "card_declined");
        assert_eq!(shop.object(&ours.customer)["delinquent"], true);
        shop.days(4);
        assert_eq!(shop.event("invoice.payment_failed")["data"]["object"]["attempt_count"], 2);
        assert_eq!(status(&shop, &ours.subscription), "past_due");
        shop.days(12);
        assert_eq!(status(&shop, &ours.subscription), want, "{after_retries:?}");
        let invoice = shop.object(&text(&failed["data"]["object"], "id"));
        assert_eq!(
            (&invoice["attempt_count"], &invoice["next_payment_attempt"]),
            (&json!(4), &Value::Null)
        );
        if want == "canceled" {
            let deleted = shop.event("customer.subscription.deleted");
            assert_eq!(
                deleted["data"]["object"]["cancellation_details"]["reason"],
                "payment_failed"
            );
        }
    }
}

#[tokio::test]
async fn a_payment_in_time_makes_it_active_again() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    shop.stripe.decline_next(&ours.customer, "insufficient_funds", 1).expect("a customer");
    shop.days(32);
    assert_eq!(status(&shop, &ours.subscription), "past_due");
    assert_eq!(
        shop.event("charge.failed")["data"]["object"]["outcome"]["reason"],
        "insufficient_funds"
    );
    shop.days(3);
    assert_eq!(status(&shop, &ours.subscription), "active");
    let back = shop.event("customer.subscription.updated");
    assert_eq!(back["data"]["previous_attributes"], json!({"status": "past_due"}));
    assert_eq!(shop.object(&ours.customer)["delinquent"], false);
}

#[tokio::test]
async fn a_bank_that_asks_again_waits_for_the_person() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, ASKS_ALWAYS, &[]).await;
    let quiet = shop.subscribed(TEAM, ASKS_ONCE, &[]).await;
    shop.days(32);
    assert_eq!(status(&shop, &quiet.subscription), "active");
    assert_eq!(status(&shop, &ours.subscription), "past_due");
    let asked = shop.event("invoice.payment_action_required");
    let page = text(&asked["data"]["object"], "hosted_invoice_url");
    shop.page(&page).await.says("Complete authentication");
    let bank = shop.submit(&page, &[("do", "authenticate")]).await;
    let back = shop.submit(bank.leads_to(), &[("answer", "complete")]).await;
    shop.page(back.leads_to()).await.says("<strong>paid</strong>");
    assert_eq!(status(&shop, &ours.subscription), "active");
}

#[tokio::test]
async fn what_is_never_paid_for_expires_after_23_hours() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", TEAM),
        ("payment_behavior", "default_incomplete"),
        ("expand[]", "latest_invoice.confirmation_secret"),
        ("expand[]", "latest_invoice.payments"),
    ];
    let subscription = shop.post("subscriptions", &form).await.ok();
    assert_eq!(subscription["status"], "incomplete");
    let invoice = &subscription["latest_invoice"];
    assert!(text(&invoice["confirmation_secret"], "client_secret").starts_with("pi_"));
    assert_eq!(invoice["payments"]["data"][0]["status"], "open");
    shop.hours(22);
    assert_eq!(status(&shop, &text(&subscription, "id")), "incomplete");
    shop.hours(2);
    assert_eq!(status(&shop, &text(&subscription, "id")), "incomplete_expired");
    assert_eq!(shop.object(&text(invoice, "id"))["status"], "void");
}

#[tokio::test]
async fn an_end_can_be_set_and_taken_back() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let path = format!("subscriptions/{}", ours.subscription);
    let ending = shop.post(&path, &[("cancel_at_period_end", "true")]).await.ok();
    assert_eq!(ending["cancel_at"], ending["items"]["data"][0]["current_period_end"]);
    assert_eq!(ending["status"], "active");
    let kept = shop.post(&path, &[("cancel_at_period_end", "false")]).await.ok();
    assert_eq!((&kept["cancel_at"], &kept["canceled_at"]), (&Value::Null, &Value::Null));
    let previous = &shop.event("customer.subscription.updated")["data"]["previous_attributes"];
    assert_eq!(previous["cancel_at_period_end"], true);
    shop.post(&path, &[("cancel_at_period_end", "true")]).await.ok();
    shop.days(32);
    let ended = shop.object(&ours.subscription);
    assert_eq!((&ended["status"], &ended["ended_at"]), (&json!("canceled"), &ended["cancel_at"]));
    assert_eq!(shop.stripe.objects("charge").len(), 1);
    assert_eq!(shop.post(&path, &[("cancel_at_period_end", "false")]).await.status, 400);

    let at_once = shop.subscribed(TEAM, GOOD, &[]).await;
    let path = format!("subscriptions/{}", at_once.subscription);
    let soon = (shop.stripe.now() + 5 * 86_400).to_string();
    shop.post(&path, &[("cancel_at", &soon)]).await.ok();
    shop.days(6);
    assert_eq!(status(&shop, &at_once.subscription), "canceled");

    let deleted = shop.subscribed(TEAM, GOOD, &[]).await;
    let path = format!("subscriptions/{}", deleted.subscription);
    let reason = [("cancellation_details[comment]", "moved away")];
    let gone = shop.call(reqwest::Method::DELETE, &path, &reason).await.ok();
    assert_eq!(
        (&gone["status"], &gone["cancellation_details"]["comment"]),
        (&json!("canceled"), &json!("moved away"))
    );
    assert_eq!(shop.call(reqwest::Method::DELETE, &path, &[]).await.status, 404);
}

#[tokio::test]
async fn a_trial_can_be_ended_early_or_made_longer() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, TRIAL).await;
    let path = format!("subscriptions/{}", ours.subscription);
    let later = shop.stripe.now() + 30 * 86_400;
    let longer = shop.post(&path, &[("trial_end", &later.to_string())]).await.ok();
    assert_eq!((&longer["status"], &longer["trial_end"]), (&json!("trialing"), &json!(later)));
    assert_eq!(longer["items"]["data"][0]["current_period_end"], later);
    let ended = shop.post(&path, &[("trial_end", "now")]).await.ok();
    assert_eq!(
        (&ended["status"], &ended["trial_end"]),
        (&json!("active"), &json!(shop.stripe.now()))
    );
    assert_eq!(shop.stripe.objects("charge").len(), 1);
}

#[tokio::test]
async fn a_deleted_customer_takes_everything_along() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let path = format!("customers/{}", ours.customer);
    let gone = shop.call(reqwest::Method::DELETE, &path, &[]).await.ok();
    assert_eq!(gone, json!({"id": ours.customer, "object": "customer", "deleted": true}));
    assert_eq!(shop.get(&path, &[]).await.ok(), gone);
    assert_eq!(shop.post(&path, &[("name", "x")]).await.status, 404);
    assert_eq!(status(&shop, &ours.subscription), "canceled");
    assert_eq!(shop.event("customer.deleted")["data"]["object"]["email"], "owner@example.org");
    shop.event("customer.subscription.deleted");
    assert_eq!(shop.get("customers", &[]).await.ok()["data"], json!([]));
}
