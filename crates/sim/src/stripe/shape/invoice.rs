//! What is asked for, line by line.

use serde_json::{Value, json};

use super::{
    super::{fields::Fields, id::id},
    list, ourselves, with_nulls,
};

/// What an invoice begins with.
pub(crate) struct New<'a> {
    pub customer: &'a Value,
    pub subscription: &'a Value,
    pub reason: &'a str,
    /// Seconds since the Unix epoch, from and to.
    pub period: (i64, i64),
    pub now: i64,
}

/// A draft without lines.
pub(crate) fn invoice(new: &New<'_>) -> Value {
    let id = id("in");
    let (customer, subscription) = (new.customer, new.subscription);
    let taxed = subscription["automatic_tax"].yes("enabled");
    with_nulls(
        json!({
            "lines": list(Vec::new(), &format!("/v1/invoices/{id}/lines")),
            "id": id,
            "object": "invoice",
            "account_country": "DE",
            "account_name": "Simulated account (test)",
            "amount_due": 0,
            "amount_overpaid": 0,
            "amount_paid": 0,
            "amount_remaining": 0,
            "amount_shipping": 0,
            "attempt_count": 0,
            "attempted": false,
            "auto_advance": true,
            "automatic_tax": {
                "disabled_reason": null,
                "enabled": taxed,
                "liability": taxed.then(ourselves),
                "provider": taxed.then_some("stripe"),
                "status": taxed.then_some("complete"),
            },
            "billing_reason": new.reason,
            "collection_method": "charge_automatically",
            "created": new.now,
            "currency": subscription["currency"],
            "customer": customer["id"],
            "customer_address": customer["address"],
            "customer_email": customer["email"],
            "customer_name": customer["name"],
            "customer_phone": customer["phone"],
            "customer_shipping": customer["shipping"],
            "customer_tax_exempt": customer["tax_exempt"],
            "customer_tax_ids": [],
            "default_tax_rates": [],
            "discounts": [],
            "issuer": ourselves(),
            "livemode": subscription["livemode"],
            "metadata": {},
            "parent": {
                "quote_details": null,
                "subscription_details": {
                    "metadata": subscription["metadata"],
                    "subscription": subscription["id"],
                },
                "type": "subscription_details",
            },
            "payment_settings": {
                "default_mandate": null,
                "payment_method_options": null,
                "payment_method_types": null,
            },
            "period_end": new.period.1,
            "period_start": new.period.0,
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "starting_balance": customer.int("balance"),
            "status": "draft",
            "status_transitions": {
                "finalized_at": null,
                "marked_uncollectible_at": null,
                "paid_at": null,
                "voided_at": null,
            },
            "subtotal": 0,
            "subtotal_excluding_tax": 0,
            "total": 0,
            "total_discount_amounts": [],
            "total_excluding_tax": 0,
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
        }),
        &[
            "account_tax_ids",
            "application",
            "automatically_finalizes_at",
            "custom_fields",
            "customer_account",
            "default_payment_method",
            "default_source",
            "description",
            "due_date",
            "effective_at",
            "ending_balance",
            "footer",
            "from_invoice",
            "hosted_invoice_url",
            "invoice_pdf",
            "last_finalization_error",
            "latest_revision",
            "next_payment_attempt",
            "number",
            "on_behalf_of",
            "receipt_number",
            "rendering",
            "shipping_cost",
            "shipping_details",
            "statement_descriptor",
            "test_clock",
            "webhooks_delivered_at",
        ],
    )
}

/// What a line stands for.
pub(crate) struct Line<'a> {
    pub item: &'a Value,
    pub price: &'a Value,
    pub quantity: i64,
    pub amount: i64,
    pub description: String,
    pub period: (i64, i64),
    pub proration: bool,
}

pub(crate) fn line(line: &Line<'_>) -> Value {
    let price = line.price;
    let invoice_item = line.proration.then(|| id("ii"));
    json!({
        "id": id("il"),
        "object": "line_item",
        "amount": line.amount,
        "currency": price["currency"],
        "description": line.description,
        "discount_amounts": [],
        "discountable": !line.proration,
        "discounts": [],
        "invoice": null,
        "livemode": price["livemode"],
        "metadata": {},
        "parent": {
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": invoice_item,
                "proration": line.proration,
                "proration_details": {"credited_items": null},
                "subscription": line.item["subscription"],
                "subscription_item": line.item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": line.period.0, "end": line.period.1},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": line.quantity,
        "quantity_decimal": line.quantity.to_string(),
        "subscription": line.item["subscription"],
        "subtotal": line.amount,
        "taxes": [],
    })
}

/// That an invoice is to be paid by a payment intent.
pub(crate) fn payment(invoice: &Value, intent: &str, now: i64) -> Value {
    json!({
        "id": id("inpay"),
        "object": "invoice_payment",
        "amount_paid": null,
        "amount_requested": invoice["amount_due"],
        "created": now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": true,
        "livemode": invoice["livemode"],
        "payment": {"type": "payment_intent", "payment_intent": intent},
        "status": "open",
        "status_transitions": {"canceled_at": null, "paid_at": null},
    })
}

/// The subscription an invoice belongs to.
pub(crate) fn subscription_of(invoice: &Value) -> &str {
    invoice["parent"]["subscription_details"].text("subscription")
}
