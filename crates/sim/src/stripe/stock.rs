//! Putting in what a simulator starts with.

use serde_json::json;

use super::{
    id::letters,
    setup::{NewCoupon, NewProduct, NewWebhook, Setup},
    shape::{catalogue, portal, webhook},
    sign::Secret,
    state::State,
    steer::Hook,
};

/// Puts everything of a setup in. No events tell of it: nobody was there to hear them.
pub(crate) fn stock(state: &mut State, setup: &Setup) {
    for livemode in [false, true] {
        let configuration = portal::configuration(livemode, true, state.now);
        state.insert("billing_portal.configuration", configuration);
    }
    for product in &setup.products {
        add_product(state, product);
    }
    for coupon in &setup.coupons {
        add_coupon(state, coupon);
    }
    for hook in &setup.webhooks {
        add_webhook(state, hook);
    }
}

/// A product with its prices.
pub(crate) fn add_product(state: &mut State, new: &NewProduct) {
    let now = state.now;
    let mut product = catalogue::product(&new.id, &new.name, false, now);
    product["description"] = json!(new.description);
    product["default_price"] = json!(new.prices.first().map(|price| &price.id));
    state.insert("product", product);
    for price in &new.prices {
        let shape = catalogue::price(
            &catalogue::Price {
                id: price.id.clone(),
                product: &new.id,
                currency: &price.currency,
                unit_amount: price.unit_amount,
                recurring: Some((&price.interval, 1)),
                livemode: false,
            },
            now,
        );
        state.insert("price", shape);
    }
}

/// A coupon, and its promotion code if it has one.
pub(crate) fn add_coupon(state: &mut State, new: &NewCoupon) {
    let now = state.now;
    let mut coupon = catalogue::coupon(&new.id, &new.duration, false, now);
    coupon["name"] = json!(new.id);
    coupon["percent_off"] = json!(new.percent_off);
    coupon["amount_off"] = json!(new.amount_off);
    coupon["currency"] = json!(new.currency);
    state.insert("coupon", coupon);
    if let Some(code) = &new.code {
        let promotion = catalogue::promotion_code(code, &new.id, false, now);
        state.insert("promotion_code", promotion);
    }
}

/// An endpoint of test mode.
pub(crate) fn add_webhook(state: &mut State, new: &NewWebhook) -> Hook {
    let events = if new.events.is_empty() { vec!["*".to_owned()] } else { new.events.clone() };
    let endpoint = webhook::endpoint(&new.url, &events, false, state.now);
    let id = state.insert("webhook_endpoint", endpoint);
    let secret = new.secret.clone().unwrap_or_else(|| format!("whsec_{}", letters(32)));
    state.secrets.insert(id.clone(), vec![Secret { text: secret.clone(), until: None }]);
    Hook { id, secret }
}
