//! Reading what is to change about a subscription, for updates and previews.

use serde_json::{Map, Value};

use super::{
    super::{
        fields::Fields,
        life::change::{Change, How, Prorations},
        params::{Kind, Param, WORD, may},
        refusal::Refusal,
    },
    Call, catalogue,
};

/// An item of a change.
pub(super) const ITEM: &[Param] = &[
    may("id", WORD),
    may("deleted", Kind::Bool),
    may("metadata", Kind::Metadata),
    may("price", WORD),
    may("quantity", Kind::Int(0, 999_999)),
];

/// How a change is to be reckoned.
pub(super) const RECKONING: &[Param] = &[
    may("billing_cycle_anchor", Kind::OneOf(&["now", "unchanged"])),
    may("items", Kind::List(&Kind::Object(ITEM))),
    may("proration_behavior", Kind::OneOf(Prorations::WORDS)),
    may("proration_date", Kind::Time),
    may("trial_end", Kind::TimeOr(&["now"])),
];

/// The changes of items in `given`; `within` is the name of the object they stand in.
pub(super) fn items(
    call: &Call<'_>,
    given: &Map<String, Value>,
    within: &str,
) -> Result<Vec<Change>, Refusal> {
    let changes = given.rows("items").iter().enumerate().map(|(place, item)| {
        let name = if within.is_empty() { "items".to_owned() } else { format!("{within}[items]") };
        let price = match item.opt("price") {
            Some(price) => {
                Some(catalogue::subscribable(call, price, &format!("{name}[{place}][price]"))?)
            }
            None => None,
        };
        Ok(Change {
            item: item.opt("id").map(str::to_owned),
            price,
            quantity: item.number("quantity"),
            deleted: item.yes("deleted"),
        })
    });
    changes.collect()
}

/// How to reckon it.
///
/// # Errors
/// For a moment outside the current period, and for a trial that ends in the past.
pub(super) fn how(
    call: &Call<'_>,
    given: &Map<String, Value>,
    current: &Value,
) -> Result<How, Refusal> {
    let now = call.state.now;
    let trial_end = match given.get("trial_end") {
        Some(Value::String(_)) => Some(now),
        Some(at) => at.as_i64(),
        None => None,
    };
    if trial_end.is_some_and(|at| at < now) {
        let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
        return Err(Refusal::wrong("parameter_invalid_integer", "trial_end", message));
    }
    let date = given.number("proration_date");
    let (start, end) = super::super::shape::subscription::period(current);
    if date.is_some_and(|date| date < start || date > end) {
        let message = "Cannot specify proration_date outside of current subscription period.";
        return Err(Refusal::invalid("proration_date", message));
    }
    Ok(How {
        prorations: Prorations::named(given.text("proration_behavior")),
        date,
        anchor_now: given.opt("billing_cycle_anchor") == Some("now"),
        trial_end,
    })
}
