//! Customer Portal: sessions and configurations.

use serde_json::{Map, Value, json};

use super::{
    super::{
        fields::{Fields, copy_given},
        life::change::Prorations,
        params::{Kind, PAGE, Param, WORD, clears, may, must},
        refusal::{Answer, Refusal},
        shape::{metadata, portal},
    },
    Call, Route, catalogue, customers,
};

const ITEM: &[Param] =
    &[must("id", WORD), may("price", WORD), may("quantity", Kind::Int(0, 999_999))];
const OF_SUBSCRIPTION: &[Param] = &[must("subscription", WORD)];
const AFTER: &[Param] = &[
    must("type", Kind::OneOf(&["hosted_confirmation", "portal_homepage", "redirect"])),
    may("hosted_confirmation", Kind::Object(&[may("custom_message", Kind::Text(500))])),
    may("redirect", Kind::Object(&[must("return_url", Kind::Url)])),
];
/// Kinds of flows.
const FLOWS: &[&str] = &[
    "payment_method_update",
    "subscription_cancel",
    "subscription_update",
    "subscription_update_confirm",
];
const FLOW: &[Param] = &[
    must("type", Kind::OneOf(FLOWS)),
    may("after_completion", Kind::Object(AFTER)),
    may("subscription_cancel", Kind::Object(OF_SUBSCRIPTION)),
    may("subscription_update", Kind::Object(OF_SUBSCRIPTION)),
    may(
        "subscription_update_confirm",
        Kind::Object(&[
            must("subscription", WORD),
            must("items", Kind::List(&Kind::Object(ITEM))),
            may(
                "discounts",
                Kind::List(&Kind::Object(&[may("coupon", WORD), may("promotion_code", WORD)])),
            ),
        ]),
    ),
];
const FEATURES: &[Param] = &[
    may(
        "customer_update",
        Kind::Object(&[
            must("enabled", Kind::Bool),
            clears(
                "allowed_updates",
                Kind::List(&Kind::OneOf(&[
                    "address", "email", "name", "phone", "shipping", "tax_id",
                ])),
            ),
        ]),
    ),
    may("invoice_history", Kind::Object(&[must("enabled", Kind::Bool)])),
    may("payment_method_update", Kind::Object(&[must("enabled", Kind::Bool)])),
    may(
        "subscription_cancel",
        Kind::Object(&[
            must("enabled", Kind::Bool),
            may("mode", Kind::OneOf(&["at_period_end", "immediately"])),
            may("proration_behavior", Kind::OneOf(Prorations::WORDS)),
        ]),
    ),
    may(
        "subscription_update",
        Kind::Object(&[
            must("enabled", Kind::Bool),
            clears(
                "default_allowed_updates",
                Kind::List(&Kind::OneOf(&["price", "promotion_code", "quantity"])),
            ),
            clears(
                "products",
                Kind::List(&Kind::Object(&[
                    must("prices", Kind::List(&WORD)),
                    must("product", WORD),
                ])),
            ),
            may("proration_behavior", Kind::OneOf(Prorations::WORDS)),
        ]),
    ),
];

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "POST",
        path: "/v1/billing_portal/sessions",
        params: &[&[
            must("customer", WORD),
            may("configuration", WORD),
            may("flow_data", Kind::Object(FLOW)),
            may("locale", WORD),
            may("return_url", Kind::Url),
        ]],
        run: create_session,
    },
    Route {
        verb: "GET",
        path: "/v1/billing_portal/configurations",
        params: &[PAGE, &[may("active", Kind::Bool), may("is_default", Kind::Bool)]],
        run: |call| {
            call.list("billing_portal.configuration", |configuration| {
                call.asks("active", configuration) && call.asks("is_default", configuration)
            })
        },
    },
    Route {
        verb: "POST",
        path: "/v1/billing_portal/configurations",
        params: &[&[
            must("features", Kind::Object(FEATURES)),
            may(
                "business_profile",
                Kind::Object(&[
                    clears("headline", Kind::Text(60)),
                    may("privacy_policy_url", Kind::Url),
                    may("terms_of_service_url", Kind::Url),
                ]),
            ),
            clears("default_return_url", Kind::Url),
            may("metadata", Kind::Metadata),
            clears("name", WORD),
        ]],
        run: create_configuration,
    },
    Route {
        verb: "GET",
        path: "/v1/billing_portal/configurations/{configuration}",
        params: &[],
        run: |call| call.named("billing_portal.configuration").cloned(),
    },
];

fn create_session(call: &mut Call<'_>) -> Answer {
    let customer = customers::alive(call, call.params.text("customer"), Some("customer"))?;
    let configuration = match call.given("billing_portal.configuration", "configuration")? {
        Some(configuration) => configuration.clone(),
        None => default_configuration(call)?,
    };
    let flow = match call.params.get("flow_data").cloned() {
        Some(Value::Object(flow)) => Some(read_flow(call, &flow, &customer, &configuration)?),
        _ => None,
    };
    let (base_url, now) = (call.state.base_url.clone(), call.state.now);
    let id = configuration.text("id");
    let mut session = portal::session(call.state.at(&customer), id, &base_url, now);
    copy_given(&call.params, &["locale", "return_url"], &mut session);
    if session["return_url"].is_null() {
        session["return_url"] = configuration["default_return_url"].clone();
    }
    if let Some(flow) = flow {
        session["flow"] = flow;
    }
    let id = call.state.insert("billing_portal.session", session);
    call.state.emit(&id, "billing_portal.session.created");
    call.show(&id)
}

