//! The people who talk to a bot.

use crate::words::words;

words! {
    /// Whether a subscriber can and wants to be written to.
    pub enum Status {
        /// Wants messages.
        Active = "active",
        /// Asked for silence for some days.
        Paused = "paused",
        /// Wrote `/stop`.
        Unsubscribed = "unsubscribed",
        /// Blocked the bot in Telegram.
        Blocked = "blocked",
        /// Deleted the Telegram account.
        Deactivated = "deactivated",
    }
}

words! {
    /// What happened to a subscriber, as Telegram told us.
    pub enum Event {
        /// Pressed Start.
        Started = "started",
        /// Wrote `/stop`.
        Stopped = "stopped",
        /// Blocked the bot.
        Blocked = "blocked",
        /// Took the block back.
        Unblocked = "unblocked",
        /// A send told us that the account is gone.
        Deactivated = "deactivated",
    }
}

impl Status {
    /// Whether a broadcast may be sent to this person.
    pub const fn is_reachable(self) -> bool {
        matches!(self, Self::Active)
    }

    /// The status after `event`.
    ///
    /// Pressing Start is the one way back in after `/stop`. An unblock alone returns those who
    /// blocked: Telegram lets people unblock only by opening the bot again, and a Start follows.
    #[must_use]
    pub const fn after(self, event: Event) -> Self {
        match (self, event) {
            (_, Event::Started) => Self::Active,
            (Self::Blocked, Event::Unblocked) => Self::Active,
            (Self::Deactivated, Event::Stopped | Event::Blocked) => Self::Deactivated,
            (_, Event::Stopped) => Self::Unsubscribed,
            (_, Event::Blocked) => Self::Blocked,
            (status, Event::Unblocked) => status,
            (_, Event::Deactivated) => Self::Deactivated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Status};

    #[test]
    fn start_always_subscribes_and_only_start_undoes_stop() {
        for &status in Status::ALL {
            assert_eq!(status.after(Event::Started), Status::Active);
        }
        for &event in Event::ALL.iter().filter(|&&event| event != Event::Started) {
            assert_ne!(Status::Unsubscribed.after(event), Status::Active, "{event}");
        }
    }

    #[test]
    fn an_unblock_returns_only_those_who_had_blocked() {
        assert_eq!(Status::Blocked.after(Event::Unblocked), Status::Active);
        assert_eq!(Status::Unsubscribed.after(Event::Unblocked), Status::Unsubscribed);
        assert_eq!(Status::Deactivated.after(Event::Unblocked), Status::Deactivated);
    }
}
