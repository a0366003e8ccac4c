//! Coupons and promotion codes.

use serde_json::json;

use super::{
    super::{
        fields::{Fields, copy_given},
        id::letters,
        params::{CREATED, Kind, PAGE, WORD, may, must},
        refusal::{Answer, Refusal},
        shape::{catalogue, metadata},
    },
    Call, Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/coupons",
        params: &[PAGE, CREATED],
        run: |call| call.list("coupon", |_| true),
    },
    Route {
        verb: "POST",
        path: "/v1/coupons",
        params: &[&[
            may("id", WORD),
            may("amount_off", Kind::Int(1, 99_999_999)),
            may("currency", Kind::Text(3)),
            may("duration", Kind::OneOf(&["forever", "once"])),
            may("max_redemptions", Kind::Int(1, i64::MAX)),
            may("metadata", Kind::Metadata),
            may("name", Kind::Text(40)),
            may("percent_off", Kind::Number(0.000_1, 100.0)),
            may("redeem_by", Kind::Time),
        ]],
        run: create,
    },
    Route {
        verb: "GET",
        path: "/v1/coupons/{coupon}",
        params: &[],
        run: |call| call.named("coupon").cloned(),
    },
    Route {
        verb: "GET",
        path: "/v1/promotion_codes",
        params: &[PAGE, CREATED, &[may("active", Kind::Bool), may("code", WORD)]],
        run: |call| {
            call.list("promotion_code", |code| {
                call.asks("active", code)
                    && call
                        .params
                        .opt("code")
                        .is_none_or(|asked| code.text("code").eq_ignore_ascii_case(asked))
            })
        },
    },
    Route {
        verb: "POST",
        path: "/v1/promotion_codes",
        params: &[&[
            must(
                "promotion",
                Kind::Object(&[must("type", Kind::OneOf(&["coupon"])), must("coupon", WORD)]),
            ),
            may("active", Kind::Bool),
            may("code", Kind::Text(500)),
            may("expires_at", Kind::Time),
            may("max_redemptions", Kind::Int(1, i64::MAX)),
            may("metadata", Kind::Metadata),
        ]],
        run: create_code,
    },
    Route {
        verb: "GET",
        path: "/v1/promotion_codes/{promotion_code}",
        params: &[],
        run: |call| call.named("promotion_code").cloned(),
    },
];

fn create(call: &mut Call<'_>) -> Answer {
    let wanted = call.params.opt("id").map_or_else(|| letters(8), str::to_owned);
    if call.state.get(&wanted).is_some() {
        return Err(Refusal::wrong("resource_already_exists", "id", "Coupon already exists."));
    }
    match (call.params.given("percent_off"), call.params.given("amount_off")) {
        (true, true) => return Err(Refusal::exclusive(&["percent_off", "amount_off"])),
        (false, false) => return Err(Refusal::missing("percent_off")),
        (false, true) if !call.params.given("currency") => {
            return Err(Refusal::missing("currency"));
        }
        _ => {}
    }
    let duration = call.params.opt("duration").unwrap_or("once");
    let mut coupon = catalogue::coupon(&wanted, duration, call.livemode, call.state.now);
    let names = ["amount_off", "currency", "max_redemptions", "name", "percent_off", "redeem_by"];
    copy_given(&call.params, &names, &mut coupon);
    coupon["metadata"] = metadata(call.params.get("metadata"));
    call.state.insert("coupon", coupon);
    call.state.emit(&wanted, "coupon.created");
    call.show(&wanted)
}

fn create_code(call: &mut Call<'_>) -> Answer {
    let coupon = call.params["promotion"].text("coupon").to_owned();
    call.state.find("coupon", &coupon, call.livemode, Some("promotion[coupon]"))?;
    let code = call.params.opt("code").map_or_else(|| letters(8).to_uppercase(), str::to_owned);
    let taken = call
        .state
        .all("promotion_code")
        .any(|known| known.yes("active") && known.text("code").eq_ignore_ascii_case(&code));
    if taken {
        let message = "An active promotion code with this code already exists.";
        return Err(Refusal::invalid("code", message));
    }
    let mut new = catalogue::promotion_code(&code, &coupon, call.livemode, call.state.now);
    copy_given(&call.params, &["active", "expires_at", "max_redemptions"], &mut new);
    new["metadata"] = metadata(call.params.get("metadata"));
    let id = call.state.insert("promotion_code", new);
    call.state.emit(&id, "promotion_code.created");
    let shown = call.state.shown(&id);
    Ok(json!(shown))
}
