//! When the next message of a bot may go out: arithmetic on instants, without a clock.
//!
//! Telegram allows a bot about 30 messages a second and one a second to the same person
//! (Bot FAQ, "My bot is hitting limits"). Messages are spread evenly instead of in bursts, so that no
//! second of Telegram's counting, wherever it begins, holds more than the rate.

use std::{collections::HashMap, time::Duration};

use crate::ids::ChatId;

/// Shortest time between two messages to one person.
const PER_CHAT: Duration = Duration::from_secs(1);

/// How many chats are remembered before those that no longer matter are forgotten.
const FORGET_ABOVE: usize = 4_096;

/// Keeps one bot within Telegram's limits. Time is measured from any fixed moment.
#[derive(Debug)]
pub struct Governor {
    interval: Duration,
    free_at: Duration,
    silent_until: Duration,
    chats: HashMap<ChatId, Duration>,
}

impl Governor {
    /// A governor for `rate` messages a second, at least one.
    pub fn new(rate: u32) -> Self {
        Self {
            interval: Duration::from_secs(1) / rate.max(1),
            free_at: Duration::ZERO,
            silent_until: Duration::ZERO,
            chats: HashMap::new(),
        }
    }

    /// The moment at which a message to `chat` may go out. The place is taken with the answer.
    pub fn reserve(&mut self, chat: ChatId, now: Duration) -> Duration {
        let mut at = self.free_at.max(now);
        if let Some(&free) = self.chats.get(&chat) {
            at = at.max(free);
        }
        // A chat that must wait does not hold up the others: only the place it takes is gone.
        self.free_at = self.free_at.max(now) + self.interval;
        if self.chats.len() >= FORGET_ABOVE {
            self.chats.retain(|_, free| *free > now);
        }
        self.chats.insert(chat, at + PER_CHAT);
        at
    }

    /// The first moment at which any message may go out.
    pub fn free_at(&self) -> Duration {
        self.free_at
    }

    /// Telegram asked for silence: nothing goes out before `retry_after` has passed.
    pub fn slow_down(&mut self, retry_after: Duration, now: Duration) {
        self.silent_until = self.silent_until.max(now + retry_after);
        self.free_at = self.free_at.max(self.silent_until);
    }

    /// Whether Telegram's wait is not over. Places that were reserved before it began are void.
    pub fn is_silent(&self, now: Duration) -> bool {
        now < self.silent_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn no_second_holds_more_than_the_rate() {
        let mut governor = Governor::new(30);
        let at: Vec<Duration> = (0..300).map(|chat| governor.reserve(chat, MS(0))).collect();
        for window in at.windows(31) {
            assert!(window[30] - window[0] >= MS(999), "{window:?}");
        }
    }

    #[test]
    fn unused_time_is_not_saved_up() {
        let mut governor = Governor::new(10);
        governor.reserve(1, MS(0));
        assert_eq!(governor.reserve(2, MS(5_000)), MS(5_000));
        assert_eq!(governor.reserve(3, MS(5_000)), MS(5_100));
    }

    #[test]
    fn one_person_gets_one_a_second_and_holds_up_nobody() {
        let mut governor = Governor::new(10);
        assert_eq!(governor.reserve(7, MS(0)), MS(0));
        assert_eq!(governor.reserve(7, MS(10)), MS(1_000));
        assert_eq!(governor.reserve(8, MS(10)), MS(200));
        assert_eq!(governor.reserve(7, MS(10)), MS(2_000));
    }

    #[test]
    fn after_a_429_nothing_goes_before_telegrams_own_wait() {
        let mut governor = Governor::new(10);
        governor.slow_down(Duration::from_secs(3), MS(500));
        assert_eq!(governor.reserve(1, MS(600)), MS(3_500));
        assert!(governor.is_silent(MS(3_499)) && !governor.is_silent(MS(3_500)));
        governor.slow_down(Duration::from_secs(1), MS(600));
        assert_eq!(
            governor.reserve(2, MS(700)),
            MS(3_600),
            "a shorter wait does not undercut a longer one"
        );
    }

    #[test]
    fn memory_is_bounded_by_what_still_matters() {
        let mut governor = Governor::new(10_000);
        for chat in 0..100_000 {
            governor.reserve(chat, MS(chat as u64));
        }
        assert!(governor.chats.len() <= FORGET_ABOVE + 1_000);
    }
}
