//! One message to many people: its life, and what became of each delivery.

use std::time::Duration;

use crate::{ids::ChatId, words::words};

/// How many recipients one chunk of a frozen audience holds.
pub const CHUNK: usize = 1_000;

/// Why a broadcast stopped that nobody was at, as it stays beside it.
pub const NOBODY_SENT_IT: &str = "nothing was sending it for ten minutes";

words! {
    /// Where a broadcast stands.
    pub enum Status {
        /// Being written.
        Draft = "draft",
        /// Waits for its time.
        Scheduled = "scheduled",
        /// Goes out, or waits in line behind another of the same bot.
        Sending = "sending",
        /// Stopped by a person, or because its sender died; can be resumed.
        Paused = "paused",
        /// Everybody has an outcome.
        Done = "done",
        /// Stopped for good.
        Cancelled = "cancelled",
    }
}

words! {
    /// What can happen to a broadcast.
    pub enum Event {
        /// Given a time, or another one.
        Schedule = "schedule",
        /// Taken back before anybody got it, to be written on.
        Unschedule = "unschedule",
        /// Due, and something is in the way: it waits for a person, or in line.
        Hold = "hold",
        /// Sent by hand, or due.
        Start = "start",
        /// Stopped for a while by a person.
        Pause = "pause",
        /// Stopped because its sender is gone.
        Release = "release",
        /// Taken up again.
        Resume = "resume",
        /// Stopped for good.
        Cancel = "cancel",
        /// The last outcome is known.
        Finish = "finish",
        /// Sent once more to people of whom nobody knows whether they got it.
        Repeat = "be sent again",
    }
}

/// What was asked cannot happen to a broadcast in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a broadcast that is {from} cannot be asked to {event}")]
pub struct IllegalTransition {
    /// Where it stood.
    pub from: Status,
    /// What was asked.
    pub event: Event,
}

impl Status {
    /// The status after `event`.
    ///
    /// What is paused goes back to a draft only while nobody has got it: a status does not know that.
    ///
    /// # Errors
    /// Whatever is not listed here is refused.
    pub const fn after(self, event: Event) -> Result<Self, IllegalTransition> {
        use {Event::*, Status::*};
        match (self, event) {
            (Draft | Scheduled, Schedule) => Ok(Scheduled),
            (Scheduled | Paused, Unschedule) => Ok(Draft),
            (Scheduled, Hold) => Ok(Paused),
            (Draft | Scheduled, Start) | (Paused, Resume) => Ok(Sending),
            (Sending, Pause | Release) => Ok(Paused),
            (Draft | Scheduled | Sending | Paused, Cancel) => Ok(Cancelled),
            (Sending, Finish) => Ok(Done),
            // Not from Cancelled: what was stopped for good still has people who were never written to.
            (Done, Repeat) => Ok(Sending),
            (from, event) => Err(IllegalTransition { from, event }),
        }
    }

    /// Whether the text may still be changed.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Scheduled)
    }

    /// Whether nothing happens to it any more by itself.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }
}

/// How a message arrives. Part of what is written, and frozen with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Manner {
    /// Without a sound.
    pub silent: bool,
    /// Without a way to forward or save it.
    pub protected: bool,
}

words! {
    /// Whom a broadcast goes to. Groups and channels are those where the bot may write.
    pub enum Audience {
        /// Everybody who is subscribed.
        Subscribers = "subscribers",
        /// Every group and channel.
        Chats = "chats",
        /// Everybody who is subscribed, and every group and channel.
        Both = "both",
        /// Groups and channels that were chosen.
        Chosen = "chosen",
    }
}

impl Audience {
    /// Whether subscribers get it.
    pub const fn has_subscribers(self) -> bool {
        matches!(self, Self::Subscribers | Self::Both)
    }

    /// Whether groups and channels get it: nobody can say how many people read there.
    pub const fn has_chats(self) -> bool {
        !matches!(self, Self::Subscribers)
    }
}

/// Most groups and channels that are chosen by name.
pub const MOST_CHOSEN: usize = 200;

/// Whom a broadcast goes to, and the chats that were chosen. Part of what is written and approved; who that is,
/// is settled when it begins.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recipients {
    /// Whom.
    pub audience: Audience,
    /// Which chats, by number in rising order; none unless they are chosen.
    pub chosen: Vec<ChatId>,
}

