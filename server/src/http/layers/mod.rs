//! What happens to every request before a handler sees it, and to every answer after.
//!
//! From the outside in: a count of answers, a name for the request, security headers, the client's address, the
//! allow-list, panics and time limits, the origin check, the path, the body, compression.

mod allow_list;
pub mod body;
mod client_ip;
mod headers;
mod origin;
mod path;
mod request_id;
mod run;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer, DefaultPredicate, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
};

use super::{metrics::traffic, web::Web};

pub use client_ip::ClientIp;
pub use headers::{CspNonce, OwnStyle};
pub use request_id::RequestId;

/// Below this an answer fits into one packet anyway.
const SMALLEST_COMPRESSED_BYTES: u16 = 512;

/// Puts all layers around `router`.
pub fn around(router: Router, web: &Web) -> Router {
    // The last one added is the outermost.
    router
        .layer(compression())
        .layer(from_fn_with_state(web.clone(), body::limit))
        .layer(from_fn_with_state(web.clone(), path::check))
        .layer(from_fn_with_state(web.clone(), origin::check))
        .layer(from_fn_with_state(web.clone(), run::run))
        .layer(from_fn_with_state(web.clone(), allow_list::admit))
        .layer(from_fn_with_state(web.clone(), client_ip::find_client))
        .layer(from_fn_with_state(web.clone(), headers::secure))
        .layer(from_fn(request_id::name_request))
        .layer(from_fn_with_state(web.clone(), traffic::count))
}

/// HTML, JSON and the like, as they are made. Static files come compressed; event streams must not
/// wait in a compressor.
fn compression() -> CompressionLayer<impl Predicate> {
    let predicate = DefaultPredicate::new()
        .and(SizeAbove::new(SMALLEST_COMPRESSED_BYTES))
        .and(NotForContentType::new("text/event-stream"));
    CompressionLayer::new().quality(CompressionLevel::Precise(4)).compress_when(predicate)
}

#[cfg(test)]
mod tests;
