//! The Customer Portal.

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
        calendar::{HOUR, day},
        cards::{self, Bank},
        fields::Fields,
        life::{self, bill, cancel as ends, checkout},
        shape::subscription::period,
        state::{AfterAuthentication, State},
        world::World,
    },
    card as card_of, fields,
    html::{card_field, escaped, link, page, wrong},
    nothing_here, see_other,
};

/// How long the link of a session works.
const LIFETIME: i64 = HOUR;

/// Why a page is shown once more.
#[derive(Default, Deserialize)]
pub(super) struct Again {
    declined: Option<String>,
    done: Option<String>,
}

/// Why a page of the portal cannot be shown.
pub(super) enum Away {
    /// There is no such thing, or it is somebody else's.
    Nothing,
    /// The link worked once. Where it came from, if that is known.
    Expired(Option<String>),
}

impl Away {
    /// The page that says so.
    pub fn page(&self) -> Response {
        match self {
            Away::Nothing => nothing_here(),
            Away::Expired(back) => {
                let back = link(back.as_deref(), "Back");
                let body = format!("<p>Ask for a new link where you came from.</p>{back}");
                page("This link has expired", &body)
            }
        }
    }
}

/// A visit of a customer whose link still works.
pub(super) fn visit(state: &State, id: &str) -> Result<Value, Away> {
    let found = state.get(id).filter(|object| object.text("object") == "billing_portal.session");
    let session = found.ok_or(Away::Nothing)?;
    let gone = state.at(session.text("customer")).yes("deleted");
    if gone || session.int("created") + LIFETIME < state.now {
        return Err(Away::Expired(session.opt("return_url").map(str::to_owned)));
    }
    Ok(session.clone())
}

/// A subscription of the visitor that still runs.
pub(super) fn subscription_of(state: &State, session: &Value, id: &str) -> Result<Value, Away> {
    let found = state.get(id).filter(|object| {
        object.text("object") == "subscription"
            && object["customer"] == session["customer"]
            && !matches!(object.text("status"), "canceled" | "incomplete_expired")
    });
    found.cloned().ok_or(Away::Nothing)
}

/// Whether the configuration of a visit has a feature.
pub(super) fn may(state: &State, session: &Value, feature: &str) -> bool {
    state.at(session.text("configuration"))["features"][feature].yes("enabled")
}

fn base(session: &Value) -> String {
    format!("/p/session/{}", session.text("id"))
}

/// Where somebody is led when what they came for is done.
pub(super) fn after_flow(session: &Value, kind: &str, done: &str) -> String {
    let flow = &session["flow"];
    let after = &flow["after_completion"];
    let of_flow = flow.text("type") == kind;
    match after.text("type") {
        "redirect" if of_flow => after["redirect"].text("return_url").to_owned(),
        "hosted_confirmation" if of_flow => format!("{}/done", base(session)),
        _ => {
            let done: String = url::form_urlencoded::byte_serialize(done.as_bytes()).collect();
            format!("{}?done={done}", base(session))
        }
    }
}

pub(super) async fn home(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(again): Query<Again>,
) -> Response {
    world.with(|state| match visit(state, &id) {
        // A flow begins with its page; afterwards there is the home page.
        Ok(session) => match flow_page(&session).filter(|_| again.done.is_none()) {
            Some(url) => see_other(&url),
            None => page("Billing", &home_page(state, &session, again.done.as_deref())),
        },
        Err(away) => away.page(),
    })
}

fn flow_page(session: &Value) -> Option<String> {
    let flow = session.get("flow").filter(|flow| !flow.is_null())?;
    let kind = flow.text("type");
    let subscription = flow[kind].text("subscription");
    let base = base(session);
    Some(match kind {
        "payment_method_update" => format!("{base}/card"),
        "subscription_cancel" => format!("{base}/cancel/{subscription}"),
        "subscription_update_confirm" => {
            let price = flow[kind]["items"][0].text("price");
            format!("{base}/plan/{subscription}?price={price}")
        }
        _ => format!("{base}/plan/{subscription}"),
    })
}

