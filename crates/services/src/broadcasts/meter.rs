//! How fast a broadcast moves, seen by those who ask.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use contract::broadcasts::Rate;
use domain::ids::{BotId, BroadcastId};
use tokio::time::Instant;

/// Over how long the rate is taken.
const WINDOW: Duration = Duration::from_secs(10);

/// Most broadcasts that are remembered; beyond it the ones not asked about for long are forgotten.
const MOST: usize = 1_024;

/// How many had an outcome at which moment, the latest last.
type Counts = VecDeque<(Instant, u64)>;

/// What was seen of each broadcast in the last seconds. Each process has its own.
///
/// An id is its bot's alone: forms choose it, and another bot may have the same.
#[derive(Debug, Default)]
pub struct Meters(Mutex<HashMap<(BotId, BroadcastId), Counts>>);

impl Meters {
    /// Notes that `done` people have an outcome now. Gives the rate since the oldest note in the
    /// window; none before there are two a second apart.
    pub fn note(&self, bot: BotId, id: BroadcastId, done: u64) -> Option<Rate> {
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if meters.len() >= MOST {
            meters.retain(|_, notes| notes.back().is_some_and(|&(at, _)| now - at < WINDOW));
        }
        let notes = meters.entry((bot, id)).or_default();
        notes.push_back((now, done));
        while notes.len() > 2 && notes.front().is_some_and(|&(at, _)| now - at > WINDOW) {
            notes.pop_front();
        }
        let &(first, before) = notes.front()?;
        let secs = (now - first).as_secs_f64();
        // A pause, or nobody asking for a while, would make an average of long ago.
        let recent = secs >= 1.0 && now - first <= WINDOW + WINDOW / 2;
        recent.then(|| Rate((done.saturating_sub(before) as f64 * 10.0 / secs).round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_that_of_the_last_seconds() {
        let meters = Meters::default();
        let (bot, other) = (BotId::from(uuid::Uuid::nil()), BotId::from(uuid::Uuid::max()));
        let id = BroadcastId::from(uuid::Uuid::nil());
        assert_eq!(meters.note(bot, id, 0), None);
        let mut last = None;
        for second in 1..=30 {
            tokio::time::advance(Duration::from_secs(1)).await;
            let done = if second <= 15 { second * 10 } else { 150 + (second - 15) * 30 };
            last = meters.note(bot, id, done);
        }
        assert_eq!(last, Some(Rate(300)), "10 a second long ago no longer counts");
        assert_eq!(meters.note(other, id, 1_000), None, "another bot's broadcast is another one");
    }
}
