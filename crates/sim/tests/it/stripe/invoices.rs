//! Invoices by API and on their page; refunds and disputes.

use serde_json::json;

use super::support::{ASKS_ALWAYS, DECLINED, FAILS_LATER, GOOD, Shop, TEAM, id, text};

const TRIAL: &[(&str, &str)] = &[("subscription_data[trial_period_days]", "14")];

#[tokio::test]
async fn an_open_invoice_is_paid_on_its_page_with_another_card() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, FAILS_LATER, TRIAL).await;
    shop.days(15);
    let invoice = shop.object(&text(&shop.object(&ours.subscription), "latest_invoice"));
    let url = text(&invoice, "hosted_invoice_url");
    let page = shop.page(&url).await;
    page.says("19.00 EUR");
    page.says("ending in 0341");
    shop.submit(&url, &[("do", "saved")]).await.says("Your card was declined.");
    shop.submit(&url, &[("do", "card"), ("number", DECLINED)])
        .await
        .says("Your card was declined.");
    let paid = shop.submit(&url, &[("do", "card"), ("number", GOOD)]).await;
    paid.says("<strong>paid</strong>");
    assert!(!paid.html.contains("<form"));
    let subscription = shop.object(&ours.subscription);
    assert_eq!(subscription["status"], "active");
    let method = shop.object(&text(&subscription, "default_payment_method"));
    assert_eq!(method["card"]["last4"], "4242");
    let pdf = shop.http.get(text(&invoice, "invoice_pdf")).send().await.expect("an answer");
    let pdf = pdf.bytes().await.expect("bytes");
    assert!(pdf.starts_with(b"%PDF-1.4") && pdf.ends_with(b"%%EOF\n"));
}

#[tokio::test]
async fn a_bank_that_asks_on_the_invoice_page_is_answered_there() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, FAILS_LATER, TRIAL).await;
    shop.days(15);
    let invoice = text(&shop.object(&ours.subscription), "latest_invoice");
    let url = text(&shop.object(&invoice), "hosted_invoice_url");
    let bank = shop.submit(&url, &[("do", "card"), ("number", ASKS_ALWAYS)]).await;
    let back = shop.submit(bank.leads_to(), &[("answer", "fail")]).await;
    shop.page(back.leads_to()).await.says("requires authentication");
    let bank = shop.submit(&url, &[("do", "authenticate")]).await;
    shop.submit(bank.leads_to(), &[("answer", "complete")]).await.leads_to();
    assert_eq!(shop.object(&invoice)["status"], "paid");
}

#[tokio::test]
async fn an_invoice_is_paid_by_the_api_or_says_why_not() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    shop.stripe.decline_next(&ours.customer, "insufficient_funds", 2).expect("a customer");
    shop.days(32);
    let invoice = text(&shop.object(&ours.subscription), "latest_invoice");
    let path = format!("invoices/{invoice}/pay");
    let declined = shop.post(&path, &[]).await;
    assert_eq!(declined.refusal(), (402, "card_error", "card_declined", ""));
    assert_eq!(declined.json["error"]["decline_code"], "insufficient_funds");
    assert_eq!(shop.post(&path, &[]).await.ok()["status"], "paid");
    assert_eq!(shop.post(&path, &[]).await.refusal().2, "invoice_already_paid");

    let other = shop.subscribed(TEAM, ASKS_ALWAYS, &[]).await;
    shop.days(32);
    let invoice = text(&shop.object(&other.subscription), "latest_invoice");
    let asks = shop.post(&format!("invoices/{invoice}/pay"), &[]).await;
    assert_eq!(asks.refusal(), (402, "card_error", "invoice_payment_intent_requires_action", ""));
    let void = shop.post(&format!("invoices/{invoice}/void"), &[]).await.ok();
    assert_eq!(void["status"], "void");
}

#[tokio::test]
async fn charges_are_refunded_in_parts_and_not_more_than_once() {
    let shop = Shop::open().await;
    shop.subscribed(TEAM, GOOD, &[]).await;
    let charge = id(&shop.stripe.objects("charge")[0]);
    let part =
        [("charge", charge.as_str()), ("amount", "500"), ("reason", "requested_by_customer")];
    let refund = shop.post("refunds", &part).await.ok();
    assert_eq!((&refund["amount"], &refund["status"]), (&json!(500), &json!("succeeded")));
    assert_eq!(shop.post("refunds", &[("charge", &charge), ("amount", "1401")]).await.status, 400);
    shop.post("refunds", &[("charge", &charge)]).await.ok();
    let again = shop.post("refunds", &[("charge", &charge)]).await;
    assert_eq!(again.refusal().2, "charge_already_refunded");
    let shown = shop.get(&format!("charges/{charge}"), &[("expand[]", "refunds")]).await.ok();
    assert_eq!((&shown["refunded"], &shown["amount_refunded"]), (&json!(true), &json!(1_900)));
    assert_eq!(shown["refunds"]["data"].as_array().map(Vec::len), Some(2));
    let event = shop.event("charge.refunded");
    let previous = json!({"amount_refunded": 500, "refunded": false});
    assert_eq!(event["data"]["previous_attributes"], previous);
    assert!(event["request"]["id"].is_string());
}

#[tokio::test]
async fn a_dispute_is_opened_by_the_holder_and_closed_by_the_bank() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let charge = id(&shop.stripe.objects("charge")[0]);
    let dispute = shop.stripe.open_dispute(&charge, "fraudulent").expect("a charge");
    assert_eq!(shop.object(&charge)["disputed"], true);
    let listed = shop.get("disputes", &[("charge", &charge)]).await.ok();
    assert_eq!(
        (&listed["data"][0]["id"], &listed["data"][0]["status"]),
        (&json!(dispute), &json!("needs_response"))
    );
    assert_eq!(shop.post("refunds", &[("charge", &charge)]).await.refusal().2, "charge_disputed");
    shop.stripe.close_dispute(&dispute, false).expect("an open one");
    assert_eq!(shop.event("charge.dispute.closed")["data"]["object"]["status"], "lost");
    assert!(shop.stripe.close_dispute(&dispute, true).is_err());
    assert_eq!(shop.object(&ours.subscription)["status"], "active");
}
