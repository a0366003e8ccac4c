//! The time the simulator lives in.
//!
//! Everything that waits or counts (limits, retries, long polls, scripts, stalls) asks a [`Clock`],
//! so that a test can let a day pass without sleeping.

use std::{
    ops::Add,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// A point in time, in microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    /// Whole seconds since the Unix epoch: the only precision that the Bot API shows.
    pub fn unix_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Moment;

    fn add(self, by: Duration) -> Moment {
        let by = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        Moment(self.0.saturating_add(by))
    }
}

/// Tells the time and lets tasks wait for it. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Instant,
    epoch: Moment,
    frozen: bool,
    ahead_us: AtomicU64,
    moved: watch::Sender<()>,
}

impl Clock {
    /// The machine's time. [`Clock::advance`] puts it ahead.
    pub fn system() -> Self {
        Self::new(false)
    }

    /// Starts at the machine's time and stands still until [`Clock::advance`] moves it.
    pub fn frozen() -> Self {
        Self::new(true)
    }

    fn new(frozen: bool) -> Self {
        let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self(Arc::new(Inner {
            started: Instant::now(),
            epoch: Moment(0) + epoch,
            frozen,
            ahead_us: AtomicU64::new(0),
            moved: watch::Sender::new(()),
        }))
    }

    /// What time it is.
    pub fn now(&self) -> Moment {
        let clock = &self.0;
        let ran = if clock.frozen { Duration::ZERO } else { clock.started.elapsed() };
        clock.epoch + ran + Duration::from_micros(clock.ahead_us.load(Ordering::Acquire))
    }

    /// Lets `by` pass at once and wakes everybody whose wait is thereby over.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        self.0.ahead_us.fetch_add(by, Ordering::AcqRel);
        self.0.moved.send_replace(());
    }

    /// Waits for `how_long`.
    pub async fn sleep(&self, how_long: Duration) {
        self.sleep_until(self.now() + how_long).await;
    }

    /// Waits until it is `when`; returns at once when that has passed.
    pub async fn sleep_until(&self, when: Moment) {
        let mut moved = self.0.moved.subscribe();
        loop {
            let left = when.since(self.now());
            if left.is_zero() {
                return;
            }
            // The sender lives in this clock, so waiting for it cannot fail.
            if self.0.frozen {
                let _ = moved.changed().await;
            } else {
                let _ = tokio::time::timeout(left, moved.changed()).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frozen_clock_wakes_sleepers_only_when_it_is_moved_far_enough() {
        let clock = Clock::frozen();
        let start = clock.now();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep(Duration::from_secs(60)).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;

        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());

        clock.advance(Duration::from_secs(1));
        let woke = sleeper.await.expect("the sleeper does not panic");
        assert_eq!(woke.since(start), Duration::from_secs(60));
    }
}
