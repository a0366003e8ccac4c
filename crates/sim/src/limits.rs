//! How fast a bot may send, as token buckets.
//!
//! A bucket of `burst` tokens refills at `count` per `per`; a message takes one from the bot's
//! bucket and one from the chat's. Whoever finds one empty is refused with 429 and stays refused
//! until `retry_after` has passed, as on the real servers. Refused messages take nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{clock::Moment, reply::whole_secs};

/// So many per so long, with so many at once.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Messages per `per_secs`, at least 1.
    pub count: u32,
    /// The span that `count` is for, in seconds, at least 1.
    pub per_secs: u32,
    /// How many may come at once after a rest, at least 1.
    pub burst: u32,
}

impl Rate {
    /// `count` per `per_secs` with `burst` at once; zeros count as ones.
    pub const fn new(count: u32, per_secs: u32, burst: u32) -> Self {
        Self { count, per_secs, burst }
    }

    fn interval_us(self) -> u64 {
        u64::from(self.per_secs.max(1)) * 1_000_000 / u64::from(self.count.max(1))
    }

    fn slack_us(self) -> u64 {
        self.interval_us() * u64::from(self.burst.max(1) - 1)
    }
}

/// The limits of one run.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// All messages of one bot: 30 a second, a second's worth at once.
    pub bot: Option<Rate>,
    /// One private chat: 1 a second, strictly.
    pub chat: Option<Rate>,
    /// One group: 20 a minute, all at once if need be.
    pub group: Option<Rate>,
    /// All messages of one bot that are paid for: 1,000 a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Rate>,
}

impl Limits {
    /// As Telegram documents them.
    pub const TELEGRAM: Self = Self {
        bot: Some(Rate::new(30, 1, 30)),
        chat: Some(Rate::new(1, 1, 1)),
        group: Some(Rate::new(20, 60, 20)),
        paid: Some(Rate::new(1_000, 1, 1_000)),
    };
    /// None at all.
    pub const OFF: Self = Self { bot: None, chat: None, group: None, paid: None };
}

impl Default for Limits {
    fn default() -> Self {
        Self::TELEGRAM
    }
}

/// How full one bucket is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    /// When it will be full again.
    full_at_us: u64,
    /// Until when whoever found it empty was told to wait.
    barred_until_us: u64,
}

impl Bucket {
    /// How long a message has to wait, if it has to.
    fn wait(self, rate: Rate, now: Moment) -> Option<Duration> {
        let free_at = self.full_at_us.saturating_sub(rate.slack_us()).max(self.barred_until_us);
        (free_at > now.0).then(|| Duration::from_micros(free_at - now.0))
    }

    /// Whether a message would pass now.
    pub fn is_free(self, rate: Option<Rate>, now: Moment) -> bool {
        rate.is_none_or(|rate| self.wait(rate, now).is_none())
    }

    fn take(&mut self, rate: Rate, now: Moment) {
        self.full_at_us = self.full_at_us.max(now.0) + rate.interval_us();
    }

    /// Nothing passes before the `wait` that is told, in whole seconds, is over. Asking again
    /// changes nothing.
    fn bar(&mut self, now: Moment, wait: Duration) {
        if self.barred_until_us <= now.0 {
            self.barred_until_us = now.0 + whole_secs(wait) * 1_000_000;
        }
    }
}

/// Takes one token from each bucket that has a rate, or from none.
///
/// # Errors
/// How long to wait, when one of them is empty.
pub(crate) fn take(
    now: Moment,
    buckets: &mut [(&mut Bucket, Option<Rate>)],
) -> Result<(), Duration> {
    for (bucket, rate) in buckets.iter_mut() {
        let Some(rate) = *rate else { continue };
        if let Some(wait) = bucket.wait(rate, now) {
            bucket.bar(now, wait);
            return Err(wait);
        }
    }
    for (bucket, rate) in buckets.iter_mut() {
        if let Some(rate) = *rate {
            bucket.take(rate, now);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at_ms(ms: u64) -> Moment {
        Moment(1_000_000_000 + ms * 1_000)
    }

    fn passes(bucket: &mut Bucket, rate: Rate, ms: u64) -> bool {
        take(at_ms(ms), &mut [(bucket, Some(rate))]).is_ok()
    }

    #[test]
    fn one_a_second_is_strict() {
        let rate = Rate::new(1, 1, 1);
        let mut bucket = Bucket::default();
        assert!(passes(&mut bucket, rate, 0));
        assert!(passes(&mut bucket, rate, 1_000));
        assert!(!passes(&mut bucket, rate, 1_999));
        // It was told to wait a whole second from then, and asking again does not make that longer.
        assert!(!passes(&mut bucket, rate, 2_998));
        assert!(passes(&mut bucket, rate, 2_999));
    }

    #[test]
    fn a_refused_sender_that_waits_as_told_is_let_in() {
        let rate = Rate::new(20, 60, 20);
        let mut bucket = Bucket::default();
        assert!((0..20).all(|_| passes(&mut bucket, rate, 0)));
        let wait =
            take(at_ms(100), &mut [(&mut bucket, Some(rate))]).expect_err("the 21st is too many");
        assert_eq!(whole_secs(wait), 3);
        assert!(passes(&mut bucket, rate, 3_100));
    }

    #[test]
    fn a_steady_thirty_a_second_never_hits_the_limit() {
        let rate = Rate::new(30, 1, 1);
        let mut bucket = Bucket::default();
        let interval = rate.interval_us();
        for n in 0..10_000 {
            let now = Moment(5 + n * interval);
            assert!(take(now, &mut [(&mut bucket, Some(rate))]).is_ok(), "message {n}");
        }
    }

    #[test]
    fn a_full_chat_costs_the_bot_nothing() {
        let (bot_rate, chat_rate) = (Rate::new(2, 60, 2), Rate::new(1, 60, 1));
        let (mut bot, mut chat) = (Bucket::default(), Bucket::default());
        let mut both = |chat: &mut Bucket| {
            take(at_ms(0), &mut [(chat, Some(chat_rate)), (&mut bot, Some(bot_rate))])
        };
        assert!(both(&mut chat).is_ok());
        assert!(both(&mut chat).is_err());
        assert!(both(&mut Bucket::default()).is_ok());
        assert!(both(&mut Bucket::default()).is_err());
    }
}
