//! The hosted page of an invoice.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, Query, State as Shared},
    response::{IntoResponse, Response},
};
use http::header;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        calendar::day,
        cards::{self, Bank},
        fields::Fields,
        form::Node,
        life::{
            bill, checkout, money,
            pay::{self, Attempt, Presence},
        },
        shape::invoice::subscription_of,
        state::{AfterAuthentication, State},
        world::World,
    },
    card, fields, filled,
    html::{amounts, card_field, escaped, link, page, wrong},
    nothing_here, pdf, see_other,
};

/// Why the page is shown once more.
#[derive(Default, Deserialize)]
pub(super) struct Again {
    declined: Option<String>,
}

fn invoice<'a>(state: &'a State, id: &str) -> Option<&'a Value> {
    let found = state.get(id).filter(|object| object.text("object") == "invoice");
    found.filter(|invoice| invoice.text("status") != "draft")
}

pub(super) async fn show(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(again): Query<Again>,
) -> Response {
    let reason = again.declined.as_deref().map(cards::message);
    world.with(|state| shown(state, &id, reason))
}

pub(super) async fn pay(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let fields = fields(&body);
    world.with(|state| paid(state, &id, &fields))
}

pub(super) async fn pdf(Shared(world): Shared<Arc<World>>, Path(id): Path<String>) -> Response {
    world.with(|state| {
        let Some(invoice) = invoice(state, &id) else { return nothing_here() };
        let mut lines = vec![
            "TEST - not the real Stripe".to_owned(),
            format!("Invoice {}", invoice.text("number")),
            format!("Date {}", day(invoice.int("created"))),
        ];
        let currency = invoice.text("currency");
        for line in invoice.rows("lines") {
            lines.push(format!(
                "{}  {}",
                line.text("description"),
                money(line.int("amount"), currency)
            ));
        }
        lines.push(format!("Total {}", bill::amount(invoice, "total")));
        ([(header::CONTENT_TYPE, "application/pdf")], pdf::document(&lines)).into_response()
    })
}

fn shown(state: &State, id: &str, reason: Option<&str>) -> Response {
    let Some(invoice) = invoice(state, id) else { return nothing_here() };
    let currency = invoice.text("currency");
    let rows: Vec<_> = invoice
        .rows("lines")
        .iter()
        .map(|line| (line.text("description").to_owned(), money(line.int("amount"), currency)))
        .collect();
    let sum = ("Amount due".to_owned(), bill::amount(invoice, "amount_due"));
    let body = format!(
        "{}<p>Status: <strong>{}</strong> · {}</p>{}{}{}",
        wrong(reason),
        escaped(invoice.text("status")),
        day(invoice.int("created")),
        amounts(&rows, &sum),
        form_of(state, invoice),
        link(invoice.opt("invoice_pdf"), "Download as PDF"),
    );
    page(&format!("Invoice {}", invoice.text("number")), &body)
}

/// What can be done about an open invoice.
fn form_of(state: &State, invoice: &Value) -> String {
    if invoice.text("status") != "open" {
        return String::new();
    }
    let asks = bill::intent_of(state, invoice.text("id"))
        .is_some_and(|intent| state.at(&intent).text("status") == "requires_action");
    if asks {
        return "<p>Your bank asks for your confirmation.</p><form method=\"post\">\
            <button class=\"main\" name=\"do\" value=\"authenticate\">Complete authentication</button></form>"
            .to_owned();
    }
    let saved = pay::method_for(state, invoice).map(|method| {
        let card = &state.at(&method)["card"];
        format!(
            "<form method=\"post\"><button class=\"main\" name=\"do\" value=\"saved\">Pay with {} ending in {}</button></form>",
            escaped(card.text("brand")),
            escaped(card.text("last4")),
        )
    });
    format!(
        "{}<form method=\"post\"><h2>Pay with another card</h2>{}\
         <button name=\"do\" value=\"card\">Pay</button></form>",
        saved.unwrap_or_default(),
        card_field(true),
    )
}

fn paid(state: &mut State, id: &str, fields: &Node) -> Response {
    let Some(shown_invoice) = invoice(state, id).cloned() else { return nothing_here() };
    if shown_invoice.text("status") != "open" {
        return shown(state, id, None);
    }
    let method = match filled(fields, "do").as_deref() {
        Some("authenticate") => {
            let intent = bill::intent_of(state, id).unwrap_or_default();
            let method = state.at(&intent).text("payment_method").to_owned();
            return ask(state, id, &method);
        }
        Some("saved") => match pay::method_for(state, &shown_invoice) {
            Some(method) => method,
            None => return shown(state, id, Some("There is no saved card.")),
        },
        _ => match another_card(state, &shown_invoice, fields) {
            Ok(method) => method,
            Err(reason) => return shown(state, id, Some(reason)),
        },
    };
    match pay::attempt(state, id, Some(&method), Presence::Here) {
        Attempt::Asks => ask(state, id, &method),
        Attempt::Declined(code) => shown(state, id, Some(cards::message(&code))),
        _ => shown(state, id, None),
    }
}

/// Leads to the bank's question about this invoice.
pub(super) fn ask(state: &mut State, invoice: &str, method: &str) -> Response {
    let after = AfterAuthentication::Invoice {
        invoice: invoice.to_owned(),
        payment_method: method.to_owned(),
    };
    state.after_authentication.insert(invoice.to_owned(), after);
    see_other(&format!("/authenticate/{invoice}"))
}

/// A new card, which the subscription is charged to from now on.
fn another_card(state: &mut State, invoice: &Value, fields: &Node) -> Result<String, &'static str> {
    let card = card(fields)?;
    if let Bank::Declines(code) = card.bank {
        return Err(cards::message(code));
    }
    let method = checkout::attach(state, card, invoice.text("customer"));
    let subscription = subscription_of(invoice).to_owned();
    state.update(&subscription, "customer.subscription.updated", |subscription| {
        subscription["default_payment_method"] = json!(method);
    });
    Ok(method)
}
