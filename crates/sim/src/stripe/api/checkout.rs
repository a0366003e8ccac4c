//! Checkout sessions that lead to a subscription.

use serde_json::{Value, json};

use super::{
    super::{
        calendar::{DAY, HOUR},
        fields::{Fields, copy_given, merge_metadata},
        life::{self, checkout, discount},
        params::{CREATED, Kind, PAGE, Param, TEXT, WORD, may, must},
        refusal::{Answer, Refusal},
        shape::{self, metadata},
    },
    Call, Route, catalogue, customers,
};

const LOCALES: &[&str] = &[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr",
    "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];
const MISSING_METHOD: &[Param] = &[must(
    "end_behavior",
    Kind::Object(&[must(
        "missing_payment_method",
        Kind::OneOf(&["cancel", "create_invoice", "pause"]),
    )]),
)];
const SUBSCRIPTION_DATA: &[Param] = &[
    may("description", Kind::Text(500)),
    may("metadata", Kind::Metadata),
    may("trial_end", Kind::Time),
    may("trial_period_days", Kind::Int(1, 730)),
    may("trial_settings", Kind::Object(MISSING_METHOD)),
    may("proration_behavior", Kind::OneOf(&["create_prorations", "none"])),
];
const UPDATES: &[&str] = &["auto", "never"];
const NEW: &[Param] = &[
    may("allow_promotion_codes", Kind::Bool),
    may("automatic_tax", Kind::Object(&[must("enabled", Kind::Bool)])),
    may("billing_address_collection", Kind::OneOf(&["auto", "required"])),
    may("cancel_url", Kind::Url),
    may("client_reference_id", Kind::Text(200)),
    may("currency", Kind::Text(3)),
    may("customer", WORD),
    may("customer_email", Kind::Text(800)),
    may(
        "customer_update",
        Kind::Object(&[
            may("address", Kind::OneOf(UPDATES)),
            may("name", Kind::OneOf(UPDATES)),
            may("shipping", Kind::OneOf(UPDATES)),
        ]),
    ),
    may(
        "discounts",
        Kind::List(&Kind::Object(&[may("coupon", WORD), may("promotion_code", WORD)])),
    ),
    may("expires_at", Kind::Time),
    may(
        "line_items",
        Kind::List(&Kind::Object(&[must("price", WORD), may("quantity", Kind::Int(1, 999_999))])),
    ),
    may("locale", Kind::OneOf(LOCALES)),
    may("metadata", Kind::Metadata),
    must("mode", Kind::OneOf(&["payment", "setup", "subscription"])),
    may("payment_method_collection", Kind::OneOf(&["always", "if_required"])),
    may("payment_method_types", Kind::List(&Kind::OneOf(&["card"]))),
    may("subscription_data", Kind::Object(SUBSCRIPTION_DATA)),
    must("success_url", TEXT),
    may("submit_type", Kind::OneOf(&["auto", "book", "donate", "pay", "subscribe"])),
    may(
        "tax_id_collection",
        Kind::Object(&[
            must("enabled", Kind::Bool),
            may("required", Kind::OneOf(&["if_supported", "never"])),
        ]),
    ),
    may("ui_mode", Kind::OneOf(&["elements", "embedded_page", "form", "hosted_page"])),
];

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/checkout/sessions",
        params: &[
            PAGE,
            CREATED,
            &[
                may("customer", WORD),
                may("status", Kind::OneOf(&["complete", "expired", "open"])),
                may("subscription", WORD),
            ],
        ],
        run: |call| {
            call.list("checkout.session", |session| {
                ["customer", "status", "subscription"].iter().all(|name| call.asks(name, session))
            })
        },
    },
    Route { verb: "POST", path: "/v1/checkout/sessions", params: &[NEW], run: create },
    Route {
        verb: "GET",
        path: "/v1/checkout/sessions/{session}",
        params: &[],
        run: |call| call.named("checkout.session").cloned(),
    },
    Route {
        verb: "POST",
        path: "/v1/checkout/sessions/{session}",
        params: &[&[may("metadata", Kind::Metadata)]],
        run: |call| {
            call.named("checkout.session")?;
            let (id, params) = (call.id.clone(), call.params.clone());
            call.state.change(&id, |session| {
                merge_metadata(params.get("metadata"), &mut session["metadata"]);
            });
            call.show(&id)
        },
    },
    Route {
        verb: "POST",
        path: "/v1/checkout/sessions/{session}/expire",
        params: &[],
        run: |call| {
            let status = call.named("checkout.session")?.text("status").to_owned();
            if status != "open" {
                let message = format!(
                    "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `{status}`."
                );
                return Err(Refusal::invalid("session", message));
            }
            let id = call.id.clone();
            checkout::expire(call.state, &id);
            call.show(&id)
        },
    },
    Route {
        verb: "GET",
        path: "/v1/checkout/sessions/{session}/line_items",
        params: &[PAGE],
        run: |call| {
            call.named("checkout.session")?;
            let plan = call.state.plans.get(&call.id).cloned().unwrap_or_default();
            Ok(shape::list(plan.rows("shown_lines").to_vec(), call.path))
        },
    },
];

