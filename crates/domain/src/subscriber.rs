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
    /// Who stopped and then blocks has stopped all the same, or the unblock would undo the `/stop`.
    #[must_use]
    pub const fn after(self, event: Event) -> Self {
        match (self, event) {
            (_, Event::Started) => Self::Active,
            (Self::Blocked, Event::Unblocked) => Self::Active,
            (Self::Deactivated, Event::Stopped | Event::Blocked) => Self::Deactivated,
            (Self::Unsubscribed, Event::Blocked) => Self::Unsubscribed,
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

    /// Where somebody who was active stands, by what was last said of each thing.
    fn told(events: &[Event]) -> Status {
        let last = |event| events.iter().rposition(|&one| one == event);
        let since_start = |event| last(event) > last(Event::Started);
        if since_start(Event::Deactivated) && last(Event::Deactivated).is_some() {
            Status::Deactivated
        } else if since_start(Event::Stopped) && last(Event::Stopped).is_some() {
            Status::Unsubscribed
        } else if since_start(Event::Blocked) && last(Event::Blocked) > last(Event::Unblocked) {
            Status::Blocked
        } else {
            Status::Active
        }
    }

    #[test]
    fn in_every_order_of_events_only_start_returns_those_who_stopped_or_left() {
        let mut sequences = vec![Vec::new()];
        for length in 1..=4 {
            let longer: Vec<Vec<Event>> = sequences
                .iter()
                .filter(|before| before.len() + 1 == length)
                .flat_map(|before| Event::ALL.iter().map(|&event| [&before[..], &[event]].concat()))
                .collect();
            sequences.extend(longer);
        }
        assert_eq!(sequences.len(), 1 + 5 + 25 + 125 + 625);
        for events in sequences {
            let status = events.iter().fold(Status::Active, |status, &event| status.after(event));
            assert_eq!(status, told(&events), "{events:?}");
        }
    }

    #[test]
    fn an_unblock_returns_only_those_who_had_blocked() {
        assert_eq!(Status::Blocked.after(Event::Unblocked), Status::Active);
        assert_eq!(Status::Unsubscribed.after(Event::Unblocked), Status::Unsubscribed);
        assert_eq!(Status::Deactivated.after(Event::Unblocked), Status::Deactivated);
    }
}
