//! When the next message of a bot may go out: arithmetic on instants, without a clock.
//!
//! Telegram allows a bot about 30 messages a second and one a second to the same person
//! (Bot FAQ, "My bot is hitting limits"). Messages are spread evenly instead of in bursts, so that no
//! second of Telegram's counting, wherever it begins, holds more than the rate.

use std::{collections::HashMap, time::Duration};

use crate::ids::ChatId;

/// Shortest time between two messages to one person.
const PER_CHAT: Duration = Duration::from_secs(1);

/// How many chats are remembered before those that no longer matter are looked for.
const FORGET_ABOVE: usize = 4_096;

/// How much slower than the rate messages leave, in parts of a thousand. The way to Telegram is not always
/// equally long: of 31 messages the last must not overtake the first by what 30 intervals exceed a second
/// (8 ms at 30 a second).
const MARGIN: u32 = 8;

/// How late a place may be taken without being lost: timers and threads are late by a little, and a bot
/// that lost as much with each message would fall behind its pace.
const LATE: Duration = Duration::from_millis(5);

/// Keeps one bot within Telegram's limits. Time is measured from any fixed moment.
#[derive(Debug)]
pub struct Governor {
    interval: Duration,
    free_at: Duration,
    silent_until: Duration,
    chats: HashMap<ChatId, Duration>,
    forget_above: usize,
}

impl Governor {
    /// A governor for `rate` messages a second, at least one.
    pub fn new(rate: u32) -> Self {
        Self {
            interval: Duration::from_millis(1_000 + u64::from(MARGIN)) / rate.max(1),
            free_at: Duration::ZERO,
            silent_until: Duration::ZERO,
            chats: HashMap::new(),
            forget_above: FORGET_ABOVE,
        }
    }

    /// The moment at which a message to `chat` may go out. The place is taken with the answer.
    pub fn reserve(&mut self, chat: ChatId, now: Duration) -> Duration {
        let place = self.free_at.max(now.saturating_sub(LATE));
        // A chat that must wait does not hold up the others: only the place it takes is gone.
        self.free_at = place + self.interval;
        let at = self.chats.get(&chat).map_or(place, |&free| place.max(free));
        if self.chats.len() >= self.forget_above {
            self.chats.retain(|_, free| *free > now);
            // Those that still matter are not looked through again with every message.
            self.forget_above = FORGET_ABOVE.max(2 * self.chats.len());
        }
        self.chats.insert(chat, at.max(now) + PER_CHAT);
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
    fn no_second_holds_more_than_the_rate_though_one_is_late() {
        let mut governor = Governor::new(30);
        let at: Vec<Duration> = (0..300).map(|chat| governor.reserve(chat, MS(0))).collect();
        for window in at.windows(31) {
            assert!(window[30] - window[0] >= MS(1_007), "{window:?}");
            assert!(window[30] - window[0] <= MS(1_010), "and hardly less: {window:?}");
        }
    }

    #[test]
    fn whoever_is_a_little_late_catches_up_and_unused_time_is_not_saved_up() {
        let mut governor = Governor::new(10);
        assert_eq!(governor.reserve(1, MS(1_000)), MS(995));
        assert_eq!(governor.reserve(2, MS(1_098)), MS(1_095) + Duration::from_micros(800));
        assert_eq!(governor.reserve(3, MS(5_000)), MS(4_995));
        assert!(governor.reserve(4, MS(5_000)) > MS(5_095));
    }

    #[test]
    fn one_person_gets_one_a_second_and_holds_up_nobody() {
        let mut governor = Governor::new(10);
        assert_eq!(governor.reserve(7, MS(0)), MS(0));
        assert_eq!(governor.reserve(7, MS(10)), MS(1_000));
        assert!(governor.reserve(8, MS(10)) < MS(202));
        assert_eq!(governor.reserve(7, MS(10)), MS(2_000));
    }

    #[test]
    fn after_a_429_nothing_goes_before_telegrams_own_wait() {
        let mut governor = Governor::new(10);
        governor.slow_down(Duration::from_secs(3), MS(500));
        assert_eq!(governor.reserve(1, MS(600)), MS(3_500));
        assert!(governor.is_silent(MS(3_499)) && !governor.is_silent(MS(3_500)));
        governor.slow_down(Duration::from_secs(1), MS(600));
        assert!(
            governor.reserve(2, MS(700)) >= MS(3_600),
            "a shorter wait does not undercut a longer one"
        );
    }

    #[test]
    fn memory_is_bounded_by_what_still_matters() {
        let mut governor = Governor::new(100_000);
        for chat in 0..100_000 {
            governor.reserve(chat, MS(chat as u64));
        }
        assert!(governor.chats.len() <= FORGET_ABOVE + 1_000);
    }
}
