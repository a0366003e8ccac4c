//! Customers.

use serde_json::{Map, Value};

use super::{
    super::{
        fields::{Fields, copy_given, merge_metadata},
        life::leave,
        params::{ADDRESS, CREATED, Kind, PAGE, Param, WORD, clears, may},
        refusal::{Answer, Refusal},
        shape::{address, customer, metadata},
    },
    Call, Route,
};

const FIELDS: &[Param] = &[
    clears("address", ADDRESS),
    may("balance", Kind::Int(-99_999_999, 99_999_999)),
    clears("description", WORD),
    clears("email", Kind::Text(512)),
    may("invoice_prefix", Kind::Text(12)),
    may(
        "invoice_settings",
        Kind::Object(&[clears("default_payment_method", WORD), clears("footer", WORD)]),
    ),
    may("metadata", Kind::Metadata),
    clears("name", Kind::Text(256)),
    clears("phone", Kind::Text(20)),
    may("preferred_locales", Kind::List(&WORD)),
    may("tax_exempt", Kind::OneOf(&["exempt", "none", "reverse"])),
];

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/customers",
        params: &[PAGE, CREATED, &[may("email", Kind::Text(512))]],
        run: |call| call.list("customer", |customer| call.asks("email", customer)),
    },
    Route { verb: "POST", path: "/v1/customers", params: &[FIELDS], run: create },
    Route {
        verb: "GET",
        path: "/v1/customers/{customer}",
        params: &[],
        run: |call| {
            call.named("customer")?;
            call.show(&call.id)
        },
    },
    Route { verb: "POST", path: "/v1/customers/{customer}", params: &[FIELDS], run: update },
    Route {
        verb: "DELETE",
        path: "/v1/customers/{customer}",
        params: &[],
        run: |call| {
            let id = alive(call, &call.id, None)?;
            Ok(leave::delete(call.state, &id))
        },
    },
];

/// A customer that was not deleted.
///
/// # Errors
/// `resource_missing`, for deleted ones as well.
pub(super) fn alive(call: &Call<'_>, id: &str, param: Option<&str>) -> Result<String, Refusal> {
    let customer = call.state.find("customer", id, call.livemode, param)?;
    if customer.yes("deleted") {
        return Err(Refusal::no_such("customer", id, param, None));
    }
    Ok(id.to_owned())
}

fn create(call: &mut Call<'_>) -> Answer {
    let mut new = customer::customer(call.livemode, call.state.now);
    checked(call)?;
    fill(&call.params, &mut new);
    new["metadata"] = metadata(call.params.get("metadata"));
    let id = call.state.insert("customer", new);
    call.state.emit(&id, "customer.created");
    call.show(&id)
}

fn update(call: &mut Call<'_>) -> Answer {
    let id = alive(call, &call.id, None)?;
    checked(call)?;
    let params = call.params.clone();
    call.state.update(&id, "customer.updated", |customer| {
        fill(&params, customer);
        merge_metadata(params.get("metadata"), &mut customer["metadata"]);
    });
    call.show(&id)
}

fn checked(call: &Call<'_>) -> Result<(), Refusal> {
    if let Some(email) = call.params.opt("email")
        && !email.contains('@')
    {
        let message = format!("Invalid email address: {email}");
        return Err(Refusal::wrong("email_invalid", "email", message));
    }
    let settings = call.params.get("invoice_settings").cloned().unwrap_or_default();
    if let Some(method) = settings.opt("default_payment_method") {
        let param = Some("invoice_settings[default_payment_method]");
        call.state.find("payment_method", method, call.livemode, param)?;
    }
    Ok(())
}

fn fill(params: &Map<String, Value>, customer: &mut Value) {
    let plain = [
        "balance",
        "description",
        "email",
        "invoice_prefix",
        "name",
        "phone",
        "preferred_locales",
        "tax_exempt",
    ];
    copy_given(params, &plain, customer);
    match params.get("address") {
        Some(Value::Object(given)) => customer["address"] = address(given),
        Some(_) => customer["address"] = Value::Null,
        None => {}
    }
    if let Some(Value::Object(settings)) = params.get("invoice_settings") {
        let names = ["default_payment_method", "footer"];
        copy_given(settings, &names, &mut customer["invoice_settings"]);
    }
}
