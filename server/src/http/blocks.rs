//! `limit.block`: clients that are shut out of everything but probes, static files and webhooks.
//!
//! Whoever guesses is refused by the charge itself, which asks the database each time. All other pages
//! look into a copy that is read anew every second, so that a block costs a page no query; it bites on
//! every instance within that second.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use contract::error::spoken;
use domain::limit::client;
use services::{ServiceError, limits};
use store::Store;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    layers::ClientIp,
    problem::{Asked, Problem},
    web::Web,
};

/// How old the copy may be.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Who is shut out, and until when.
#[derive(Debug, Default)]
pub struct Blocks {
    until: RwLock<HashMap<String, Instant>>,
}

impl Blocks {
    /// Reads the blocks in force.
    ///
    /// # Errors
    /// The database is away; the blocks that were known stay.
    pub async fn refresh(&self, store: &Store) -> Result<(), ServiceError> {
        let now = Instant::now();
        let blocks = limits::blocks(store).await?;
        let until = blocks.into_iter().map(|block| (block.client, now + block.left)).collect();
        *self.until.write().unwrap_or_else(PoisonError::into_inner) = until;
        Ok(())
    }

    /// Whole seconds until `ip` is let in again; none when it is not shut out.
    fn secs_left(&self, ip: IpAddr) -> Option<u64> {
        let until = self.until.read().unwrap_or_else(PoisonError::into_inner);
        if until.is_empty() {
            return None;
        }
        let left = until.get(&client(ip))?.checked_duration_since(Instant::now())?;
        // One second before it is over is still before.
        Some(left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }
}

/// Keeps the copy in `blocks` fresh until `stop`.
pub async fn watch(blocks: Arc<Blocks>, store: Store, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(LOOK_AGAIN) => {}
        }
        if let Err(error) = blocks.refresh(&store).await {
            warn!(%error, "who is shut out could not be read; those known so far stay out");
        }
    }
}

/// Refuses those who are shut out.
pub async fn shut_out(State(web): State<Web>, request: Request, next: Next) -> Response {
    let ip = request.extensions().get::<ClientIp>().map(|ip| ip.0);
    // Everybody behind a proxy of ours would be out with it.
    let culprit = ip.filter(|ip| !web.config.trusted_proxies.contains(*ip));
    let Some(secs) = culprit.and_then(|ip| web.blocks.secs_left(ip)) else {
        return next.run(request).await;
    };
    let advice = format!(
        "Come back in {}. If you share your address with others and it was not you, the person who \
         runs this Gannet can let you in.",
        spoken(secs)
    );
    let mut response = Problem {
        status: StatusCode::TOO_MANY_REQUESTS,
        title: "Shut out for a while",
        what: "From your address too much was tried too often, three times within a day, so nothing \
               is answered to it for an hour.",
        advice: &advice,
    }
    .answer(&Asked::of(&request), &web);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_for_the_whole_network_and_ends_by_itself() {
        let blocks = Blocks::default();
        let now = Instant::now();
        *blocks.until.write().expect("whole") = HashMap::from([
            ("2001:db8:1:2::/64".to_owned(), now + Duration::from_secs(60)),
            ("192.0.2.1".to_owned(), now),
        ]);
        let left = |ip: &str| blocks.secs_left(ip.parse().expect("an address"));
        assert!(left("2001:db8:1:2:3::4").is_some_and(|secs| (59..=61).contains(&secs)));
        assert_eq!(left("2001:db8:1:3::4"), None);
        assert_eq!(left("192.0.2.1"), None, "it has ended");
    }
}
