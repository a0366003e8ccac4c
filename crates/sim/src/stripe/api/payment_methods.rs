//! Cards that customers have saved.

use super::{
    super::params::{Kind, PAGE, WORD, may, must},
    Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/payment_methods",
        params: &[PAGE, &[must("customer", WORD), may("type", Kind::OneOf(&["card"]))]],
        run: |call| {
            call.given("customer", "customer")?;
            call.list("payment_method", |method| call.asks("customer", method))
        },
    },
    Route {
        verb: "GET",
        path: "/v1/payment_methods/{payment_method}",
        params: &[],
        run: |call| call.named("payment_method").cloned(),
    },
];
