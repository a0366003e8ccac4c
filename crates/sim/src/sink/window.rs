//! Limits without any slack: no span of the length, wherever it begins, holds more than the count.
//!
//! Telegram forgives bursts ([`crate::Limits`]); whoever passes here passes there.

use std::{collections::VecDeque, time::Duration};

use crate::clock::Moment;

/// So many within so long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Window {
    /// Most messages in a span, at least 1.
    pub count: usize,
    /// How long the span is.
    pub long: Duration,
}

/// The windows of one run.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Windows {
    /// All messages of one bot.
    pub bot: Option<Window>,
    /// One private chat.
    pub chat: Option<Window>,
    /// One group.
    pub group: Option<Window>,
}

impl Windows {
    /// None at all.
    pub const OFF: Self = Self { bot: None, chat: None, group: None };
    /// What Telegram documents: 30 a second and bot, 1 a second and chat, 20 a minute and group.
    pub const TELEGRAM: Self = Self {
        bot: Some(Window { count: 30, long: Duration::from_secs(1) }),
        chat: Some(Window { count: 1, long: Duration::from_secs(1) }),
        group: Some(Window { count: 20, long: Duration::from_secs(60) }),
    };
}

/// When the last messages came, as many as a window counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(VecDeque<Moment>);

impl Recent {
    /// How long a message has to wait, if it has to.
    pub fn wait(&self, window: Option<Window>, now: Moment) -> Option<Duration> {
        let window = window?;
        let oldest = self.0.get(self.0.len().checked_sub(window.count.max(1))?)?;
        let free = *oldest + window.long;
        (free > now).then(|| free.since(now))
    }

    /// Counts a message.
    pub fn note(&mut self, window: Option<Window>, now: Moment) {
        let Some(window) = window else { return };
        self.0.push_back(now);
        while self.0.len() > window.count.max(1) {
            self.0.pop_front();
        }
    }

    /// Whether it limits nothing any more.
    pub fn is_over(&self, window: Option<Window>, now: Moment) -> bool {
        window.is_none_or(|window| self.0.back().is_none_or(|last| *last + window.long <= now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_span_holds_more_than_the_count() {
        let window = Some(Window { count: 3, long: Duration::from_secs(1) });
        let at = |ms: u64| Moment(ms * 1_000);
        let mut recent = Recent::default();
        for ms in [0, 900, 950] {
            assert_eq!(recent.wait(window, at(ms)), None, "{ms}");
            recent.note(window, at(ms));
        }
        assert_eq!(recent.wait(window, at(999)), Some(Duration::from_millis(1)));
        assert_eq!(recent.wait(window, at(1_000)), None);
        recent.note(window, at(1_000));
        assert_eq!(recent.wait(window, at(1_001)), Some(Duration::from_millis(899)));
        assert!(!recent.is_over(window, at(1_999)) && recent.is_over(window, at(2_000)));
    }

    #[test]
    fn without_a_window_nobody_waits_and_nothing_is_kept() {
        let mut recent = Recent::default();
        recent.note(None, Moment(5));
        assert_eq!(recent.wait(None, Moment(5)), None);
        assert!(recent.is_over(None, Moment(5)) && recent.0.is_empty());
    }
}
