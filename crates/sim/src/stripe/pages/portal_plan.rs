//! Another plan, in the Customer Portal.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, Query, State as Shared},
    response::Response,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{
        cards,
        fields::Fields,
        life::{
            self, bill,
            change::{self, Change, Changed, How, Prorations},
            pay::{self, Attempt, Presence},
        },
        state::State,
        world::World,
    },
    fields, filled,
    html::{amounts, escaped, link, page, wrong},
    invoice,
    portal::{Away, after_flow, may, subscription_of, visit},
    see_other,
};

/// The price that was chosen.
#[derive(Default, Deserialize)]
pub(super) struct Choice {
    price: Option<String>,
}

pub(super) async fn choose(
    Shared(world): Shared<Arc<World>>,
    Path((id, subscription)): Path<(String, String)>,
    Query(choice): Query<Choice>,
) -> Response {
    world.with(|state| {
        let (session, current) = match found(state, &id, &subscription) {
            Ok(found) => found,
            Err(away) => return away.page(),
        };
        match choice.price {
            None => page("Change plan", &choices(state, &session, &current)),
            Some(price) => confirm(state, &session, &current, &price, None),
        }
    })
}

fn found(state: &State, id: &str, subscription: &str) -> Result<(Value, Value), Away> {
    let session = visit(state, id)?;
    if !may(state, &session, "subscription_update") {
        return Err(Away::Nothing);
    }
    let current = subscription_of(state, &session, subscription)?;
    Ok((session, current))
}

/// The prices that may be changed to: those of the configuration, or all that recur in the currency
/// where it names none.
fn offered<'a>(state: &'a State, session: &Value, current: &Value) -> Vec<&'a Value> {
    let configuration = state.at(session.text("configuration"));
    let products = configuration["features"]["subscription_update"].rows("products");
    let listed: Vec<_> = products.iter().flat_map(|product| product.rows("prices")).collect();
    let flow = &session["flow"]["subscription_update_confirm"]["items"][0];
    state
        .all("price")
        .filter(|price| {
            price.yes("active")
                && price.text("type") == "recurring"
                && price["currency"] == current["currency"]
                && price["livemode"] == current["livemode"]
                && (products.is_empty()
                    || listed.contains(&&price["id"])
                    || flow["price"] == price["id"])
        })
        .collect()
}

fn choices(state: &State, session: &Value, current: &Value) -> String {
    let now = current.rows("items").first().map(|item| item["price"].text("id").to_owned());
    let rows: String = offered(state, session, current)
        .iter()
        .map(|price| {
            let id = price.text("id");
            let is = now.as_deref() == Some(id);
            format!(
                "<label class=\"radio\"><input type=\"radio\" name=\"price\" value=\"{}\"{} required> {} – {}{}</label>",
                escaped(id),
                if is { " disabled" } else { "" },
                escaped(bill::name_of(state, price)),
                life::price_label(price),
                if is { " (current)" } else { "" },
            )
        })
        .collect();
    format!(
        "<form method=\"get\"><fieldset><legend>Plans</legend>{rows}</fieldset>\
         <button class=\"main\">Continue</button></form>{}",
        back(session)
    )
}

fn back(session: &Value) -> String {
    link(Some(&format!("/p/session/{}?done=", session.text("id"))), "Back to billing")
}

/// What the change comes to. It is of the first item, like everything in the portal.
fn worked_out(
    state: &State,
    session: &Value,
    current: &Value,
    price: &str,
) -> Result<Changed, &'static str> {
    let offered = offered(state, session, current);
    let price = offered.into_iter().find(|known| known.text("id") == price);
    let price = price.ok_or("This plan is not offered.")?.clone();
    let configuration = state.at(session.text("configuration"));
    let update = &configuration["features"]["subscription_update"];
    let item = current.rows("items").first().ok_or("There is nothing to change.")?;
    let change = Change {
        item: Some(item.text("id").to_owned()),
        price: Some(price),
        quantity: None,
        deleted: false,
    };
    let how = How {
        prorations: Prorations::named(update.text("proration_behavior")),
        date: None,
        anchor_now: false,
        trial_end: None,
    };
    change::work_out(state, current, &[change], &how).map_err(|_| "This plan cannot be changed to.")
}

fn confirm(
    state: &State,
    session: &Value,
    current: &Value,
    price: &str,
    reason: Option<&str>,
) -> Response {
    let changed = match worked_out(state, session, current, price) {
        Ok(changed) => changed,
        Err(reason) => {
            return page("Change plan", &(wrong(Some(reason)) + &choices(state, session, current)));
        }
    };
    let currency = current.text("currency");
    let lines: Vec<_> = changed.at_once.iter().chain(&changed.later).collect();
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            let amount = life::money(line.int("amount"), currency);
            (line.text("description").to_owned(), amount)
        })
        .collect();
    let sum: i64 = lines.iter().map(|line| line.int("amount")).sum();
    let when = if changed.at_once.is_empty() { "On the next invoice" } else { "Due today" };
    let table = amounts(&rows, &(when.to_owned(), life::money(sum, currency)));
    let next = &changed.subscription["items"]["data"][0]["price"];
    let body = format!(
        "{}<p>New plan: <strong>{}</strong>, {}</p>{table}\
         <form method=\"post\"><input type=\"hidden\" name=\"price\" value=\"{}\">\
         <button class=\"main\">Confirm</button></form>{}",
        wrong(reason),
        escaped(bill::name_of(state, next)),
        life::price_label(next),
        escaped(price),
        back(session),
    );
    page("Confirm your new plan", &body)
}

pub(super) async fn change(
    Shared(world): Shared<Arc<World>>,
    Path((id, subscription)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let price = filled(&fields(&body), "price").unwrap_or_default();
    world.with(|state| {
        let (session, current) = match found(state, &id, &subscription) {
            Ok(found) => found,
            Err(away) => return away.page(),
        };
        let changed = match worked_out(state, &session, &current, &price) {
            Ok(changed) => changed,
            Err(reason) => return confirm(state, &session, &current, &price, Some(reason)),
        };
        let kind = session["flow"].opt("type").unwrap_or("subscription_update").to_owned();
        let on = after_flow(&session, &kind, "Your plan was changed.");
        let Some(bill) = change::make(state, changed) else { return see_other(&on) };
        match bill::finalize_and_collect(state, &bill, Presence::Here) {
            Attempt::Asks => {
                let method = pay::method_for(state, state.at(&bill)).unwrap_or_default();
                invoice::ask(state, &bill, &method)
            }
            Attempt::Declined(code) => {
                let reason = cards::message(&code);
                let open = link(
                    state.at(&bill).opt("hosted_invoice_url"),
                    "Pay the invoice with another card",
                );
                page("Your plan was changed, but not paid", &(wrong(Some(reason)) + &open))
            }
            Attempt::Paid | Attempt::NoMethod => see_other(&on),
        }
    })
}
