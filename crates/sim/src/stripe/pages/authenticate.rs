//! The bank asks whether it is really them: 3-D Secure in two buttons.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State as Shared},
    response::Response,
};

use super::{
    super::{
        fields::Fields,
        life::checkout,
        state::{AfterAuthentication, State},
        world::World,
    },
    fields,
    html::page,
    nothing_here, see_other,
};

pub(super) async fn show(Shared(world): Shared<Arc<World>>, Path(id): Path<String>) -> Response {
    if !world.with(|state| state.after_authentication.contains_key(&id)) {
        return nothing_here();
    }
    page(
        "Your bank asks",
        "<p>The bank wants to know whether this payment is yours. A real bank would send you to its app.</p>\
         <form method=\"post\"><button class=\"main\" name=\"answer\" value=\"complete\">Complete</button> \
         <button name=\"answer\" value=\"fail\">Fail</button></form>",
    )
}

pub(super) async fn answer(
    Shared(world): Shared<Arc<World>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let yes = fields(&body).text("answer") == Some("complete");
    world.with(|state| {
        let Some(after) = state.after_authentication.get(&id).cloned() else {
            return nothing_here();
        };
        let well = checkout::confirmed(state, &id, yes).unwrap_or_default();
        see_other(&next(state, &after, well))
    })
}

/// The page that comes after the bank's.
fn next(state: &State, after: &AfterAuthentication, well: bool) -> String {
    match after {
        AfterAuthentication::Checkout { session, .. } if well => {
            super::checkout::success_url(state.at(session))
        }
        AfterAuthentication::Checkout { session, .. } => {
            format!("/c/pay/{session}?declined=authentication_required")
        }
        AfterAuthentication::Invoice { invoice, .. } if well => format!("/i/{invoice}"),
        AfterAuthentication::Invoice { invoice, .. } => {
            format!("/i/{invoice}?declined=authentication_required")
        }
        AfterAuthentication::Card { session, .. } if well => super::portal::after_flow(
            state.at(session),
            "payment_method_update",
            "Your card was saved.",
        ),
        AfterAuthentication::Card { session, .. } => {
            format!(
                "/p/session/{}/card?declined=authentication_required",
                state.at(session).text("id")
            )
        }
    }
}