fn default_configuration(call: &Call<'_>) -> Result<Value, Refusal> {
    let found = call.state.all("billing_portal.configuration").find(|configuration| {
        configuration.yes("is_default") && configuration.yes("livemode") == call.livemode
    });
    found.cloned().ok_or_else(|| {
        let message =
            "No configuration provided and your default configuration has not been created.";
        Refusal::invalid("configuration", message)
    })
}

/// The flow of a session, with everything it names looked at.
fn read_flow(
    call: &Call<'_>,
    given: &Map<String, Value>,
    customer: &str,
    configuration: &Value,
) -> Result<Value, Refusal> {
    let kind = given.text("type");
    let feature = match kind {
        "subscription_update_confirm" => "subscription_update",
        other => other,
    };
    if !configuration["features"][feature].yes("enabled") {
        let message = format!(
            "This flow is not allowed by the portal configuration: features[{feature}] is disabled."
        );
        return Err(Refusal::invalid("flow_data[type]", message));
    }
    let mut flow = json!({
        "after_completion": {"hosted_confirmation": null, "redirect": null, "type": "portal_homepage"},
        "customer_update": null,
        "subscription_cancel": null,
        "subscription_update": null,
        "subscription_update_confirm": null,
        "type": kind,
    });
    if let Some(Value::Object(after)) = given.get("after_completion") {
        copy_given(
            after,
            &["hosted_confirmation", "redirect", "type"],
            &mut flow["after_completion"],
        );
    }
    if kind == "payment_method_update" {
        return Ok(flow);
    }
    let param = |field: &str| format!("flow_data[{kind}]{field}");
    let details = given.get(kind).ok_or_else(|| Refusal::missing(param("")))?;
    let at = param("[subscription]");
    let subscription =
        call.state.find("subscription", details.text("subscription"), call.livemode, Some(&at))?;
    if subscription.text("customer") != customer {
        let message = "This subscription does not belong to the customer of the session.";
        return Err(Refusal::invalid(at, message));
    }
    if matches!(subscription.text("status"), "canceled" | "incomplete" | "incomplete_expired") {
        let message = "This subscription cannot be changed in the portal in its current state.";
        return Err(Refusal::invalid(at, message));
    }
    if kind == "subscription_cancel" && !subscription["cancel_at"].is_null() {
        let message = "This subscription is already set to be canceled at the end of its period.";
        return Err(Refusal::invalid(at, message));
    }
    flow[kind] = details.clone();
    if kind == "subscription_cancel" {
        flow[kind]["retention"] = Value::Null;
    }
    if kind == "subscription_update_confirm" {
        flow[kind]["discounts"] = details.get("discounts").cloned().unwrap_or_default();
        let items = details.rows("items");
        if items.len() != 1 {
            let message = "Exactly one item can be updated.";
            return Err(Refusal::invalid(param("[items]"), message));
        }
        let known = subscription.rows("items").iter().find(|item| item["id"] == items[0]["id"]);
        let at = param("[items][0][id]");
        let known = known.ok_or_else(|| {
            Refusal::no_such("subscription item", items[0].text("id"), Some(&at), None)
        })?;
        let mut item = items[0].clone();
        match item.opt("price") {
            Some(price) => {
                catalogue::subscribable(call, price, &param("[items][0][price]"))?;
            }
            None => item["price"] = known["price"]["id"].clone(),
        }
        if !item.given("quantity") {
            item["quantity"] = known["quantity"].clone();
        }
        flow[kind]["items"] = json!([item]);
    }
    Ok(flow)
}

fn create_configuration(call: &mut Call<'_>) -> Answer {
    let mut configuration = portal::configuration(call.livemode, false, call.state.now);
    // What is not mentioned is switched off.
    for feature in [
        "customer_update",
        "invoice_history",
        "payment_method_update",
        "subscription_cancel",
        "subscription_update",
    ] {
        configuration["features"][feature]["enabled"] = json!(false);
    }
    let features = call.params["features"].as_object().cloned().unwrap_or_default();
    for (feature, given) in &features {
        if let Value::Object(given) = given {
            let names: Vec<_> = given.keys().map(String::as_str).collect();
            copy_given(given, &names, &mut configuration["features"][feature]);
        }
    }
    for (place, product) in features
        .get("subscription_update")
        .map(|update| update.rows("products").to_vec())
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        let at = format!("features[subscription_update][products][{place}]");
        call.state.find(
            "product",
            product.text("product"),
            call.livemode,
            Some(&format!("{at}[product]")),
        )?;
        for price in product.rows("prices").iter().filter_map(Value::as_str) {
            catalogue::subscribable(call, price, &format!("{at}[prices]"))?;
        }
        let quantity = json!({"enabled": false, "maximum": null, "minimum": 1});
        configuration["features"]["subscription_update"]["products"][place]["adjustable_quantity"] =
            quantity;
    }
    if let Some(Value::Object(profile)) = call.params.get("business_profile") {
        let names = ["headline", "privacy_policy_url", "terms_of_service_url"];
        copy_given(profile, &names, &mut configuration["business_profile"]);
    }
    copy_given(&call.params, &["default_return_url", "name"], &mut configuration);
    configuration["metadata"] = metadata(call.params.get("metadata"));
    let id = call.state.insert("billing_portal.configuration", configuration);
    call.state.emit(&id, "billing_portal.configuration.created");
    call.show(&id)
}
