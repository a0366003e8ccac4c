//! The page of a Checkout session.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, Query, State as Shared},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    super::{
        calendar::day,
        cards,
        fields::Fields,
        form::Node,
        life::{
            self,
            checkout::{self, Entered, Outcome},
        },
        state::State,
        world::World,
    },
    card, fields, filled,
    html::{amounts, card_field, escaped, field, link, page, wrong},
    nothing_here, see_other,
};

/// Why the page is shown once more.
#[derive(Default, Deserialize)]
pub(super) struct Again {
    declined: Option<String>,
}

pub(super) async fn show(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(again): Query<Again>,
) -> Response {
    let reason = again.declined.as_deref().map(cards::message);
    world.with(|state| shown(state, &id, reason))
}

pub(super) async fn submit(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let fields = fields(&body);
    world.with(|state| answered(state, &id, &fields))
}

/// The session, if it is one.
fn session<'a>(state: &'a State, id: &str) -> Option<&'a Value> {
    state.get(id).filter(|object| object.text("object") == "checkout.session")
}

/// Where a session leads when it is paid.
pub(super) fn success_url(session: &Value) -> String {
    let url = session.text("success_url");
    url.replace("{CHECKOUT_SESSION_ID}", session.text("id"))
        .replace("%7BCHECKOUT_SESSION_ID%7D", session.text("id"))
}

fn shown(state: &State, id: &str, reason: Option<&str>) -> Response {
    let Some(session) = session(state, id) else { return nothing_here() };
    match session.text("status") {
        "expired" => {
            let back = link(session.opt("cancel_url"), "Back");
            page(
                "This session has expired",
                &format!("<p>This link is no longer active.</p>{back}"),
            )
        }
        "complete" => {
            let on = link(Some(&success_url(session)), "Continue");
            page("You are all done here", &format!("<p>You have already subscribed.</p>{on}"))
        }
        _ => page("Subscribe", &open_page(state, session, reason)),
    }
}

fn open_page(state: &State, session: &Value, reason: Option<&str>) -> String {
    let plan = state.plans.get(session.text("id")).cloned().unwrap_or_default();
    let currency = session.text("currency");
    let trial = checkout::trial_end(state, session.text("id"));
    let mut rows: Vec<_> = plan
        .rows("shown_lines")
        .iter()
        .map(|line| {
            let words = format!(
                "{} × {} ({})",
                line.int("quantity"),
                line.text("description"),
                life::price_label(&line["price"]),
            );
            (words, life::money(line.int("amount_subtotal"), currency))
        })
        .collect();
    let off = session["total_details"].int("amount_discount");
    if off > 0 {
        rows.push(("Discount".to_owned(), life::money(-off, currency)));
    }
    if let Some(coupon) = plan.opt("coupon") {
        rows.push((format!("Coupon {coupon}"), "applied".to_owned()));
    }
    if let Some(end) = trial {
        rows.push((format!("Free trial until {}", day(end)), life::money(0, currency)));
    }
    let sum = ("Total due today".to_owned(), life::money(session.int("amount_total"), currency));
    let code = match session.yes("allow_promotion_codes") {
        true => format!(
            "<form method=\"post\">{}<button name=\"do\" value=\"code\">Apply</button></form>",
            field("code", "Promotion code", "", false)
        ),
        false => String::new(),
    };
    let button = if trial.is_some() { "Start trial" } else { "Subscribe" };
    format!(
        "{}{}{code}<form method=\"post\"><h2>Payment</h2>{}\
         <button class=\"main\" name=\"do\" value=\"pay\">{button}</button></form>{}",
        wrong(reason),
        amounts(&rows, &sum),
        asked_for(state, session),
        link(session.opt("cancel_url"), "Back without subscribing"),
    )
}

/// The fields that the session asks for.
fn asked_for(state: &State, session: &Value) -> String {
    let customer = session.opt("customer").map(|id| state.at(id).clone()).unwrap_or_default();
    let mut html = match session.opt("customer") {
        Some(_) => format!("<p>Email: {}</p>", escaped(customer.text("email"))),
        None => field("email", "Email", session.text("customer_email"), true),
    };
    let collects = session.text("payment_method_collection");
    let free = session.int("amount_total") == 0;
    html += &card_field(!(collects == "if_required" && free));
    html += &field("name", "Name on card", customer.text("name"), true);
    let address = session.text("billing_address_collection") == "required"
        || session["automatic_tax"].yes("enabled");
    if address {
        html += "<fieldset><legend>Billing address</legend>";
        let known = &customer["address"];
        html +=
            &field("country", "Country (two letters)", known.opt("country").unwrap_or("DE"), true);
        html += &field("line1", "Street and number", known.text("line1"), true);
        html += &field("postal_code", "Postal code", known.text("postal_code"), true);
        html += &field("city", "City", known.text("city"), true);
        html += "</fieldset>";
    }
    if session["tax_id_collection"].yes("enabled") {
        html += "<fieldset><legend>For businesses</legend>";
        html += &field("tax_id", "VAT number (optional)", "", false);
        html += "</fieldset>";
    }
    html
}

fn answered(state: &mut State, id: &str, fields: &Node) -> Response {
    let Some(session) = session(state, id).cloned() else { return nothing_here() };
    if session.text("status") == "complete" {
        // A second click on the button.
        return see_other(&success_url(&session));
    }
    if session.text("status") != "open" {
        return shown(state, id, None);
    }
    if fields.text("do") == Some("code") {
        let code = filled(fields, "code").unwrap_or_default();
        let reason = match session.yes("allow_promotion_codes") {
            true => checkout::apply_code(state, id, &code).err(),
            false => Some("This session takes no codes."),
        };
        return shown(state, id, reason);
    }
    let entered = match entered(&session, fields) {
        Ok(entered) => entered,
        Err(reason) => return shown(state, id, Some(reason)),
    };
    match checkout::submit(state, id, &entered) {
        Outcome::Done => see_other(&success_url(state.at(id))),
        Outcome::Asks { payment_method } => see_other(&format!("/authenticate/{payment_method}")),
        Outcome::Declined(code) => shown(state, id, Some(cards::message(&code))),
    }
}

fn entered(session: &Value, fields: &Node) -> Result<Entered, &'static str> {
    let without_card = session.text("payment_method_collection") == "if_required"
        && session.int("amount_total") == 0
        && filled(fields, "number").is_none();
    let card = if without_card { None } else { Some(card(fields)?) };
    let email = filled(fields, "email");
    if session.opt("customer").is_none()
        && !email.as_deref().is_some_and(|email| email.contains('@'))
    {
        return Err("Your email is incomplete.");
    }
    let mut address = Map::new();
    for name in ["country", "line1", "postal_code", "city"] {
        if let Some(text) = filled(fields, name) {
            address.insert(name.to_owned(), json!(text));
        }
    }
    let needs_address = session.text("billing_address_collection") == "required";
    if needs_address && address.len() < 4 {
        return Err("Your billing address is incomplete.");
    }
    let tax_id = filled(fields, "tax_id").map(|value| ("eu_vat".to_owned(), value));
    Ok(Entered { card, email, name: filled(fields, "name"), address, tax_id })
}
