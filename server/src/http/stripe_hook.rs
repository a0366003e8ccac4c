//! `POST /stripe/webhook`: what Stripe tells.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use contract::needs::Needs;
use domain::Timestamp;
use tracing::warn;

use super::{
    layers::body::{self, Unread},
    ports::{Cashier, Taken},
    table::Table,
};

/// Longest event, in bytes. Stripe's own are a few kilobytes.
const LONGEST_BYTES: usize = 512 * 1024;
/// Longest signature, in bytes. Stripe's have about 120, and as many again while a secret is exchanged.
const LONGEST_SIGNATURE_BYTES: usize = 2 * 1024;

const SIGNATURE: &str = "stripe-signature";

/// The route.
pub fn table() -> Table<Arc<dyn Cashier>> {
    Table::new().post("/stripe/webhook", Needs::Secret, receive)
}

/// The bytes as they came, then their signature; 200 once the event is stored for good. What it leads to comes
/// afterwards, so Stripe never waits for itself.
async fn receive(State(cashier): State<Arc<dyn Cashier>>, request: Request) -> Response {
    if !cashier.takes_events() {
        // Never "accept all": without a secret nobody is Stripe.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let (parts, body) = request.into_parts();
    let mut signatures = parts.headers.get_all(SIGNATURE).iter();
    let signature = match (signatures.next(), signatures.next()) {
        (Some(one), None) => one.to_str().unwrap_or_default(),
        // Of two headers it could not be said which one counts.
        _ => "",
    };
    if signature.is_empty() || signature.len() > LONGEST_SIGNATURE_BYTES {
        return body::close(StatusCode::BAD_REQUEST.into_response());
    }
    let event = match body::read(body, LONGEST_BYTES).await {
        Ok(event) => event,
        Err(why) => {
            let status = match why {
                Unread::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
                Unread::TooSlow => StatusCode::REQUEST_TIMEOUT,
                Unread::Broken => StatusCode::BAD_REQUEST,
            };
            return body::close(status.into_response());
        }
    };
    match cashier.take(signature, &event, Timestamp::now()).await {
        Taken::Kept => StatusCode::OK.into_response(),
        Taken::Refused(why) => {
            warn!(why, "an event that is not Stripe's was refused");
            StatusCode::BAD_REQUEST.into_response()
        }
        Taken::Away => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response()
        }
    }
}
