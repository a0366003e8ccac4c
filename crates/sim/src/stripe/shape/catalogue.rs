//! What is sold, and what is taken off.

use serde_json::{Value, json};

use super::{
    super::{fields::Fields, id::id},
    with_nulls,
};

pub(crate) fn product(id: &str, name: &str, livemode: bool, now: i64) -> Value {
    with_nulls(
        json!({
            "id": id,
            "object": "product",
            "active": true,
            "created": now,
            "images": [],
            "livemode": livemode,
            "marketing_features": [],
            "metadata": {},
            "name": name,
            "type": "service",
            "updated": now,
        }),
        &[
            "default_price",
            "description",
            "package_dimensions",
            "shippable",
            "statement_descriptor",
            "tax_code",
            "unit_label",
            "url",
        ],
    )
}

/// What a price takes.
pub(crate) struct Price<'a> {
    pub id: String,
    pub product: &'a str,
    pub currency: &'a str,
    pub unit_amount: i64,
    /// Unit and count of the interval; none for a price that is paid once.
    pub recurring: Option<(&'a str, i64)>,
    pub livemode: bool,
}

pub(crate) fn price(price: &Price<'_>, now: i64) -> Value {
    let recurring = price.recurring.map(|(interval, count)| {
        json!({
            "interval": interval,
            "interval_count": count,
            "meter": null,
            "trial_period_days": null,
            "usage_type": "licensed",
        })
    });
    with_nulls(
        json!({
            "id": price.id,
            "object": "price",
            "active": true,
            "billing_scheme": "per_unit",
            "created": now,
            "currency": price.currency,
            "livemode": price.livemode,
            "metadata": {},
            "product": price.product,
            "recurring": recurring,
            "tax_behavior": "unspecified",
            "type": if price.recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": price.unit_amount,
            "unit_amount_decimal": price.unit_amount.to_string(),
        }),
        &["custom_unit_amount", "lookup_key", "nickname", "tiers_mode", "transform_quantity"],
    )
}

/// The old shape of a price, which subscription items still carry.
pub(crate) fn plan(price: &Value) -> Value {
    let recurring = &price["recurring"];
    with_nulls(
        json!({
            "id": price["id"],
            "object": "plan",
            "active": price["active"],
            "amount": price["unit_amount"],
            "amount_decimal": price["unit_amount_decimal"],
            "billing_scheme": "per_unit",
            "created": price["created"],
            "currency": price["currency"],
            "interval": recurring["interval"],
            "interval_count": recurring["interval_count"],
            "livemode": price["livemode"],
            "metadata": price["metadata"],
            "product": price["product"],
            "usage_type": "licensed",
        }),
        &["meter", "nickname", "tiers_mode", "transform_usage", "trial_period_days"],
    )
}

pub(crate) fn coupon(id: &str, duration: &str, livemode: bool, now: i64) -> Value {
    with_nulls(
        json!({
            "id": id,
            "object": "coupon",
            "created": now,
            "duration": duration,
            "livemode": livemode,
            "metadata": {},
            "times_redeemed": 0,
            "valid": true,
        }),
        &[
            "amount_off",
            "currency",
            "duration_in_months",
            "max_redemptions",
            "name",
            "percent_off",
            "redeem_by",
        ],
    )
}

pub(crate) fn promotion_code(code: &str, coupon: &str, livemode: bool, now: i64) -> Value {
    with_nulls(
        json!({
            "id": id("promo"),
            "object": "promotion_code",
            "active": true,
            "code": code,
            "created": now,
            "livemode": livemode,
            "metadata": {},
            "promotion": {"type": "coupon", "coupon": coupon},
            "restrictions": {
                "first_time_transaction": false,
                "minimum_amount": null,
                "minimum_amount_currency": null,
            },
            "times_redeemed": 0,
        }),
        &["customer", "customer_account", "expires_at", "max_redemptions"],
    )
}

/// A coupon in use by a subscription.
pub(crate) fn discount(
    coupon: &Value,
    promotion_code: Option<&str>,
    customer: &str,
    subscription: &str,
    now: i64,
) -> Value {
    with_nulls(
        json!({
            "id": id("di"),
            "object": "discount",
            "customer": customer,
            "livemode": coupon["livemode"],
            "promotion_code": promotion_code,
            "source": {"type": "coupon", "coupon": coupon.text("id")},
            "start": now,
            "subscription": subscription,
        }),
        &[
            "checkout_session",
            "customer_account",
            "end",
            "invoice",
            "invoice_item",
            "subscription_item",
        ],
    )
}
