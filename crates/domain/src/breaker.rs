//! The circuit breaker: a broadcast stops by itself when what comes back is bad, and asks a person.
//!
//! A list that has lain for a year, or a message that Telegram refuses, shows within seconds; the rest of
//! the audience need not find out one by one. It stops once for each reason: whoever says "go on" has
//! decided, and a question that comes back is one that people learn to click away. The other reason is
//! still a question of its own.

use std::collections::VecDeque;

use crate::{broadcast::Outcome, words::words};

/// Over how many of the last outcomes it judges: seven seconds at Telegram's pace of 30 a second. Enough
/// that a few who have left in a row say nothing, few enough that a large audience is hardly begun.
pub const WINDOW: usize = 200;

/// Fewer outcomes than this say nothing: a small broadcast is over before there is anything to save.
pub const LEAST: usize = 100;

/// From how many per cent on of people who are gone. A living audience loses a few per cent between two
/// broadcasts, one that was not written to for a year a quarter; two in five means that it is not the audience
/// somebody thinks it is. Audiences go out in the order of Telegram's numbers, the oldest accounts first, of whom
/// more have left: so the bound is not lower.
pub const GONE_PERCENT: usize = 40;

/// From how many per cent on of messages that Telegram does not answer, or with an error of its own. Each of them
/// is of unknown outcome, and only a person may send it again: they must stay few.
pub const UNANSWERED_PERCENT: usize = 50;

/// From how many per cent on of messages that Telegram refuses. What it refuses for one in five is wrong with the
/// message or the bot, not with the people.
pub const FAILING_PERCENT: usize = 20;

words! {
    /// Why it stops.
    pub enum Trip {
        /// Too many have blocked the bot, or their account is gone.
        Gone = "gone",
        /// Telegram refuses too many.
        Failing = "failing",
        /// Too many get no answer.
        Unanswered = "unanswered",
    }
}

/// What it saw when it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why.
    pub trip: Trip,
    /// How many of the last outcomes were so.
    pub bad: usize,
    /// How many outcomes it looked at.
    pub of: usize,
}

impl Verdict {
    /// Why a broadcast stopped, as it stays beside it.
    pub fn reason(self) -> String {
        let Self { trip, bad, of } = self;
        match trip {
            Trip::Gone => {
                format!(
                    "{bad} of the last {of} people have blocked the bot or deleted their account"
                )
            }
            Trip::Failing => {
                format!("Telegram refused the message for {bad} of the last {of} people")
            }
            Trip::Unanswered => {
                format!("for {bad} of the last {of} people Telegram gave no answer")
            }
        }
    }
}

/// The last outcomes of one broadcast. It forgets with its process: whoever takes over begins with an empty
/// window, and needs [`LEAST`] outcomes of their own.
#[derive(Clone, Debug)]
pub struct Breaker {
    last: VecDeque<Option<Trip>>,
    spent: Vec<Trip>,
}

impl Breaker {
    /// An empty window. For `spent` it has stopped the broadcast before, and does not again; but for want of
    /// answers, which is a matter of the moment, it does each time.
    pub fn new(mut spent: Vec<Trip>) -> Self {
        spent.retain(|trip| *trip != Trip::Unanswered);
        Self { last: VecDeque::with_capacity(WINDOW), spent }
    }

    /// Takes in what became of one person. Who was not written to says nothing.
    pub fn note(&mut self, outcome: Outcome) {
        let kind = match outcome {
            Outcome::Sent => None,
            Outcome::Blocked | Outcome::Deactivated => Some(Trip::Gone),
            Outcome::Failed => Some(Trip::Failing),
            Outcome::Unknown => Some(Trip::Unanswered),
            Outcome::Skipped => return,
        };
        if self.last.len() == WINDOW {
            self.last.pop_front();
        }
        self.last.push_back(kind);
    }

