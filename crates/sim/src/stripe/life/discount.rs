//! What coupons take off.

use serde_json::{Value, json};

use super::super::{fields::Fields, refusal::Refusal, shape::catalogue, state::State};

/// A coupon that may be used, and the promotion code that led to it.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub coupon: String,
    pub promotion_code: Option<String>,
}

/// The coupon of a code that somebody typed.
///
/// # Errors
/// What is to be said to them.
pub(crate) fn by_code(state: &State, code: &str, livemode: bool) -> Result<Chosen, &'static str> {
    let code = code.trim();
    let found = state.all("promotion_code").find(|promotion| {
        promotion.text("code").eq_ignore_ascii_case(code)
            && promotion.yes("livemode") == livemode
            && promotion.yes("active")
    });
    let promotion = found.ok_or("This code is invalid.")?;
    let expired = promotion.number("expires_at").is_some_and(|at| at <= state.now);
    if expired || used_up(promotion) {
        return Err("This code has expired.");
    }
    let coupon = promotion["promotion"].text("coupon").to_owned();
    usable(state, &coupon).map_err(|_| "This code has expired.")?;
    Ok(Chosen { coupon, promotion_code: Some(promotion.text("id").to_owned()) })
}

fn used_up(of: &Value) -> bool {
    of.number("max_redemptions").is_some_and(|most| of.int("times_redeemed") >= most)
}

fn usable(state: &State, coupon: &str) -> Result<(), Refusal> {
    let coupon = state.at(coupon);
    let expired = coupon.number("redeem_by").is_some_and(|at| at <= state.now);
    if expired || used_up(coupon) || !coupon.yes("valid") {
        let message = format!("Coupon expired: {}", coupon.text("id"));
        return Err(Refusal::state("coupon_expired", message));
    }
    Ok(())
}

/// The coupon that `discounts[0]` of a request names, by itself or by promotion code.
///
/// # Errors
/// For what is not there, has expired, or is named twice.
pub(crate) fn given(
    state: &State,
    discounts: &[Value],
    livemode: bool,
) -> Result<Option<Chosen>, Refusal> {
    let Some(discount) = discounts.first() else { return Ok(None) };
    if discounts.len() > 1 {
        let message = "Only one discount can be given.";
        return Err(Refusal::invalid("discounts", message));
    }
    let chosen = match (discount.opt("coupon"), discount.opt("promotion_code")) {
        (Some(_), Some(_)) => return Err(Refusal::exclusive(&["coupon", "promotion_code"])),
        (Some(coupon), None) => {
            state.find("coupon", coupon, livemode, Some("discounts[0][coupon]"))?;
            Chosen { coupon: coupon.to_owned(), promotion_code: None }
        }
        (None, Some(promotion)) => {
            let param = Some("discounts[0][promotion_code]");
            let found = state.find("promotion_code", promotion, livemode, param)?;
            Chosen {
                coupon: found["promotion"].text("coupon").to_owned(),
                promotion_code: Some(promotion.to_owned()),
            }
        }
        (None, None) => return Ok(None),
    };
    usable(state, &chosen.coupon)?;
    Ok(Some(chosen))
}

/// Puts a coupon on a subscription.
pub(crate) fn redeem(state: &mut State, chosen: &Chosen, customer: &str, subscription: &str) {
    let coupon = state.at(&chosen.coupon).clone();
    let promotion = chosen.promotion_code.as_deref();
    let discount = catalogue::discount(&coupon, promotion, customer, subscription, state.now);
    let id = state.insert("discount", discount);
    for used in [Some(chosen.coupon.as_str()), promotion].into_iter().flatten() {
        state.change(used, |used| used["times_redeemed"] = json!(used.int("times_redeemed") + 1));
    }
    state.change(subscription, |subscription| subscription["discounts"] = json!([id]));
    state.emit(&id, "customer.discount.created");
}

/// What a coupon takes off an amount, in the smallest unit of the currency.
pub(crate) fn taken_off(coupon: &Value, amount: i64) -> i64 {
    if amount <= 0 {
        return 0;
    }
    let off = match coupon.field("percent_off").and_then(Value::as_f64) {
        Some(percent) => (amount as f64 * percent / 100.0).round() as i64,
        None => coupon.int("amount_off"),
    };
    off.min(amount)
}

/// The coupon of a discount.
pub(crate) fn coupon_of<'a>(state: &'a State, discount: &str) -> &'a Value {
    state.at(state.at(discount)["source"].text("coupon"))
}

/// The share of a price that lasting percentages leave: 1 without any.
pub(crate) fn lasting_share(state: &State, subscription: &Value) -> f64 {
    let discounts = subscription.rows("discounts").iter().filter_map(Value::as_str);
    discounts
        .map(|discount| coupon_of(state, discount))
        .filter(|coupon| coupon.text("duration") == "forever")
        .filter_map(|coupon| coupon.field("percent_off").and_then(Value::as_f64))
        .fold(1.0, |share, percent| share * (1.0 - percent / 100.0))
}
