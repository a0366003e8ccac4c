//! `/sim/…`: telling the simulator what to do, as JSON over HTTP. The README lists it all.
//!
//! Only programs on this machine get through: browsers send `Origin` or `Sec-Fetch-Site` with what
//! other pages make them send, and those requests are refused.

mod bots;
mod run;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::Request,
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use serde_json::json;

use crate::{error::SimError, world::World};

/// Everything below `/sim`.
pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/sim", get(run::about))
        .route("/sim/bots", get(bots::list).post(bots::create))
        .route("/sim/bots/{bot}", delete(bots::remove))
        .route("/sim/bots/{bot}/token", post(bots::rotate))
        .route("/sim/bots/{bot}/people", post(bots::people))
        .route("/sim/bots/{bot}/people/{person}", post(bots::person_does))
        .route("/sim/bots/{bot}/reactions", put(bots::set_reactions))
        .route("/sim/bots/{bot}/groups", post(bots::add_to_group))
        .route("/sim/bots/{bot}/updates", post(bots::inject))
        .route("/sim/bots/{bot}/chats", get(bots::chats))
        .route("/sim/bots/{bot}/chats/{chat}", get(bots::chat))
        .route("/sim/bots/{bot}/ledger", get(bots::ledger))
        .route("/sim/bots/{bot}/ledger/stats", get(bots::stats))
        .route("/sim/bots/{bot}/ledger/chats", get(bots::per_chat))
        .route("/sim/bots/{bot}/ledger/duplicates", get(bots::duplicates))
        .route("/sim/people/{person}", put(run::name_person))
        .route("/sim/ledger", get(run::ledger))
        .route("/sim/faults", get(run::faults).post(run::add_fault).delete(run::clear_faults))
        .route("/sim/faults/{fault}", delete(run::remove_fault))
        .route("/sim/limits", get(run::limits).put(run::set_limits))
        .route("/sim/clock", get(run::clock).post(run::advance))
        .route("/sim/reset", post(run::reset))
        .fallback(|| async {
            refused(StatusCode::NOT_FOUND, "there is nothing here; GET /sim lists what there is")
        })
        .layer(middleware::from_fn(programs_only))
        .with_state(world)
}

pub(crate) async fn programs_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let from_page = headers.contains_key(header::ORIGIN)
        || headers
            .get("sec-fetch-site")
            .is_some_and(|site| site != "none" && site != "same-origin");
    if from_page {
        return refused(StatusCode::FORBIDDEN, "the simulator does not take orders from web pages");
    }
    next.run(request).await
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({"error": why}))).into_response()
}

impl IntoResponse for SimError {
    fn into_response(self) -> Response {
        let status = match &self {
            SimError::NoSuchBot(_) | SimError::NoSuchChat(_) => StatusCode::NOT_FOUND,
            SimError::Taken(_) | SimError::CannotDo(_) => StatusCode::CONFLICT,
            SimError::BadBot(_) | SimError::OutOfBounds(_) => StatusCode::UNPROCESSABLE_ENTITY,
            SimError::NotLoopback(_)
            | SimError::Listen { .. }
            | SimError::File { .. }
            | SimError::Machine(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        refused(status, &self.to_string())
    }
}