    /// Why the broadcast should stop now, if it should. Each reason is given once.
    pub fn trip(&mut self) -> Option<Verdict> {
        let of = self.last.len();
        if of < LEAST {
            return None;
        }
        let over = |trip: Trip| {
            let bad = self.last.iter().filter(|kind| **kind == Some(trip)).count();
            let bound = match trip {
                Trip::Gone => GONE_PERCENT,
                Trip::Failing => FAILING_PERCENT,
                Trip::Unanswered => UNANSWERED_PERCENT,
            };
            let trips = bad * 100 >= of * bound && !self.spent.contains(&trip);
            trips.then_some(Verdict { trip, bad, of })
        };
        let verdict = Trip::ALL.iter().copied().find_map(over)?;
        self.spent.push(verdict.trip);
        Some(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `bad` times `outcome` among `of`, evenly, as a window sees them.
    fn after(outcome: Outcome, bad: usize, of: usize) -> Breaker {
        let mut breaker = Breaker::new(Vec::new());
        for n in 0..of {
            let is_bad = n * bad / of != (n + 1) * bad / of;
            breaker.note(if is_bad { outcome } else { Outcome::Sent });
        }
        breaker
    }

    #[test]
    fn it_stops_at_its_bounds_and_not_before() {
        use Outcome::*;
        let cases = [
            (Blocked, 79, 200, None),
            (Blocked, 80, 200, Some(Trip::Gone)),
            (Deactivated, 80, 200, Some(Trip::Gone)),
            (Failed, 39, 200, None),
            (Failed, 40, 200, Some(Trip::Failing)),
            (Blocked, 99, 99, None),
            (Failed, 99, 99, None),
            (Blocked, 40, 100, Some(Trip::Gone)),
            (Failed, 20, 100, Some(Trip::Failing)),
            (Skipped, 200, 200, None),
            (Unknown, 99, 200, None),
            (Unknown, 100, 200, Some(Trip::Unanswered)),
        ];
        for (outcome, bad, of, want) in cases {
            let verdict = after(outcome, bad, of).trip();
            assert_eq!(verdict.map(|one| one.trip), want, "{bad} of {of} {outcome}");
            if let Some(verdict) = verdict {
                assert_eq!((verdict.bad, verdict.of), (bad, of));
            }
        }
    }

    #[test]
    fn who_was_not_written_to_takes_no_place_in_the_window() {
        let mut breaker = after(Outcome::Blocked, 60, 60);
        (0..500).for_each(|_| breaker.note(Outcome::Skipped));
        assert_eq!(breaker.trip(), None, "60 outcomes are too few");
        (0..40).for_each(|_| breaker.note(Outcome::Sent));
        assert_eq!(breaker.trip().map(|one| (one.bad, one.of)), Some((60, 100)));
    }

    #[test]
    fn what_is_long_past_does_not_count() {
        let mut breaker = after(Outcome::Failed, 39, 200);
        (0..WINDOW).for_each(|_| breaker.note(Outcome::Sent));
        (0..39).for_each(|_| breaker.note(Outcome::Failed));
        assert_eq!(breaker.trip(), None);
        breaker.note(Outcome::Failed);
        assert_eq!(breaker.trip().map(|one| one.trip), Some(Trip::Failing));
    }

    #[test]
    fn it_stops_once_for_each_reason() {
        let mut breaker = after(Outcome::Blocked, 200, 200);
        assert_eq!(breaker.trip().map(|one| one.trip), Some(Trip::Gone));
        (0..WINDOW).for_each(|_| breaker.note(Outcome::Blocked));
        assert_eq!(breaker.trip(), None, "a person has decided");
        (0..40).for_each(|_| breaker.note(Outcome::Failed));
        assert_eq!(breaker.trip().map(|one| one.trip), Some(Trip::Failing), "the other reason");

        let mut resumed = Breaker::new(vec![Trip::Failing]);
        (0..WINDOW).for_each(|_| resumed.note(Outcome::Failed));
        assert_eq!(resumed.trip(), None, "after a restart as well");

        let mut resumed = Breaker::new(vec![Trip::Unanswered]);
        (0..WINDOW).for_each(|_| resumed.note(Outcome::Unknown));
        let verdict = resumed.trip().expect("whether Telegram answers is a matter of the moment");
        assert_eq!(verdict.trip, Trip::Unanswered);
    }

    #[test]
    fn reasons_say_how_many() {
        let verdict = |trip| Verdict { trip, bad: 83, of: 200 };
        assert!(verdict(Trip::Gone).reason().starts_with("83 of the last 200 people"));
        assert!(verdict(Trip::Failing).reason().contains("83 of the last 200"));
    }
}
