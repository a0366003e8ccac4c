//! What renews.

use serde_json::{Value, json};

use super::{
    super::{fields::Fields, id::id},
    catalogue, list, ourselves, with_nulls,
};

/// What a subscription begins with.
pub(crate) struct New<'a> {
    pub customer: &'a str,
    pub currency: &'a str,
    pub status: &'a str,
    pub livemode: bool,
    pub now: i64,
    /// End of the first period: of the trial, if there is one.
    pub period_end: i64,
    pub trial: bool,
}

pub(crate) fn subscription(new: &New<'_>) -> Value {
    let trial = |at: i64| new.trial.then_some(at);
    let id = id("sub");
    with_nulls(
        json!({
            "items": list(Vec::new(), &format!("/v1/subscription_items?subscription={id}")),
            "id": id,
            "object": "subscription",
            "automatic_tax": {"disabled_reason": null, "enabled": false, "liability": null},
            "billing_cycle_anchor": if new.trial { new.period_end } else { new.now },
            "billing_mode": {
                "flexible": {"proration_discounts": "included"},
                "type": "flexible",
                "updated_at": new.now,
            },
            "billing_schedules": [],
            "cancel_at_period_end": false,
            "cancellation_details": {"comment": null, "feedback": null, "feedback_option": null, "reason": null},
            "collection_method": "charge_automatically",
            "created": new.now,
            "currency": new.currency,
            "customer": new.customer,
            "default_tax_rates": [],
            "discounts": [],
            "invoice_settings": {
                "account_tax_ids": null,
                "custom_fields": null,
                "description": null,
                "footer": null,
                "issuer": ourselves(),
            },
            "livemode": new.livemode,
            "metadata": {},
            "payment_settings": {
                "payment_method_options": null,
                "payment_method_types": null,
                "save_default_payment_method": "off",
            },
            "start_date": new.now,
            "status": new.status,
            "trial_end": trial(new.period_end),
            "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
            "trial_start": trial(new.now),
        }),
        &[
            "application",
            "application_fee_percent",
            "billing_cycle_anchor_config",
            "billing_thresholds",
            "cancel_at",
            "canceled_at",
            "customer_account",
            "days_until_due",
            "default_payment_method",
            "default_source",
            "description",
            "ended_at",
            "latest_invoice",
            "managed_payments",
            "next_pending_invoice_item_invoice",
            "on_behalf_of",
            "pause_collection",
            "pending_invoice_item_interval",
            "pending_setup_intent",
            "pending_update",
            "presentment_details",
            "schedule",
            "test_clock",
            "transfer_data",
        ],
    )
}

/// One price in a subscription, for a period.
pub(crate) fn item(subscription: &str, price: &Value, quantity: i64, period: (i64, i64)) -> Value {
    json!({
        "id": id("si"),
        "object": "subscription_item",
        "billed_until": null,
        "billing_thresholds": null,
        "created": period.0,
        "current_period_end": period.1,
        "current_period_start": period.0,
        "discounts": [],
        "metadata": {},
        "plan": catalogue::plan(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    })
}

/// Puts another price into an item.
pub(crate) fn set_price(item: &mut Value, price: &Value) {
    item["plan"] = catalogue::plan(price);
    item["price"] = price.clone();
}

/// Start and end of the current period, which lives on the items.
pub(crate) fn period(subscription: &Value) -> (i64, i64) {
    subscription
        .rows("items")
        .first()
        .map(|item| (item.int("current_period_start"), item.int("current_period_end")))
        .unwrap_or_default()
}