fn create(call: &mut Call<'_>) -> Answer {
    agree(call)?;
    let lines = lines(call)?;
    let (first, _) = &lines[0];
    let currency = first["currency"].clone();
    let subtotal: i64 = lines.iter().map(|(price, n)| price.int("unit_amount") * n).sum();
    let chosen = discount::given(call.state, call.params.rows("discounts"), call.livemode)?;
    let now = call.state.now;
    let expires_at = expiry(call)?;
    let mut session = shape::checkout::session(&shape::checkout::New {
        livemode: call.livemode,
        now,
        expires_at,
        base_url: &call.state.base_url,
    });
    let plain = [
        "allow_promotion_codes",
        "billing_address_collection",
        "cancel_url",
        "client_reference_id",
        "customer",
        "customer_email",
        "locale",
        "payment_method_collection",
        "submit_type",
        "success_url",
    ];
    copy_given(&call.params, &plain, &mut session);
    session["metadata"] = metadata(call.params.get("metadata"));
    session["currency"] = currency;
    session["amount_subtotal"] = json!(subtotal);
    session["amount_total"] = json!(subtotal);
    if session["customer"].is_null() {
        session["customer_creation"] = json!("always");
    }
    if let Some(Value::Object(wish)) = call.params.get("tax_id_collection") {
        copy_given(wish, &["enabled", "required"], &mut session["tax_id_collection"]);
    }
    if call.params.get("automatic_tax").is_some_and(|tax| tax.yes("enabled")) {
        session["automatic_tax"] = json!({
            "enabled": true,
            "liability": {"type": "self"},
            "provider": "stripe",
            "status": "requires_location_inputs",
        });
    }
    let id = call.state.insert("checkout.session", session);
    remember(call, &id, &lines);
    checkout::set_discount(call.state, &id, chosen.as_ref());
    let expanded = call.state.shown(&id);
    Ok(expanded)
}

/// Keeps what the session was asked for and does not show.
fn remember(call: &mut Call<'_>, id: &str, lines: &[(Value, i64)]) {
    let shown = lines.iter().map(|(price, quantity)| {
        let product = call.state.at(price.text("product"));
        let subtotal = price.int("unit_amount") * quantity;
        shape::checkout::line(price, product.text("name"), *quantity, (subtotal, 0))
    });
    let plan = json!({
        "line_items": lines
            .iter()
            .map(|(price, quantity)| json!({"price": price["id"], "quantity": quantity}))
            .collect::<Vec<_>>(),
        "shown_lines": shown.collect::<Vec<_>>(),
        "subscription_data": call.params.get("subscription_data"),
        "customer_update": call.params.get("customer_update"),
    });
    call.state.plans.insert(id.to_owned(), plan);
}

