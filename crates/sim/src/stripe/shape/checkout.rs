//! A page to subscribe on.

use serde_json::{Value, json};

use super::{
    super::id::{id, letters},
    with_nulls,
};

/// Mode, moment, and the addresses of pages.
pub(crate) struct New<'a> {
    pub livemode: bool,
    pub now: i64,
    pub expires_at: i64,
    pub base_url: &'a str,
}

pub(crate) fn session(new: &New<'_>) -> Value {
    let id = id(if new.livemode { "cs_live" } else { "cs_test" });
    // Like the real one, the address carries more than the id.
    let url = format!("{}/c/pay/{id}#{}", new.base_url, letters(16));
    with_nulls(
        json!({
            "url": url,
            "id": id,
            "object": "checkout.session",
            "adaptive_pricing": {"enabled": false},
            "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
            "created": new.now,
            "custom_fields": [],
            "custom_text": {
                "after_submit": null,
                "shipping_address": null,
                "submit": null,
                "terms_of_service_acceptance": null,
            },
            "discounts": [],
            "expires_at": new.expires_at,
            "livemode": new.livemode,
            "metadata": {},
            "mode": "subscription",
            "payment_method_collection": "always",
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "phone_number_collection": {"enabled": false},
            "saved_payment_method_options": {
                "allow_redisplay_filters": ["always"],
                "payment_method_remove": "disabled",
                "payment_method_save": null,
            },
            "shipping_options": [],
            "status": "open",
            "tax_id_collection": {"enabled": false, "required": "never"},
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page",
            "wallet_options": null,
        }),
        &[
            "after_expiration",
            "allow_promotion_codes",
            "amount_subtotal",
            "amount_total",
            "billing_address_collection",
            "branding_settings",
            "cancel_url",
            "client_reference_id",
            "client_secret",
            "collected_information",
            "consent",
            "consent_collection",
            "currency",
            "currency_conversion",
            "customer",
            "customer_account",
            "customer_creation",
            "customer_details",
            "customer_email",
            "invoice",
            "invoice_creation",
            "locale",
            "origin_context",
            "payment_intent",
            "payment_link",
            "payment_method_configuration_details",
            "permissions",
            "presentment_details",
            "recovered_from",
            "redirect_on_completion",
            "return_url",
            "setup_intent",
            "shipping_address_collection",
            "shipping_cost",
            "submit_type",
            "subscription",
            "success_url",
        ],
    )
}

/// A line of the page.
pub(crate) fn line(price: &Value, description: &str, quantity: i64, amounts: (i64, i64)) -> Value {
    let (subtotal, discount) = amounts;
    json!({
        "id": id("li"),
        "object": "item",
        "adjustable_quantity": null,
        "amount_discount": discount,
        "amount_subtotal": subtotal,
        "amount_tax": 0,
        "amount_total": subtotal - discount,
        "currency": price["currency"],
        "description": description,
        "metadata": {},
        "price": price,
        "quantity": quantity,
    })
}
