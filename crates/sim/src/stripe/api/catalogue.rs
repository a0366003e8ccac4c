//! Products and prices.

use serde_json::{Value, json};

use super::{
    super::{
        fields::{Fields, copy_given, merge_metadata},
        id::id,
        params::{CREATED, Kind, PAGE, Param, TEXT, WORD, clears, may, must},
        refusal::{Answer, Refusal},
        shape::{catalogue, metadata},
    },
    Call, Route,
};

const INTERVALS: &[&str] = &["day", "month", "week", "year"];
const RECURRING: &[Param] = &[
    must("interval", Kind::OneOf(INTERVALS)),
    may("interval_count", Kind::Int(1, 1_095)),
    may("usage_type", Kind::OneOf(&["licensed"])),
];
const PRODUCT: &[Param] = &[
    may("active", Kind::Bool),
    clears("description", TEXT),
    may("metadata", Kind::Metadata),
    clears("statement_descriptor", Kind::Text(22)),
    clears("tax_code", WORD),
    clears("unit_label", WORD),
    clears("url", WORD),
];
const PRICE: &[Param] = &[
    may("active", Kind::Bool),
    may("lookup_key", Kind::Text(200)),
    may("metadata", Kind::Metadata),
    clears("nickname", TEXT),
    may("tax_behavior", Kind::OneOf(&["exclusive", "inclusive", "unspecified"])),
];

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/products",
        params: &[
            PAGE,
            CREATED,
            &[may("active", Kind::Bool), may("ids", Kind::List(&WORD)), may("url", WORD)],
        ],
        run: |call| {
            let ids = call.params.rows("ids");
            call.list("product", |product| {
                call.asks("active", product)
                    && call.asks("url", product)
                    && (ids.is_empty() || ids.contains(&product["id"]))
            })
        },
    },
    Route {
        verb: "POST",
        path: "/v1/products",
        params: &[PRODUCT, &[must("name", WORD), may("id", WORD)]],
        run: create_product,
    },
    Route {
        verb: "GET",
        path: "/v1/products/{id}",
        params: &[],
        run: |call| call.named("product").cloned(),
    },
    Route {
        verb: "POST",
        path: "/v1/products/{id}",
        params: &[PRODUCT, &[may("name", WORD), may("default_price", WORD)]],
        run: update_product,
    },
    Route {
        verb: "GET",
        path: "/v1/prices",
        params: &[
            PAGE,
            CREATED,
            &[
                may("active", Kind::Bool),
                may("currency", WORD),
                may("lookup_keys", Kind::List(&WORD)),
                may("product", WORD),
                may("type", Kind::OneOf(&["one_time", "recurring"])),
                may(
                    "recurring",
                    Kind::Object(&[
                        may("interval", Kind::OneOf(INTERVALS)),
                        may("usage_type", Kind::OneOf(&["licensed", "metered"])),
                    ]),
                ),
            ],
        ],
        run: list_prices,
    },
    Route {
        verb: "POST",
        path: "/v1/prices",
        params: &[
            PRICE,
            &[
                must("currency", Kind::Text(3)),
                may("product", WORD),
                may(
                    "product_data",
                    Kind::Object(&[must("name", WORD), may("metadata", Kind::Metadata)]),
                ),
                may("unit_amount", Kind::Int(0, 99_999_999)),
                may("recurring", Kind::Object(RECURRING)),
            ],
        ],
        run: create_price,
    },
    Route {
        verb: "GET",
        path: "/v1/prices/{id}",
        params: &[],
        run: |call| call.named("price").cloned(),
    },
    Route {
        verb: "POST",
        path: "/v1/prices/{id}",
        params: &[PRICE],
        run: |call| {
            call.named("price")?;
            let (id, params) = (call.id.clone(), call.params.clone());
            call.state.update(&id, "price.updated", |price| {
                copy_given(&params, &["active", "lookup_key", "nickname", "tax_behavior"], price);
                merge_metadata(params.get("metadata"), &mut price["metadata"]);
            });
            call.show(&id)
        },
    },
];

