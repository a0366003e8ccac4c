//! `ops.healthz`: for probes.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use contract::needs::Needs;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{ports::Pulse, table::Table};

/// Longest wait for the database.
const PATIENCE: Duration = Duration::from_secs(2);

/// What health is judged by.
#[derive(Clone)]
pub struct Health {
    /// The database.
    pub pulse: Arc<dyn Pulse>,
    /// Cancelled when we are told to stop.
    pub drain: CancellationToken,
}

/// `/healthz`: whether to send people here. `/livez`: whether the process lives.
pub fn table() -> Table<Health> {
    Table::new().get("/healthz", Needs::Public, healthz).get("/livez", Needs::Public, livez)
}

/// What connections get that come while the last requests end.
pub fn draining() -> Router {
    let wait = || async {
        let headers = [(header::RETRY_AFTER, "2"), (header::CONNECTION, "close")];
        (StatusCode::SERVICE_UNAVAILABLE, headers, "restarting\n")
    };
    Router::new().route("/livez", get(livez)).fallback(wait)
}

async fn livez() -> &'static str {
    "alive\n"
}

async fn healthz(State(health): State<Health>) -> Response {
    let not_ready = |why: &'static str| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    if health.drain.is_cancelled() {
        return not_ready("draining\n");
    }
    match timeout(PATIENCE, health.pulse.database_answers()).await {
        Ok(true) => "ok\n".into_response(),
        Ok(false) | Err(_) => not_ready("the database does not answer\n"),
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    struct Fixed(Option<bool>);

    #[async_trait]
    impl Pulse for Fixed {
        async fn database_answers(&self) -> bool {
            match self.0 {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn health_is_the_databases_and_ends_with_the_drain() {
        let cases = [
            (Some(true), false, StatusCode::OK),
            (Some(false), false, StatusCode::SERVICE_UNAVAILABLE),
            (None, false, StatusCode::SERVICE_UNAVAILABLE),
            (Some(true), true, StatusCode::SERVICE_UNAVAILABLE),
        ];
        for (pulse, draining, want) in cases {
            let drain = CancellationToken::new();
            if draining {
                drain.cancel();
            }
            let router = table().serve(Health { pulse: Arc::new(Fixed(pulse)), drain });
            let get = |path: &str| Request::get(path).body(Body::empty()).expect("a request");
            let health = router.clone().oneshot(get("/healthz")).await.expect("infallible");
            assert_eq!(health.status(), want, "{pulse:?} {draining}");
            let live = router.oneshot(get("/livez")).await.expect("infallible");
            assert_eq!(live.status(), StatusCode::OK);
        }
    }
}
