//! Cards, attempts, charges, and money that goes back.

use serde_json::{Value, json};

use super::{
    super::{
        cards::Card,
        fields::Fields,
        id::{id, letters},
    },
    with_nulls,
};

fn no_billing_details() -> Value {
    json!({
        "address": {
            "city": null, "country": null, "line1": null,
            "line2": null, "postal_code": null, "state": null,
        },
        "email": null,
        "name": null,
        "phone": null,
        "tax_id": null,
    })
}

fn checks() -> Value {
    json!({
        "address_line1_check": null,
        "address_postal_code_check": null,
        "cvc_check": "pass",
    })
}

/// A card of a customer: brand and last four digits, as Stripe shows them, and never the number.
pub(crate) fn payment_method(card: Card, customer: &Value, expires_year: i64, now: i64) -> Value {
    json!({
        "id": id("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": no_billing_details(),
        "card": {
            "brand": card.brand,
            "checks": checks(),
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": 12,
            "exp_year": expires_year,
            "fingerprint": letters(16),
            "funding": "credit",
            "generated_from": null,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": null},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": true},
            "wallet": null,
        },
        "created": now,
        "customer": customer["id"],
        "customer_account": null,
        "livemode": customer["livemode"],
        "metadata": {},
        "type": "card",
    })
}

/// An intent to collect what an invoice asks for.
pub(crate) fn intent(invoice: &Value, now: i64) -> Value {
    let id = id("pi");
    with_nulls(
        json!({
            "client_secret": format!("{id}_secret_{}", letters(24)),
            "id": id,
            "object": "payment_intent",
            "amount": invoice["amount_due"],
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "capture_method": "automatic",
            "confirmation_method": "automatic",
            "created": now,
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "description": "Subscription payment",
            "livemode": invoice["livemode"],
            "metadata": {},
            "payment_method_options": {
                "card": {
                    "installments": null,
                    "mandate_options": null,
                    "network": null,
                    "request_three_d_secure": "automatic",
                },
            },
            "payment_method_types": ["card"],
            "setup_future_usage": "off_session",
            "status": "requires_payment_method",
        }),
        &[
            "application",
            "application_fee_amount",
            "automatic_payment_methods",
            "canceled_at",
            "cancellation_reason",
            "customer_account",
            "excluded_payment_method_types",
            "last_payment_error",
            "latest_charge",
            "next_action",
            "on_behalf_of",
            "payment_method",
            "payment_method_configuration_details",
            "presentment_details",
            "processing",
            "receipt_email",
            "review",
            "shipping",
            "source",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_data",
            "transfer_group",
        ],
    )
}

/// One attempt: paid, or declined with this code and these words.
pub(crate) fn charge(
    intent: &Value,
    method: &Value,
    failure: Option<(&str, &str)>,
    now: i64,
) -> Value {
    let paid = failure.is_none();
    let card = &method["card"];
    let amount = intent.int("amount");
    let outcome = match failure {
        None => json!({
            "advice_code": null, "network_advice_code": null, "network_decline_code": null,
            "network_status": "approved_by_network", "reason": null, "risk_level": "normal",
            "risk_score": 20, "seller_message": "Payment complete.", "type": "authorized",
        }),
        Some((code, _)) => json!({
            "advice_code": "try_again_later", "network_advice_code": null, "network_decline_code": "01",
            "network_status": "declined_by_network", "reason": code, "risk_level": "normal",
            "risk_score": 20, "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        }),
    };
    with_nulls(
        json!({
            "id": id("ch"),
            "object": "charge",
            "amount": amount,
            "amount_captured": if paid { amount } else { 0 },
            "amount_refunded": 0,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": "SIMULATED TEST",
            "captured": paid,
            "created": now,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": false,
            "failure_code": failure.map(|_| "card_declined"),
            "failure_message": failure.map(|(_, message)| message),
            "fraud_details": {},
            "livemode": intent["livemode"],
            "metadata": {},
            "outcome": outcome,
            "paid": paid,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {
                "card": {
                    "amount_authorized": paid.then_some(amount),
                    "authorization_code": paid.then(|| letters(6)),
                    "brand": card["brand"],
                    "checks": checks(),
                    "country": card["country"],
                    "exp_month": card["exp_month"],
                    "exp_year": card["exp_year"],
                    "fingerprint": card["fingerprint"],
                    "funding": card["funding"],
                    "installments": null,
                    "last4": card["last4"],
                    "mandate": null,
                    "network": card["brand"],
                    "network_token": {"used": false},
                    "network_transaction_id": letters(15),
                    "regulated_status": "unregulated",
                    "three_d_secure": null,
                    "wallet": null,
                },
                "type": "card",
            },
            "radar_options": {},
            "refunded": false,
            "status": if paid { "succeeded" } else { "failed" },
        }),
        &[
            "application",
            "application_fee",
            "application_fee_amount",
            "balance_transaction",
            "failure_balance_transaction",
            "on_behalf_of",
            "presentment_details",
            "receipt_email",
            "receipt_number",
            "receipt_url",
            "review",
            "shipping",
            "source",
            "source_transfer",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_data",
            "transfer_group",
        ],
    )
}

pub(crate) fn refund(charge: &Value, amount: i64, reason: Option<&str>, now: i64) -> Value {
    with_nulls(
        json!({
            "id": id("re"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "created": now,
            "currency": charge["currency"],
            "customer": charge["customer"],
            "destination_details": {"card": {"type": "refund"}, "type": "card"},
            // Refunds show no mode; ours is that of the charge.
            "livemode": charge["livemode"],
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": reason,
            "status": "succeeded",
        }),
        &[
            "balance_transaction",
            "customer_account",
            "receipt_number",
            "source_transfer_reversal",
            "transfer_reversal",
        ],
    )
}

pub(crate) fn dispute(charge: &Value, reason: &str, due_by: i64, now: i64) -> Value {
    let evidence = with_nulls(
        json!({"enhanced_evidence": {}}),
        &[
            "access_activity_log",
            "billing_address",
            "cancellation_policy",
            "cancellation_policy_disclosure",
            "cancellation_rebuttal",
            "customer_communication",
            "customer_email_address",
            "customer_name",
            "customer_purchase_ip",
            "customer_signature",
            "duplicate_charge_documentation",
            "duplicate_charge_explanation",
            "duplicate_charge_id",
            "product_description",
            "receipt",
            "refund_policy",
            "refund_policy_disclosure",
            "refund_refusal_explanation",
            "service_date",
            "service_documentation",
            "shipping_address",
            "shipping_carrier",
            "shipping_date",
            "shipping_documentation",
            "shipping_tracking_number",
            "uncategorized_file",
            "uncategorized_text",
        ],
    );
    let card = &charge["payment_method_details"]["card"];
    json!({
        "id": id("du"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": evidence,
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": false,
            "past_due": false,
            "submission_count": 0,
        },
        "is_charge_refundable": false,
        "livemode": charge["livemode"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {"brand": card["brand"], "case_type": "chargeback", "network": card["network"], "network_reason_code": "10.4"},
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    })
}
