//! Invoices.

use serde_json::json;

use super::{
    super::{
        cards,
        fields::Fields,
        life::{
            bill,
            pay::{self, Attempt, Presence},
        },
        params::{CREATED, Kind, PAGE, WORD, may},
        refusal::{Answer, Refusal},
        shape::invoice,
    },
    Call, Route, preview,
};

const STATUSES: &[&str] = &["draft", "open", "paid", "uncollectible", "void"];

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/v1/invoices",
        params: &[
            PAGE,
            CREATED,
            &[
                may("collection_method", Kind::OneOf(&["charge_automatically", "send_invoice"])),
                may("customer", WORD),
                may("status", Kind::OneOf(STATUSES)),
                may("subscription", WORD),
            ],
        ],
        run: |call| {
            let subscription = call.params.opt("subscription");
            call.list("invoice", |candidate| {
                ["collection_method", "customer", "status"]
                    .iter()
                    .all(|name| call.asks(name, candidate))
                    && subscription.is_none_or(|id| invoice::subscription_of(candidate) == id)
            })
        },
    },
    Route {
        verb: "POST",
        path: "/v1/invoices/create_preview",
        params: preview::PARAMS,
        run: preview::create,
    },
    Route {
        verb: "GET",
        path: "/v1/invoices/{invoice}",
        params: &[],
        run: |call| call.named("invoice").cloned(),
    },
    Route {
        verb: "POST",
        path: "/v1/invoices/{invoice}/finalize",
        params: &[&[may("auto_advance", Kind::Bool)]],
        run: |call| {
            of_status(call, &["draft"])?;
            let id = call.id.clone();
            bill::finalize(call.state, &id);
            if call.state.at(&id).int("amount_due") == 0 {
                bill::settle(call.state, &id);
            }
            call.show(&id)
        },
    },
    Route {
        verb: "POST",
        path: "/v1/invoices/{invoice}/pay",
        params: &[&[
            may("off_session", Kind::Bool),
            may("paid_out_of_band", Kind::Bool),
            may("payment_method", WORD),
        ]],
        run: pay,
    },
    Route {
        verb: "POST",
        path: "/v1/invoices/{invoice}/void",
        params: &[],
        run: |call| {
            of_status(call, &["open", "uncollectible"])?;
            let id = call.id.clone();
            bill::void(call.state, &id);
            call.show(&id)
        },
    },
    Route {
        verb: "POST",
        path: "/v1/invoices/{invoice}/mark_uncollectible",
        params: &[],
        run: |call| {
            of_status(call, &["open"])?;
            let (id, now) = (call.id.clone(), call.state.now);
            call.state.change(&id, |invoice| {
                invoice["status"] = json!("uncollectible");
                invoice["next_payment_attempt"] = json!(null);
                invoice["status_transitions"]["marked_uncollectible_at"] = json!(now);
            });
            call.state.emit(&id, "invoice.marked_uncollectible");
            call.show(&id)
        },
    },
];

fn of_status(call: &Call<'_>, wanted: &[&str]) -> Result<(), Refusal> {
    let status = call.named("invoice")?.text("status");
    if wanted.contains(&status) {
        return Ok(());
    }
    if status == "paid" {
        return Err(Refusal::state("invoice_already_paid", "Invoice is already paid"));
    }
    let message =
        format!("This invoice is {status}: only one that is {} can do this.", wanted.join(" or "));
    Err(Refusal::state("invoice_not_editable", message))
}

fn pay(call: &mut Call<'_>) -> Answer {
    of_status(call, &["draft", "open", "uncollectible"])?;
    let id = call.id.clone();
    let method = call.given("payment_method", "payment_method")?.map(|m| m.text("id").to_owned());
    if call.state.at(&id).text("status") == "draft" {
        bill::finalize(call.state, &id);
    }
    if call.params.yes("paid_out_of_band") || call.state.at(&id).int("amount_due") == 0 {
        bill::settle(call.state, &id);
        return call.show(&id);
    }
    let presence = if call.params.given("off_session") && !call.params.yes("off_session") {
        Presence::Here
    } else {
        Presence::Away
    };
    match pay::attempt(call.state, &id, method.as_deref(), presence) {
        Attempt::Paid => call.show(&id),
        Attempt::Declined(code) => Err(Refusal::card(&code, cards::message(&code))),
        Attempt::Asks => {
            let mut refusal = Refusal::card(
                "authentication_required",
                "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.",
            );
            refusal.code = Some("invoice_payment_intent_requires_action");
            refusal.decline_code = None;
            Err(refusal)
        }
        Attempt::NoMethod => {
            let message = "There is no `default_payment_method` set on this Customer or Invoice. Please set either an Invoice `default_payment_method` or Customer `default_payment_method`.";
            Err(Refusal::state("resource_missing", message))
        }
    }
}
