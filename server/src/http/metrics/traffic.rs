//! What is counted of requests as they pass.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};

use crate::http::web::Web;

/// Upper bounds of the times that are told apart, in seconds.
pub const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The classes of statuses, as labels.
pub const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Counts since the process began.
#[derive(Debug, Default)]
pub struct Traffic {
    classes: [AtomicU64; CLASSES.len()],
    acknowledged: [AtomicU64; BOUNDS.len() + 1],
    acknowledged_micros: AtomicU64,
}

impl Traffic {
    /// Answers of each of [`CLASSES`].
    pub fn answers(&self) -> [u64; CLASSES.len()] {
        self.classes.each_ref().map(|count| count.load(Ordering::Relaxed))
    }

    /// How many updates were acknowledged within each of [`BOUNDS`] and beyond, and for how many seconds
    /// Telegram has waited in all.
    pub fn acknowledged(&self) -> ([u64; BOUNDS.len() + 1], f64) {
        let counts = self.acknowledged.each_ref().map(|count| count.load(Ordering::Relaxed));
        let micros = self.acknowledged_micros.load(Ordering::Relaxed);
        (counts, Duration::from_micros(micros).as_secs_f64())
    }

    fn answer(&self, status: StatusCode) {
        if let Some(count) = self.classes.get(usize::from(status.as_u16() / 100) - 1) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn acknowledge(&self, after: Duration) {
        let secs = after.as_secs_f64();
        let at = BOUNDS.iter().position(|bound| secs <= *bound).unwrap_or(BOUNDS.len());
        self.acknowledged[at].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.acknowledged_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Counts answers by their class; of updates that were taken in, how long Telegram waited.
pub async fn count(State(web): State<Web>, request: Request, next: Next) -> Response {
    let is_update =
        request.method() == Method::POST && request.uri().path().starts_with("/telegram/");
    let began = Instant::now();
    let response = next.run(request).await;
    web.traffic.answer(response.status());
    if is_update && response.status() == StatusCode::OK {
        web.traffic.acknowledge(began.elapsed());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_the_first_bound_that_holds_them() {
        let traffic = Traffic::default();
        for millis in [1, 2, 5_000, 6_000] {
            traffic.acknowledge(Duration::from_millis(millis));
        }
        traffic.answer(StatusCode::NOT_FOUND);
        traffic.answer(StatusCode::CONTINUE);
        let (counts, sum) = traffic.acknowledged();
        assert_eq!(counts, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert!((sum - 11.003).abs() < 1e-9, "{sum}");
        assert_eq!(traffic.answers(), [1, 0, 0, 1, 0]);
    }
}
