//! Whoever pays.

use serde_json::{Value, json};

use super::{
    super::id::{id, letters},
    with_nulls,
};

pub(crate) fn customer(livemode: bool, now: i64) -> Value {
    with_nulls(
        json!({
            "id": id("cus"),
            "object": "customer",
            "balance": 0,
            "created": now,
            "delinquent": false,
            "invoice_prefix": letters(8).to_uppercase(),
            "invoice_settings": {
                "custom_fields": null,
                "default_payment_method": null,
                "footer": null,
                "rendering_options": null,
            },
            "livemode": livemode,
            "metadata": {},
            "next_invoice_sequence": 1,
            "preferred_locales": [],
            "tax_exempt": "none",
        }),
        &[
            "address",
            "currency",
            "customer_account",
            "default_source",
            "description",
            "discount",
            "email",
            "name",
            "phone",
            "shipping",
            "test_clock",
        ],
    )
}

/// A number of a tax office that a customer gave.
pub(crate) fn tax_id(customer: &str, kind: &str, value: &str, livemode: bool, now: i64) -> Value {
    json!({
        "id": id("txi"),
        "object": "tax_id",
        "country": value.get(..2).filter(|_| kind == "eu_vat"),
        "created": now,
        "customer": customer,
        "customer_account": null,
        "livemode": livemode,
        "owner": {"type": "customer", "customer": customer, "customer_account": null},
        "type": kind,
        "value": value,
        "verification": {"status": "pending", "verified_address": null, "verified_name": null},
    })
}
