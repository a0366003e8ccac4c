//! `/metrics`: figures of this process for whoever watches it, in Prometheus' text format.
//!
//! On an address of its own (`METRICS_LISTEN`), or on the main one for whoever brings `METRICS_TOKEN`.
//! Where neither is set, it is not there. The figures are the instance's: none is of a bot, a workspace or
//! a person, and their number is the same however many of those there are.

mod exposition;
mod figures;
pub mod traffic;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use contract::needs::Needs;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::table::Table;
use crate::config::MetricsToken;

pub use figures::Figures;

const PATH: &str = "/metrics";

/// What the route on the main address works with.
#[derive(Clone)]
pub struct Metrics {
    /// What is told.
    pub figures: Figures,
    /// To whom.
    pub token: MetricsToken,
}

/// The route on the main address.
pub fn table() -> Table<Metrics> {
    Table::new().get(PATH, Needs::Secret, with_token)
}

/// An address of its own: whoever reaches it is told.
pub fn alone(figures: Figures) -> Router {
    Table::new().get(PATH, Needs::Public, open).serve(figures)
}

async fn with_token(State(metrics): State<Metrics>, headers: HeaderMap) -> Response {
    if !brings(&headers, &metrics.token) {
        return StatusCode::FORBIDDEN.into_response();
    }
    tell(&metrics.figures).await
}

async fn open(State(figures): State<Figures>) -> Response {
    tell(&figures).await
}

async fn tell(figures: &Figures) -> Response {
    let headers = [
        (header::CONTENT_TYPE, exposition::CONTENT_TYPE),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, figures.collect().await).into_response()
}

/// Whether a request brings the token. Hashes are compared, which have one length.
fn brings(headers: &HeaderMap, token: &MetricsToken) -> bool {
    let given = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
    let given = given.and_then(|value| value.split_at_checked(b"Bearer ".len()));
    let Some((scheme, given)) = given else { return false };
    let is_right = Sha256::digest(given).ct_eq(&Sha256::digest(token.reveal()));
    scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(is_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_counts() {
        const TOKEN: &str = "TEST-0123456789abcdef0123456789abcdef";
        let token = MetricsToken::for_test(TOKEN);
        let cases = [
            (format!("Bearer {TOKEN}"), true),
            (format!("bearer {TOKEN}"), true),
            (format!("Basic {TOKEN}"), false),
            (format!("Bearer {TOKEN}x"), false),
            (format!("Bearer  {TOKEN}"), false),
            (format!("Bearer {}", &TOKEN[1..]), false),
            ("Bearer ".to_owned(), false),
            (TOKEN.to_owned(), false),
            (String::new(), false),
        ];
        for (value, want) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().expect("a header"));
            assert_eq!(brings(&headers, &token), want, "{value}");
        }
        assert!(!brings(&HeaderMap::new(), &token));
    }
}