fn home_page(state: &State, session: &Value, done: Option<&str>) -> String {
    let customer = session.text("customer");
    let mut html = done.map_or_else(String::new, |done| {
        format!("<p class=\"note\" role=\"status\">{}</p>", escaped(done))
    });
    html += "<h2>Current plan</h2>";
    let subscriptions: Vec<_> = state
        .all("subscription")
        .filter(|s| s.text("customer") == customer)
        .filter(|s| !matches!(s.text("status"), "canceled" | "incomplete_expired"))
        .collect();
    if subscriptions.is_empty() {
        html += "<p>There is no plan.</p>";
    }
    for subscription in subscriptions {
        html += &plan_card(state, session, subscription);
    }
    if may(state, session, "payment_method_update") {
        html += &format!(
            "<h2>Payment method</h2><p>{}</p><p><a href=\"{}/card\">Change card</a></p>",
            saved_card(state, customer),
            base(session)
        );
    }
    if may(state, session, "invoice_history") {
        html += "<h2>Invoices</h2>";
        html += &invoices(state, customer);
    }
    html + &link(session.opt("return_url"), "Return")
}

fn plan_card(state: &State, session: &Value, subscription: &Value) -> String {
    let (base, id) = (base(session), subscription.text("id"));
    let items: String = subscription
        .rows("items")
        .iter()
        .map(|item| {
            let name = bill::name_of(state, &item["price"]);
            format!("<strong>{}</strong> {}<br>", escaped(name), life::price_label(&item["price"]))
        })
        .collect();
    let (_, end) = period(subscription);
    let ends = subscription.number("cancel_at");
    let when = match (subscription.text("status"), ends) {
        (_, Some(at)) => format!("Ends on {}.", day(at)),
        ("trialing", None) => format!("Free until {}, then paid.", day(end)),
        (_, None) => format!("Renews on {}.", day(end)),
    };
    let status = escaped(subscription.text("status"));
    let mut html = format!("<div class=\"note\"><p>{items}Status: {status}. {when}</p>");
    if may(state, session, "subscription_update") && ends.is_none() {
        html += &format!("<a class=\"button\" href=\"{base}/plan/{id}\">Change plan</a> ");
    }
    if may(state, session, "subscription_cancel") {
        html += &match ends {
            None => format!("<a class=\"button\" href=\"{base}/cancel/{id}\">Cancel plan</a>"),
            Some(_) => format!(
                "<form method=\"post\" action=\"{base}/keep/{id}\"><button>Keep plan</button></form>"
            ),
        };
    }
    html + "</div>"
}

fn saved_card(state: &State, customer: &str) -> String {
    let saved =
        state.all("payment_method").rev().find(|method| method.text("customer") == customer);
    let default = state.at(customer)["invoice_settings"].opt("default_payment_method");
    let card = default.map(|id| state.at(id)).or(saved).map(|method| &method["card"]);
    card.map_or_else(
        || "No card is saved.".to_owned(),
        |card| format!("{} ending in {}", escaped(card.text("brand")), escaped(card.text("last4"))),
    )
}

fn invoices(state: &State, customer: &str) -> String {
    let rows: String = state
        .all("invoice")
        .rev()
        .filter(|invoice| invoice.text("customer") == customer && invoice.text("status") != "draft")
        .map(|invoice| {
            let (url, label) = (invoice.text("hosted_invoice_url"), invoice.text("number"));
            let todo = if invoice.text("status") == "open" { " – pay now" } else { "" };
            format!(
                "<tr><td><a href=\"{}\">{}{todo}</a></td><td>{}</td><td>{} {}</td></tr>",
                escaped(url),
                escaped(label),
                day(invoice.int("created")),
                bill::amount(invoice, "total"),
                escaped(invoice.text("status")),
            )
        })
        .collect();
    match rows.is_empty() {
        true => "<p>There are no invoices yet.</p>".to_owned(),
        false => format!("<table><tbody>{rows}</tbody></table>"),
    }
}

pub(super) async fn card(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    Query(again): Query<Again>,
) -> Response {
    let reason = again.declined.as_deref().map(cards::message);
    world.with(|state| match visit(state, &id) {
        Ok(session) => card_page(&session, reason),
        Err(away) => away.page(),
    })
}

fn card_page(session: &Value, reason: Option<&str>) -> Response {
    let body = format!(
        "{}<form method=\"post\">{}<button class=\"main\">Save card</button></form>{}",
        wrong(reason),
        card_field(true),
        link(Some(&format!("{}?done=", base(session))), "Back to billing"),
    );
    page("Change card", &body)
}

