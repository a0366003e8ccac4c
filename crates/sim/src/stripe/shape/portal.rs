//! The Customer Portal.

use serde_json::{Value, json};

use super::super::id::id;

/// What customers may do, unless a configuration says otherwise: everything there is.
pub(crate) fn configuration(livemode: bool, is_default: bool, now: i64) -> Value {
    json!({
        "id": id("bpc"),
        "object": "billing_portal.configuration",
        "active": true,
        "application": null,
        "business_profile": {
            "headline": null,
            "privacy_policy_url": null,
            "terms_of_service_url": null,
        },
        "created": now,
        "default_return_url": null,
        "features": {
            "customer_update": {"allowed_updates": [], "enabled": false},
            "invoice_history": {"enabled": true},
            "payment_method_update": {"enabled": true, "payment_method_configuration": null},
            "subscription_cancel": {
                "cancellation_reason": {"enabled": false, "feedback_options": null, "options": []},
                "enabled": true,
                "mode": "at_period_end",
                "proration_behavior": "none",
            },
            "subscription_update": {
                "billing_cycle_anchor": null,
                "default_allowed_updates": ["price"],
                "enabled": true,
                "products": null,
                "proration_behavior": "create_prorations",
                "schedule_at_period_end": {"conditions": []},
                "trial_update_behavior": "continue_trial",
            },
        },
        "is_default": is_default,
        "livemode": livemode,
        "login_page": {"enabled": false, "url": null},
        "metadata": {},
        "name": null,
        "updated": now,
    })
}

/// One visit of a customer.
pub(crate) fn session(customer: &Value, configuration: &str, base_url: &str, now: i64) -> Value {
    let id = id("bps");
    json!({
        "url": format!("{base_url}/p/session/{id}"),
        "id": id,
        "object": "billing_portal.session",
        "configuration": configuration,
        "created": now,
        "customer": customer["id"],
        "customer_account": null,
        "flow": null,
        "livemode": customer["livemode"],
        "locale": null,
        "on_behalf_of": null,
        "return_url": null,
    })
}
