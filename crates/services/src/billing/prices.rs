//! What Stripe's prices are, remembered for a while: they hardly ever change, and pages show them each time.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use adapters::stripe::{Price, Stripe};
use futures::future;
use tokio::time::timeout;

/// How long a price is remembered.
const KEPT: Duration = Duration::from_secs(600);
/// How long a page waits for prices. It is shown without them then.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Prices that were asked for.
#[derive(Debug, Default)]
pub(super) struct Prices(Mutex<HashMap<String, (Instant, Price)>>);

impl Prices {
    /// Those of `ids` that are known, after asking for those that are not, or were long ago. While Stripe is away
    /// an old one is better than none.
    pub async fn of(&self, stripe: &Stripe, ids: &[&str]) -> HashMap<String, Price> {
        let is_fresh = |id: &str| self.get(id).is_some_and(|(at, _)| at.elapsed() < KEPT);
        let stale = ids.iter().filter(|id| !is_fresh(id)).map(|id| stripe.price(id));
        if let Ok(found) = timeout(LONGEST_WAIT, future::join_all(stale)).await {
            for price in found {
                match price {
                    Ok(price) => self.put(price),
                    Err(error) => tracing::warn!(%error, "a price is not known"),
                }
            }
        }
        let known = ids.iter().filter_map(|id| Some(((*id).to_owned(), self.get(id)?.1)));
        known.collect()
    }

    fn get(&self, id: &str) -> Option<(Instant, Price)> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(id).cloned()
    }

    fn put(&self, price: Price) {
        let mut prices = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        prices.insert(price.id.clone(), (Instant::now(), price));
    }
}