const PRODUCT_FIELDS: &[&str] = &[
    "active",
    "default_price",
    "description",
    "name",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
];

fn create_product(call: &mut Call<'_>) -> Answer {
    let wanted = call.params.opt("id").map_or_else(|| id("prod"), str::to_owned);
    if call.state.get(&wanted).is_some() {
        let message = "Product already exists.";
        return Err(Refusal::wrong("resource_already_exists", "id", message));
    }
    let now = call.state.now;
    let mut product = catalogue::product(&wanted, call.params.text("name"), call.livemode, now);
    copy_given(&call.params, PRODUCT_FIELDS, &mut product);
    product["metadata"] = metadata(call.params.get("metadata"));
    call.state.insert("product", product);
    call.state.emit(&wanted, "product.created");
    call.show(&wanted)
}

fn update_product(call: &mut Call<'_>) -> Answer {
    call.named("product")?;
    call.given("price", "default_price")?;
    let (id, params, now) = (call.id.clone(), call.params.clone(), call.state.now);
    call.state.update(&id, "product.updated", |product| {
        copy_given(&params, PRODUCT_FIELDS, product);
        merge_metadata(params.get("metadata"), &mut product["metadata"]);
        product["updated"] = json!(now);
    });
    call.show(&id)
}

fn list_prices(call: &mut Call<'_>) -> Answer {
    let keys = call.params.rows("lookup_keys");
    let recurring = call.params.get("recurring").cloned().unwrap_or_default();
    let interval = recurring.opt("interval");
    call.list("price", |price| {
        let fits = |name: &str| call.asks(name, price);
        ["active", "currency", "product", "type"].iter().all(|name| fits(name))
            && (keys.is_empty() || keys.contains(&price["lookup_key"]))
            && interval.is_none_or(|unit| price["recurring"].text("interval") == unit)
    })
}

fn create_price(call: &mut Call<'_>) -> Answer {
    let product = match (call.given("product", "product")?, call.params.get("product_data")) {
        (Some(_), Some(_)) => return Err(Refusal::exclusive(&["product", "product_data"])),
        (Some(product), None) => product.text("id").to_owned(),
        (None, Some(data)) => {
            let id = id("prod");
            let (name, extra) = (data.text("name").to_owned(), metadata(data.get("metadata")));
            let mut product = catalogue::product(&id, &name, call.livemode, call.state.now);
            product["metadata"] = extra;
            call.state.insert("product", product);
            call.state.emit(&id, "product.created");
            id
        }
        (None, None) => return Err(Refusal::missing("product")),
    };
    let unit_amount =
        call.params.number("unit_amount").ok_or_else(|| Refusal::missing("unit_amount"))?;
    let recurring = call.params.get("recurring").map(|recurring| {
        (recurring.text("interval"), recurring.number("interval_count").unwrap_or(1))
    });
    let new = catalogue::Price {
        id: id("price"),
        product: &product,
        currency: &call.params.text("currency").to_lowercase(),
        unit_amount,
        recurring,
        livemode: call.livemode,
    };
    let mut price = catalogue::price(&new, call.state.now);
    copy_given(&call.params, &["active", "lookup_key", "nickname", "tax_behavior"], &mut price);
    price["metadata"] = metadata(call.params.get("metadata"));
    let id = call.state.insert("price", price);
    call.state.emit(&id, "price.created");
    call.show(&id)
}

/// A recurring price that may be subscribed to, named by a parameter.
///
/// # Errors
/// For one that is not there, is not active, or is paid once.
pub(super) fn subscribable(call: &Call<'_>, id: &str, param: &str) -> Result<Value, Refusal> {
    let price = call.state.find("price", id, call.livemode, Some(param))?;
    if !price.yes("active") {
        let message = format!(
            "The price specified is inactive. This field only accepts active prices. ({id})"
        );
        return Err(Refusal::invalid(param, message));
    }
    if price.text("type") != "recurring" {
        let message = format!(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`. ({id})"
        );
        return Err(Refusal::invalid(param, message));
    }
    Ok(price.clone())
}