/// Parameters that only make sense together.
fn agree(call: &Call<'_>) -> Result<(), Refusal> {
    let params = &call.params;
    if params.text("mode") != "subscription" {
        let message = "The simulator only knows sessions with `mode: subscription`.";
        return Err(Refusal::invalid("mode", message));
    }
    if params.opt("ui_mode").is_some_and(|mode| mode != "hosted_page") {
        let message = "The simulator only knows sessions with `ui_mode: hosted_page`.";
        return Err(Refusal::invalid("ui_mode", message));
    }
    for param in ["success_url", "cancel_url"] {
        if let Some(url) = params.opt(param) {
            let plain = url.replace("{CHECKOUT_SESSION_ID}", "id");
            let fine = url::Url::parse(&plain)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if !fine {
                return Err(Refusal::wrong("url_invalid", param, "Not a valid URL"));
            }
        }
    }
    if let Some(customer) = params.opt("customer") {
        if params.given("customer_email") {
            return Err(Refusal::exclusive(&["customer", "customer_email"]));
        }
        customers::alive(call, customer, Some("customer"))?;
        let tax_ids = params.get("tax_id_collection").is_some_and(|wish| wish.yes("enabled"));
        let updates = params.get("customer_update").cloned().unwrap_or_default();
        if tax_ids && updates.text("name") != "auto" {
            let message = "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.";
            return Err(Refusal::invalid("tax_id_collection", message));
        }
    } else if params.given("customer_update") {
        let message = "`customer_update` can only be used with `customer`.";
        return Err(Refusal::invalid("customer_update", message));
    }
    if params.yes("allow_promotion_codes") && params.given("discounts") {
        return Err(Refusal::exclusive(&["allow_promotion_codes", "discounts"]));
    }
    let data = params.get("subscription_data").cloned().unwrap_or_default();
    if data.given("trial_end") && data.given("trial_period_days") {
        let names = ["subscription_data[trial_end]", "subscription_data[trial_period_days]"];
        return Err(Refusal::exclusive(&names));
    }
    if data.number("trial_end").is_some_and(|at| at < call.state.now + 2 * DAY) {
        let message = "The `trial_end` date has to be at least 2 days in the future.";
        return Err(Refusal::invalid("subscription_data[trial_end]", message));
    }
    Ok(())
}

/// Prices and quantities; at least one.
fn lines(call: &Call<'_>) -> Result<Vec<(Value, i64)>, Refusal> {
    let given = call.params.rows("line_items");
    if given.is_empty() {
        return Err(Refusal::missing("line_items"));
    }
    let lines = given.iter().enumerate().map(|(place, line)| {
        let param = format!("line_items[{place}][price]");
        let price = catalogue::subscribable(call, line.text("price"), &param)?;
        let quantity = line.number("quantity").ok_or_else(|| {
            let message = "Quantity is required. Add `quantity` to `line_items[0]`";
            Refusal::wrong("parameter_missing", format!("line_items[{place}][quantity]"), message)
        })?;
        Ok((price, quantity))
    });
    let lines = lines.collect::<Result<Vec<_>, Refusal>>()?;
    let first = &lines[0].0;
    let together = lines.iter().all(|(price, _)| {
        price["currency"] == first["currency"] && life::interval(price) == life::interval(first)
    });
    if !together {
        let message = "All prices of a session must have the same currency and billing interval.";
        return Err(Refusal::invalid("line_items", message));
    }
    Ok(lines)
}

/// Between half an hour and a day from now; a day unless said otherwise.
fn expiry(call: &Call<'_>) -> Result<i64, Refusal> {
    let now = call.state.now;
    let Some(at) = call.params.number("expires_at") else { return Ok(now + DAY) };
    // A minute's tolerance for clocks, as the real one has.
    if at < now + HOUR / 2 - 60 {
        let message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.";
        return Err(Refusal::invalid("expires_at", message));
    }
    if at > now + DAY + 60 {
        let message =
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.";
        return Err(Refusal::invalid("expires_at", message));
    }
    Ok(at)
}