impl Default for Recipients {
    fn default() -> Self {
        Self { audience: Audience::Subscribers, chosen: Vec::new() }
    }
}

words! {
    /// What became of one attempt to reach one person. Written once, never changed.
    pub enum Outcome {
        /// Telegram took it and gave it a number.
        Sent = "sent",
        /// The person has blocked the bot; a group or channel has put it out, or does not let it write.
        Blocked = "blocked",
        /// The person's account is gone.
        Deactivated = "deactivated",
        /// Telegram refused it for another reason.
        Failed = "failed",
        /// Not sent: the person opted out after the audience was frozen.
        Skipped = "skipped",
        /// The request may have gone out and no answer is known. Never sent again by itself; a person may say so.
        Unknown = "unknown",
    }
}

/// How many people's last attempt ended in each [`Outcome`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tally {
    /// See [`Outcome::Sent`].
    pub sent: u64,
    /// See [`Outcome::Blocked`].
    pub blocked: u64,
    /// See [`Outcome::Deactivated`].
    pub deactivated: u64,
    /// See [`Outcome::Failed`].
    pub failed: u64,
    /// See [`Outcome::Skipped`].
    pub skipped: u64,
    /// See [`Outcome::Unknown`].
    pub unknown: u64,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, outcome: Outcome) {
        *self.slot(outcome) += 1;
    }

    /// How many ended so.
    pub fn of(mut self, outcome: Outcome) -> u64 {
        *self.slot(outcome)
    }

    /// How many have ended at all.
    pub const fn total(self) -> u64 {
        self.sent + self.blocked + self.deactivated + self.failed + self.skipped + self.unknown
    }

    fn slot(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Sent => &mut self.sent,
            Outcome::Blocked => &mut self.blocked,
            Outcome::Deactivated => &mut self.deactivated,
            Outcome::Failed => &mut self.failed,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Unknown => &mut self.unknown,
        }
    }
}

/// How long a send to `recipients` takes at `rate` messages a second, to the started second.
pub const fn duration_at(recipients: u64, rate: u32) -> Duration {
    let rate = if rate == 0 { 1 } else { rate as u64 };
    Duration::from_secs(recipients.div_ceil(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_transitions_exist() {
        use {Event::*, Status::*};
        let allowed = [
            (Draft, Schedule, Scheduled),
            (Scheduled, Schedule, Scheduled),
            (Scheduled, Unschedule, Draft),
            (Paused, Unschedule, Draft),
            (Scheduled, Hold, Paused),
            (Draft, Start, Sending),
            (Scheduled, Start, Sending),
            (Paused, Resume, Sending),
            (Sending, Pause, Paused),
            (Sending, Release, Paused),
            (Draft, Cancel, Cancelled),
            (Scheduled, Cancel, Cancelled),
            (Sending, Cancel, Cancelled),
            (Paused, Cancel, Cancelled),
            (Sending, Finish, Done),
            (Done, Repeat, Sending),
        ];
        for &from in Status::ALL {
            for &event in Event::ALL {
                let want = allowed
                    .iter()
                    .find(|&&(f, e, _)| (f, e) == (from, event))
                    .map(|&(.., to)| to)
                    .ok_or(IllegalTransition { from, event });
                assert_eq!(from.after(event), want);
            }
        }
    }

    #[test]
    fn a_tally_counts_each_outcome_apart() {
        let mut tally = Tally::default();
        for (times, &outcome) in Outcome::ALL.iter().enumerate() {
            (0..=times).for_each(|_| tally.add(outcome));
        }
        for (times, &outcome) in Outcome::ALL.iter().enumerate() {
            assert_eq!(tally.of(outcome), times as u64 + 1);
        }
        assert_eq!(tally.total(), 21);
    }

    #[test]
    fn a_started_second_counts_whole() {
        for (recipients, rate, secs) in
            [(0, 30, 0), (1, 30, 1), (30, 30, 1), (31, 30, 2), (9, 0, 9)]
        {
            assert_eq!(duration_at(recipients, rate), Duration::from_secs(secs));
        }
    }
}