pub(super) async fn save_card(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let fields = fields(&body);
    world.with(|state| {
        let session = match visit(state, &id) {
            Ok(session) if may(state, &session, "payment_method_update") => session,
            Ok(_) => return nothing_here(),
            Err(away) => return away.page(),
        };
        let card = match card_of(&fields) {
            Ok(card) => card,
            Err(reason) => return card_page(&session, Some(reason)),
        };
        if let Bank::Declines(code) = card.bank {
            return card_page(&session, Some(cards::message(code)));
        }
        let customer = session.text("customer").to_owned();
        let method = checkout::attach(state, card, &customer);
        if matches!(card.bank, Bank::AsksOnce | Bank::AsksAlways) {
            let after =
                AfterAuthentication::Card { session: id.clone(), payment_method: method.clone() };
            state.after_authentication.insert(method.clone(), after);
            return see_other(&format!("/authenticate/{method}"));
        }
        checkout::make_default(state, &customer, &method);
        see_other(&after_flow(&session, "payment_method_update", "Your card was saved."))
    })
}

pub(super) async fn ask_cancel(
    Shared(world): Shared<Arc<World>>,
    Path((id, subscription)): Path<(String, String)>,
) -> Response {
    world.with(|state| {
        let found = visit(state, &id).and_then(|session| {
            let subscription = subscription_of(state, &session, &subscription)?;
            Ok((session, subscription))
        });
        let (session, subscription) = match found {
            Ok(found) => found,
            Err(away) => return away.page(),
        };
        let words = match cancels_now(state, &session) {
            true => "It ends at once.".to_owned(),
            false => format!("It stays until {} and is not renewed.", day(period(&subscription).1)),
        };
        let body = format!(
            "<p>{words}</p><form method=\"post\"><button class=\"main\">Cancel plan</button></form>{}",
            link(Some(&format!("{}?done=", base(&session))), "Go back"),
        );
        page("Cancel plan", &body)
    })
}

fn cancels_now(state: &State, session: &Value) -> bool {
    let configuration = state.at(session.text("configuration"));
    configuration["features"]["subscription_cancel"].text("mode") == "immediately"
}

pub(super) async fn cancel(
    Shared(world): Shared<Arc<World>>,
    Path((id, subscription)): Path<(String, String)>,
) -> Response {
    set_end(&world, &id, &subscription, true)
}

pub(super) async fn keep(
    Shared(world): Shared<Arc<World>>,
    Path((id, subscription)): Path<(String, String)>,
) -> Response {
    set_end(&world, &id, &subscription, false)
}

fn set_end(world: &Arc<World>, id: &str, subscription: &str, end: bool) -> Response {
    world.with(|state| {
        let session = match visit(state, id) {
            Ok(session) if may(state, &session, "subscription_cancel") => session,
            Ok(_) => return nothing_here(),
            Err(away) => return away.page(),
        };
        if let Err(away) = subscription_of(state, &session, subscription) {
            return away.page();
        }
        let now = state.now;
        let done = if end {
            if cancels_now(state, &session) {
                ends::end(state, subscription, Some("cancellation_requested"));
            } else {
                state.update(subscription, "customer.subscription.updated", |subscription| {
                    ends::at_period_end(subscription, true, now);
                });
            }
            "Your plan was canceled."
        } else {
            state.update(subscription, "customer.subscription.updated", |subscription| {
                ends::at_period_end(subscription, false, now);
            });
            "Your plan goes on."
        };
        see_other(&after_flow(&session, "subscription_cancel", done))
    })
}

pub(super) async fn done(Shared(world): Shared<Arc<World>>, Path(id): Path<String>) -> Response {
    world.with(|state| match visit(state, &id) {
        Ok(session) => {
            let confirmation = &session["flow"]["after_completion"]["hosted_confirmation"];
            let words = confirmation.opt("custom_message").unwrap_or("Everything is saved.");
            let body =
                format!("<p>{}</p>{}", escaped(words), link(session.opt("return_url"), "Return"));
            page("Done", &body)
        }
        Err(away) => away.page(),
    })
}
