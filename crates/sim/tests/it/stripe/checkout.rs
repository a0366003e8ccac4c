//! Checkout: from the session over the page to the subscription, with each card.

use serde_json::{Value, json};

use super::support::{
    ASKS_ALWAYS, ASKS_ONCE, DECLINED, FAILS_LATER, GOOD, Page, Shop, TEAM, id, text,
};

const FORM: &[(&str, &str)] = &[("do", "pay"), ("name", "Ada Test")];

async fn pay(shop: &Shop, session: &Value, card: &str) -> Page {
    let form = [FORM, &[("number", card)]].concat();
    shop.submit(&text(session, "url"), &form).await
}

#[tokio::test]
async fn a_good_card_subscribes_and_leads_to_the_success_page() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let more = [("metadata[workspace]", "w1"), ("subscription_data[metadata][workspace]", "w1")];
    let session = shop.session(&customer, TEAM, &more).await;
    assert_eq!(
        (&session["status"], &session["payment_status"]),
        (&json!("open"), &json!("unpaid"))
    );
    let page = shop.page(&text(&session, "url")).await;
    for words in [
        "TEST – not the real Stripe",
        "Team",
        "19.00 EUR / month",
        "Total due today",
        "Back without",
    ] {
        page.says(words);
    }
    assert!(!page.html.contains("<script"), "no scripts");

    let paid = pay(&shop, &session, GOOD).await;
    let want = format!("http://127.0.0.1:1/done?session={}", id(&session));
    assert_eq!(paid.leads_to(), want);
    // A second click does nothing again.
    assert_eq!(pay(&shop, &session, GOOD).await.leads_to(), want);

    let path = format!("checkout/sessions/{}", id(&session));
    let session = shop.get(&path, &[("expand[]", "subscription")]).await.ok();
    assert_eq!(
        (&session["status"], &session["payment_status"]),
        (&json!("complete"), &json!("paid"))
    );
    let subscription = &session["subscription"];
    assert_eq!(
        (&subscription["status"], &subscription["metadata"]),
        (&json!("active"), &json!({"workspace": "w1"}))
    );
    let item = &subscription["items"]["data"][0];
    assert_eq!(item["price"]["id"], TEAM);
    assert_eq!(item["current_period_start"], shop.stripe.now());
    let charges = shop.get("charges", &[("customer", customer.as_str())]).await.ok();
    let card = &charges["data"][0]["payment_method_details"]["card"];
    assert_eq!((&card["brand"], &card["last4"]), (&json!("visa"), &json!("4242")));
    assert_eq!(charges["data"][0]["amount"], 1_900);
    assert_eq!(shop.stripe.objects("subscription").len(), 1);

    let order = [
        "checkout.session.completed",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "charge.succeeded",
        "payment_intent.succeeded",
        "customer.subscription.updated",
    ];
    let kinds = shop.kinds();
    for kind in order {
        let times = kinds.iter().filter(|known| *known == kind).count();
        assert_eq!(times, 1, "{kind} in {kinds:?}");
    }
    let updated = shop.event("customer.subscription.updated");
    assert_eq!(updated["data"]["previous_attributes"], json!({"status": "incomplete"}));
    assert_eq!(updated["request"], json!({"id": null, "idempotency_key": null}));
}

#[tokio::test]
async fn a_declined_card_stays_on_the_page_and_says_why() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let session = shop.session(&customer, TEAM, &[]).await;
    pay(&shop, &session, DECLINED).await.says("Your card was declined.");
    pay(&shop, &session, "4000000000009995").await.says("insufficient funds");
    pay(&shop, &session, "1234123412341234").await.says("card number is invalid");
    pay(&shop, &session, FAILS_LATER).await.says("Your card was declined.");
    assert!(shop.stripe.objects("subscription").is_empty());
    assert_eq!(shop.object(&id(&session))["status"], "open");
    pay(&shop, &session, GOOD).await.leads_to();
}

#[tokio::test]
async fn a_bank_that_asks_is_answered_on_its_page() {
    for card in [ASKS_ONCE, ASKS_ALWAYS] {
        let shop = Shop::open().await;
        let customer = shop.customer().await;
        let session = shop.session(&customer, TEAM, &[]).await;
        let bank = pay(&shop, &session, card).await;
        let bank = bank.leads_to();
        shop.page(bank).await.says("Complete");
        let back = shop.submit(bank, &[("answer", "fail")]).await;
        shop.page(back.leads_to()).await.says("requires authentication");
        assert!(shop.stripe.objects("subscription").is_empty());
        assert_eq!(shop.page(bank).await.status, 404);

        let bank = pay(&shop, &session, card).await;
        let done = shop.submit(bank.leads_to(), &[("answer", "complete")]).await;
        assert!(done.leads_to().starts_with("http://127.0.0.1:1/done"), "{done:?}");
        assert_eq!(shop.stripe.objects("subscription")[0]["status"], "active");
    }
}

