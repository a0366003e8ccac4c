//! The Customer Portal.

use serde_json::json;

use super::support::{ASKS_ONCE, DECLINED, GOOD, SCALE, Shop, Subscribed, TEAM, id, text};

async fn visit(shop: &Shop, ours: &Subscribed, more: &[(&str, &str)]) -> String {
    let form =
        [&[("customer", ours.customer.as_str()), ("return_url", "http://127.0.0.1:1/home")], more]
            .concat();
    text(&shop.post("billing_portal/sessions", &form).await.ok(), "url")
}

#[tokio::test]
async fn the_home_page_shows_plan_card_and_invoices() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let url = visit(&shop, &ours, &[]).await;
    let page = shop.page(&url).await;
    for words in [
        "Team",
        "19.00 EUR / month",
        "visa ending in 4242",
        "Change plan",
        "Cancel plan",
        "Change card",
        "paid",
        "http://127.0.0.1:1/home",
    ] {
        page.says(words);
    }
    shop.hours(2);
    shop.page(&url).await.says("This link has expired");
}

#[tokio::test]
async fn a_plan_is_changed_after_its_cost_was_shown() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let url = visit(&shop, &ours, &[]).await;
    let plan = format!("{url}/plan/{}", ours.subscription);
    let page = shop.page(&plan).await;
    page.says("Scale – 79.00 EUR / month");
    page.says("(current)");
    let page = shop.page(&format!("{plan}?price={SCALE}")).await;
    for words in
        ["Unused time on Team", "−19.00 EUR", "79.00 EUR", "On the next invoice", "60.00 EUR"]
    {
        page.says(words);
    }
    let done = shop.submit(&plan, &[("price", SCALE)]).await;
    shop.page(&format!("{}{}", shop.stripe.base_url(), done.leads_to()))
        .await
        .says("Your plan was changed.");
    assert_eq!(shop.object(&ours.subscription)["items"]["data"][0]["price"]["id"], SCALE);
    shop.submit(&plan, &[("price", "price_none")]).await.says("not offered");
}

#[tokio::test]
async fn a_configuration_says_what_may_be_done() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let form = [
        ("features[subscription_update][enabled]", "true"),
        ("features[subscription_update][default_allowed_updates][0]", "price"),
        ("features[subscription_update][proration_behavior]", "always_invoice"),
        ("features[subscription_update][products][0][product]", "prod_sim_team"),
        ("features[subscription_update][products][0][prices][0]", TEAM),
        ("features[subscription_update][products][0][prices][1]", "price_sim_team_year"),
        ("features[payment_method_update][enabled]", "true"),
    ];
    let configuration = id(&shop.post("billing_portal/configurations", &form).await.ok());
    let url = visit(&shop, &ours, &[("configuration", &configuration)]).await;
    let page = shop.page(&url).await;
    assert!(!page.html.contains("Cancel plan") && !page.html.contains("Invoices"));
    let plans = shop.page(&format!("{url}/plan/{}", ours.subscription)).await;
    plans.says("190.00 EUR / year");
    assert!(!plans.html.contains("Scale"));
    let refused = shop.submit(&format!("{url}/cancel/{}", ours.subscription), &[]).await;
    assert_eq!(refused.status, 404);
    let flow = [
        ("customer", ours.customer.as_str()),
        ("configuration", &configuration),
        ("flow_data[type]", "subscription_cancel"),
        ("flow_data[subscription_cancel][subscription]", &ours.subscription),
    ];
    assert_eq!(shop.post("billing_portal/sessions", &flow).await.refusal().3, "flow_data[type]");
    let listed = shop.get("billing_portal/configurations", &[("is_default", "true")]).await.ok();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_plan_is_canceled_and_kept() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let url = visit(&shop, &ours, &[]).await;
    let cancel = format!("{url}/cancel/{}", ours.subscription);
    shop.page(&cancel).await.says("is not renewed");
    shop.submit(&cancel, &[]).await.leads_to();
    assert_eq!(shop.object(&ours.subscription)["cancel_at_period_end"], true);
    shop.page(&url).await.says("Keep plan");
    shop.submit(&format!("{url}/keep/{}", ours.subscription), &[]).await.leads_to();
    assert_eq!(shop.object(&ours.subscription)["cancel_at"], json!(null));
}

#[tokio::test]
async fn a_card_is_changed_and_charged_from_then_on() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let url = visit(&shop, &ours, &[("flow_data[type]", "payment_method_update")]).await;
    let card = shop.page(&url).await;
    let card = card.leads_to().to_owned();
    shop.submit(&card, &[("number", DECLINED)]).await.says("Your card was declined.");
    let bank = shop.submit(&card, &[("number", ASKS_ONCE)]).await;
    let back = shop.submit(bank.leads_to(), &[("answer", "fail")]).await;
    shop.page(back.leads_to()).await.says("requires authentication");
    let bank = shop.submit(&card, &[("number", ASKS_ONCE)]).await;
    let done = shop.submit(bank.leads_to(), &[("answer", "complete")]).await;
    shop.page(done.leads_to()).await.says("visa ending in 3155");
    shop.days(32);
    let charges = shop.stripe.objects("charge");
    let last = charges.last().expect("a renewal");
    assert_eq!(last["payment_method_details"]["card"]["last4"], "3155");
    assert_eq!(last["status"], "succeeded");
}

#[tokio::test]
async fn a_flow_begins_on_its_page_and_ends_where_it_was_told() {
    let shop = Shop::open().await;
    let ours = shop.subscribed(TEAM, GOOD, &[]).await;
    let item = id(&shop.object(&ours.subscription)["items"]["data"][0]);
    let flow = [
        ("flow_data[type]", "subscription_update_confirm"),
        ("flow_data[subscription_update_confirm][subscription]", ours.subscription.as_str()),
        ("flow_data[subscription_update_confirm][items][0][id]", &item),
        ("flow_data[subscription_update_confirm][items][0][price]", SCALE),
        ("flow_data[after_completion][type]", "redirect"),
        ("flow_data[after_completion][redirect][return_url]", "http://127.0.0.1:1/changed"),
    ];
    let url = visit(&shop, &ours, &flow).await;
    let confirm = shop.page(&url).await;
    let confirm = confirm.leads_to();
    shop.page(confirm).await.says("Confirm your new plan");
    let done = shop.submit(confirm, &[("price", SCALE)]).await;
    assert_eq!(done.leads_to(), "http://127.0.0.1:1/changed");

    let cancel = [
        ("flow_data[type]", "subscription_cancel"),
        ("flow_data[subscription_cancel][subscription]", ours.subscription.as_str()),
        ("flow_data[after_completion][type]", "hosted_confirmation"),
        ("flow_data[after_completion][hosted_confirmation][custom_message]", "Sad to see you go"),
    ];
    let url = visit(&shop, &ours, &cancel).await;
    let ask = shop.page(&url).await;
    let done = shop.submit(ask.leads_to(), &[]).await;
    shop.page(done.leads_to()).await.says("Sad to see you go");

    let other = shop.customer().await;
    let foreign = [&[("customer", other.as_str())], &cancel[..2]].concat();
    let refused = shop.post("billing_portal/sessions", &foreign).await;
    assert_eq!(refused.refusal().3, "flow_data[subscription_cancel][subscription]");
    let missing =
        [("customer", ours.customer.as_str()), ("flow_data[type]", "subscription_update")];
    assert_eq!(
        shop.post("billing_portal/sessions", &missing).await.refusal().2,
        "parameter_missing"
    );
}
