//! Events that were sent, or would have been.

use super::{
    super::{
        calendar::DAY,
        fields::Fields,
        params::{CREATED, Kind, PAGE, WORD, may},
        refusal::{Answer, Refusal},
    },
    Call, Route,
};

/// Stripe shows events of the last 30 days.
const KEPT: i64 = 30 * DAY;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/events",
        params: &[
            PAGE,
            CREATED,
            &[
                may("delivery_success", Kind::Bool),
                may("type", WORD),
                may("types", Kind::List(&WORD)),
            ],
        ],
        run: list,
    },
    Route {
        verb: "GET",
        path: "/v1/events/{id}",
        params: &[],
        run: |call| {
            let event = call.named("event")?;
            if event.int("created") < call.state.now - KEPT {
                return Err(Refusal::no_such("event", &call.id, None, None));
            }
            Ok(event.clone())
        },
    },
];

fn list(call: &mut Call<'_>) -> Answer {
    let (one, several) = (call.params.opt("type"), call.params.rows("types"));
    if one.is_some() && !several.is_empty() {
        return Err(Refusal::exclusive(&["type", "types"]));
    }
    let delivered = call.params.get("delivery_success").and_then(serde_json::Value::as_bool);
    let oldest = call.state.now - KEPT;
    call.list("event", |event| {
        let kind = event.text("type");
        // `customer.subscription.*` stands for all of them.
        let fits = |wanted: &str| match wanted.strip_suffix('*') {
            Some(start) => kind.starts_with(start),
            None => kind == wanted,
        };
        event.int("created") >= oldest
            && one.is_none_or(fits)
            && (several.is_empty() || several.iter().filter_map(|kind| kind.as_str()).any(fits))
            && delivered.is_none_or(|yes| (event.int("pending_webhooks") == 0) == yes)
    })
}