#[tokio::test]
async fn a_trial_costs_nothing_yet_and_takes_a_card_that_fails_later() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let trial = [("subscription_data[trial_period_days]", "14")];
    let session = shop.session(&customer, TEAM, &trial).await;
    let page = shop.page(&text(&session, "url")).await;
    page.says("Free trial until");
    page.says("Start trial");
    pay(&shop, &session, FAILS_LATER).await.leads_to();
    let subscription = &shop.stripe.objects("subscription")[0];
    assert_eq!(subscription["status"], "trialing");
    assert_eq!(subscription["trial_end"], shop.stripe.now() + 14 * 86_400);
    let session = shop.object(&id(&session));
    assert_eq!(session["payment_status"], "no_payment_required");
    let invoice = shop.object(&text(subscription, "latest_invoice"));
    assert_eq!((&invoice["status"], &invoice["amount_due"]), (&json!("paid"), &json!(0)));
    assert!(shop.stripe.objects("charge").is_empty());
}

#[tokio::test]
async fn codes_and_coupons_take_something_off() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let session = shop.session(&customer, TEAM, &[("allow_promotion_codes", "true")]).await;
    let url = text(&session, "url");
    shop.submit(&url, &[("do", "code"), ("code", "NOPE")]).await.says("This code is invalid.");
    shop.submit(&url, &[("do", "code"), ("code", "sim25")]).await.says("14.25 EUR");
    pay(&shop, &session, GOOD).await.leads_to();
    let subscription = shop.stripe.objects("subscription")[0].clone();
    let invoice = shop.object(&text(&subscription, "latest_invoice"));
    assert_eq!((&invoice["subtotal"], &invoice["total"]), (&json!(1_900), &json!(1_425)));
    assert_eq!(invoice["total_discount_amounts"][0]["amount"], 475);
    let path = format!("subscriptions/{}", id(&subscription));
    let expand = [("expand[]", "discounts.source.coupon")];
    let subscription = shop.get(&path, &expand).await.ok();
    assert_eq!(subscription["discounts"][0]["source"]["coupon"]["percent_off"], 25.0);

    let session = shop.session(&customer, TEAM, &[("discounts[0][coupon]", "SIMONCE")]).await;
    assert_eq!(session["amount_total"], 1_400);
    let taken = shop.submit(&text(&session, "url"), &[("do", "code"), ("code", "SIM25")]).await;
    taken.says("takes no codes");
}

#[tokio::test]
async fn a_stranger_becomes_a_customer_with_address_and_tax_id() {
    let shop = Shop::open().await;
    let form = [
        ("mode", "subscription"),
        ("line_items[0][price]", TEAM),
        ("line_items[0][quantity]", "1"),
        ("success_url", "http://127.0.0.1:1/"),
        ("billing_address_collection", "required"),
        ("tax_id_collection[enabled]", "true"),
    ];
    let session = shop.post("checkout/sessions", &form).await.ok();
    let url = text(&session, "url");
    let page = shop.page(&url).await;
    for label in
        ["Email", "Card number", "Name on card", "Country (two letters)", "VAT number (optional)"]
    {
        page.says(&format!("{label}</label>"));
    }
    let filled = [FORM, &[("number", GOOD), ("email", "new@example.org")]].concat();
    shop.submit(&url, &filled).await.says("billing address is incomplete");
    let address = [
        ("country", "DE"),
        ("line1", "Teststraße 1"),
        ("postal_code", "10115"),
        ("city", "Berlin"),
        ("tax_id", "DE123456789"),
    ];
    shop.submit(&url, &[filled.as_slice(), &address].concat()).await.leads_to();
    let customer = &shop.stripe.objects("customer")[0];
    assert_eq!(
        (&customer["email"], &customer["address"]["city"]),
        (&json!("new@example.org"), &json!("Berlin"))
    );
    let session = shop.object(&id(&session));
    assert_eq!(
        session["customer_details"]["tax_ids"],
        json!([{"type": "eu_vat", "value": "DE123456789"}])
    );
    assert!(shop.kinds().contains(&"customer.created".to_owned()));
}

#[tokio::test]
async fn sessions_expire_by_time_and_on_demand() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let (by_time, on_demand) =
        (shop.session(&customer, TEAM, &[]).await, shop.session(&customer, TEAM, &[]).await);
    let path = format!("checkout/sessions/{}/expire", id(&on_demand));
    assert_eq!(shop.post(&path, &[]).await.ok()["status"], "expired");
    assert_eq!(shop.post(&path, &[]).await.status, 400);
    shop.hours(23);
    assert_eq!(shop.object(&id(&by_time))["status"], "open");
    shop.hours(1);
    assert_eq!(shop.object(&id(&by_time))["status"], "expired");
    shop.page(&text(&by_time, "url")).await.says("This session has expired");
    pay(&shop, &by_time, GOOD).await.says("This session has expired");
    assert!(shop.stripe.objects("subscription").is_empty());
    assert_eq!(shop.event("checkout.session.expired")["data"]["object"]["id"], by_time["id"]);
}

#[tokio::test]
async fn no_card_number_stays_anywhere() {
    let shop = Shop::open().await;
    for (card, last4) in [(GOOD, "4242"), (ASKS_ONCE, "3155")] {
        let customer = shop.customer().await;
        let session = shop.session(&customer, TEAM, &[]).await;
        let paid = pay(&shop, &session, card).await;
        if paid.leads_to().starts_with("/authenticate") {
            shop.submit(paid.leads_to(), &[("answer", "complete")]).await.leads_to();
        }
        let dump = shop.stripe.dump();
        assert!(dump.contains(&format!("\"last4\":\"{last4}\"")));
        assert!(!dump.contains(card), "the number of {last4} was kept");
    }
}
