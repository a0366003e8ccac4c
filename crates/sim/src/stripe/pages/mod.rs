//! What a person sees: Checkout, the Customer Portal, hosted invoices, and the bank's question.
//!
//! Plain HTML that says on each page that it is a test. No scripts, nothing from elsewhere.

mod authenticate;
mod checkout;
mod html;
mod invoice;
mod pdf;
mod portal;
mod portal_plan;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};

use self::html::page;
use super::{
    cards::{self, Card},
    form::{self, Node},
    world::World,
};

/// All pages.
pub(super) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/c/pay/{session}", get(checkout::show).post(checkout::submit))
        .route("/authenticate/{waiting}", get(authenticate::show).post(authenticate::answer))
        .route("/p/session/{session}", get(portal::home))
        .route("/p/session/{session}/card", get(portal::card).post(portal::save_card))
        .route(
            "/p/session/{session}/plan/{subscription}",
            get(portal_plan::choose).post(portal_plan::change),
        )
        .route(
            "/p/session/{session}/cancel/{subscription}",
            get(portal::ask_cancel).post(portal::cancel),
        )
        .route("/p/session/{session}/keep/{subscription}", axum::routing::post(portal::keep))
        .route("/p/session/{session}/done", get(portal::done))
        .route("/i/{invoice}", get(invoice::show).post(invoice::pay))
        .route("/i/{invoice}/pdf", get(invoice::pdf))
        .fallback(|| async { nothing_here() })
        .with_state(world)
}

async fn front() -> Response {
    page(
        "A simulator of Stripe",
        "<p>This is no shop and no bank. Programs find its API below <code>/v1</code>, \
        tests steer it below <code>/control</code>, and people come here only by links.</p>",
    )
}

/// 404.
fn nothing_here() -> Response {
    let mut response = page("Nothing here", "<p>There is no such page, or it was never made.</p>");
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// On to another page, by GET.
fn see_other(url: &str) -> Response {
    match HeaderValue::from_str(url) {
        Ok(url) => (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(),
        Err(_) => nothing_here(),
    }
}

/// The fields of a form.
fn fields(body: &Bytes) -> Node {
    form::parse(body).unwrap_or_default()
}

/// A field with something in it.
fn filled(fields: &Node, name: &str) -> Option<String> {
    fields.text(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The card whose number was typed. The number itself goes no further.
fn card(fields: &Node) -> Result<Card, &'static str> {
    let number = fields.text("number").unwrap_or_default();
    cards::known(number)
        .ok_or("Your card number is invalid. Use one of the test cards; never a real one.")
}
