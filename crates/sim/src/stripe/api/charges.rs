//! Charges, disputes and payment intents, to look at.

use super::{
    super::{
        fields::Fields,
        params::{CREATED, PAGE, WORD, may},
    },
    Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/charges",
        params: &[PAGE, CREATED, &[may("customer", WORD), may("payment_intent", WORD)]],
        run: |call| {
            call.list("charge", |charge| {
                call.asks("customer", charge) && call.asks("payment_intent", charge)
            })
        },
    },
    Route {
        verb: "GET",
        path: "/v1/charges/{charge}",
        params: &[],
        run: |call| call.named("charge").cloned(),
    },
    Route {
        verb: "GET",
        path: "/v1/disputes",
        params: &[PAGE, CREATED, &[may("charge", WORD), may("payment_intent", WORD)]],
        run: |call| {
            call.list("dispute", |dispute| {
                call.asks("charge", dispute) && call.asks("payment_intent", dispute)
            })
        },
    },
    Route {
        verb: "GET",
        path: "/v1/disputes/{dispute}",
        params: &[],
        run: |call| call.named("dispute").cloned(),
    },
    Route {
        verb: "GET",
        path: "/v1/payment_intents/{intent}",
        params: &[&[may("client_secret", WORD)]],
        run: |call| call.named("payment_intent").cloned(),
    },
    Route {
        verb: "GET",
        path: "/v1/payment_intents",
        params: &[PAGE, CREATED, &[may("customer", WORD)]],
        run: |call| call.list("payment_intent", |intent| call.asks("customer", intent)),
    },
    Route {
        verb: "GET",
        path: "/v1/invoice_payments",
        params: &[PAGE, &[may("invoice", WORD), may("status", WORD)]],
        run: |call| {
            call.list("invoice_payment", |payment| {
                call.asks("invoice", payment)
                    && call
                        .params
                        .opt("status")
                        .is_none_or(|status| payment.text("status") == status)
            })
        },
    },
];
