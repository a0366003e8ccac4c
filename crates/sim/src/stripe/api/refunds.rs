//! Refunds.

use serde_json::Value;

use super::{
    super::{
        fields::Fields,
        life::refund,
        params::{CREATED, Kind, PAGE, WORD, may},
        refusal::{Answer, Refusal},
        shape::metadata,
    },
    Call, Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/refunds",
        params: &[PAGE, CREATED, &[may("charge", WORD), may("payment_intent", WORD)]],
        run: |call| {
            call.list("refund", |refund| {
                call.asks("charge", refund) && call.asks("payment_intent", refund)
            })
        },
    },
    Route {
        verb: "GET",
        path: "/v1/refunds/{refund}",
        params: &[],
        run: |call| {
            call.named("refund")?;
            call.show(&call.id)
        },
    },
    Route {
        verb: "POST",
        path: "/v1/refunds",
        params: &[&[
            may("charge", WORD),
            may("payment_intent", WORD),
            may("amount", Kind::Int(1, 99_999_999)),
            may("reason", Kind::OneOf(&["duplicate", "fraudulent", "requested_by_customer"])),
            may("metadata", Kind::Metadata),
        ]],
        run: create,
    },
];

fn create(call: &mut Call<'_>) -> Answer {
    let charge =
        match (call.given("charge", "charge")?, call.given("payment_intent", "payment_intent")?) {
            (Some(_), Some(_)) => return Err(Refusal::exclusive(&["charge", "payment_intent"])),
            (Some(charge), None) => charge.text("id").to_owned(),
            (None, Some(intent)) => {
                intent.opt("latest_charge").map(str::to_owned).ok_or_else(|| {
                    let message = "This PaymentIntent does not have a successful charge to refund.";
                    Refusal::invalid("payment_intent", message)
                })?
            }
            (None, None) => return Err(Refusal::missing("charge")),
        };
    let (amount, reason) = (call.params.number("amount"), call.params.opt("reason"));
    let refund = refund::refund(call.state, &charge, amount, reason)?;
    let given: Option<&Value> = call.params.get("metadata");
    let metadata = metadata(given);
    call.state.change(&refund, |refund| refund["metadata"] = metadata);
    call.show(&refund)
}
