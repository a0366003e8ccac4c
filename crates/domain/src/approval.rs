//! A second person's word before a message goes to many: when it is needed, who may give it, and the
//! life of a request.

use std::{fmt, str::FromStr};

use crate::{
    rights::{Right, Rights},
    words::words,
};

/// Most characters of the reason for a refusal.
pub const LONGEST_REASON: usize = 500;

/// Recipients above which a second person is asked: 1 to [`Above::MOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Above(u32);

/// The text or number is no such bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Enter a whole number from 1 to 10,000,000 in digits alone, or nothing.")]
pub struct NotABound;

impl Above {
    /// The highest bound there is.
    pub const MOST: u32 = 10_000_000;

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Above {
    type Error = NotABound;

    fn try_from(number: i64) -> Result<Self, NotABound> {
        match u32::try_from(number) {
            Ok(number @ 1..=Self::MOST) => Ok(Self(number)),
            _ => Err(NotABound),
        }
    }
}

impl FromStr for Above {
    type Err = NotABound;

    fn from_str(text: &str) -> Result<Self, NotABound> {
        // Ten digits are more than the highest bound has, and fewer than overflow.
        let is_number = (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number {
            return Err(NotABound);
        }
        text.parse::<i64>().map_err(|_| NotABound)?.try_into()
    }
}

impl fmt::Display for Above {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a broadcast to `audience` recipients waits for a second person. `above` is the workspace's bound;
/// without one nothing does. Where groups or channels are among them (`to_chats`) it always waits: nobody can say how
/// many people read there.
pub fn is_needed(above: Option<Above>, audience: u64, to_chats: bool) -> bool {
    above.is_some_and(|above| to_chats || audience > u64::from(above.get()))
}

/// Whether an approval that was asked for when `seen` people would have got it counts for `audience`: people
/// come and go, and a tenth more than were looked at is no other decision.
pub const fn covers(seen: u64, audience: u64) -> bool {
    audience <= seen.saturating_add(seen / 10)
}

words! {
    /// Where a request for approval stands.
    pub enum State {
        /// Waits for a second person.
        Open = "open",
        /// Somebody has approved exactly this version.
        Approved = "approved",
        /// Somebody has said no.
        Refused = "refused",
        /// Whoever asked has taken it back.
        Withdrawn = "withdrawn",
        /// The draft is another one by now, or gone.
        Voided = "voided",
    }
}

words! {
    /// What can happen to a request.
    pub enum Event {
        /// A second person says yes.
        Approve = "approve",
        /// A second person says no.
        Refuse = "refuse",
        /// Whoever asked takes it back.
        Withdraw = "withdraw",
        /// The draft was changed or thrown away.
        Void = "void",
    }
}

/// A request that has ended, or was decided, cannot be so again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request that is {from} cannot be asked to {event}")]
pub struct Over {
    /// Where it stood.
    pub from: State,
    /// What was asked.
    pub event: Event,
}

impl State {
    /// The state after `event`.
    ///
    /// # Errors
    /// Whatever is not listed here is refused.
    pub const fn after(self, event: Event) -> Result<Self, Over> {
        use {Event::*, State::*};
        match (self, event) {
            (Open, Approve) => Ok(Approved),
            (Open, Refuse) => Ok(Refused),
            (Open | Approved, Withdraw) => Ok(Withdrawn),
            (Open | Approved, Void) => Ok(Voided),
            (from, event) => Err(Over { from, event }),
        }
    }

    /// Whether it counts: it waits, or was approved.
    pub const fn is_in_force(self) -> bool {
        matches!(self, Self::Open | Self::Approved)
    }
}

/// Those who may not approve what they had a hand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hands<K> {
    /// Who asked.
    pub asked: K,
    /// Who wrote the draft first.
    pub wrote: K,
    /// Who changed it last, if anybody has.
    pub changed: Option<K>,
}

/// Why somebody may not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYou {
    /// They may not send.
    #[error("Deciding this needs the right to send.")]
    Right,
    /// They asked.
    #[error("You asked for this approval, so somebody else has to give it.")]
    Asked,
    /// They wrote or changed it.
    #[error("You wrote or changed this message, so somebody else has to approve it.")]
    Wrote,
}

impl<K: PartialEq + Copy> Hands<K> {
    /// Whether `who`, with these rights on the bot, may approve or refuse.
    ///
    /// # Errors
    /// [`NotYou`], why not.
    pub fn may_decide(&self, who: K, rights: Rights) -> Result<(), NotYou> {
        if !rights.allow(Right::Send) {
            Err(NotYou::Right)
        } else if who == self.asked {
            Err(NotYou::Asked)
        } else if who == self.wrote || self.changed == Some(who) {
            Err(NotYou::Wrote)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_covers_a_tenth_more_than_were_looked_at() {
        for (seen, audience, want) in [
            (1_000, 0, true),
            (1_000, 1_000, true),
            (1_000, 1_100, true),
            (1_000, 1_101, false),
            (9, 10, false),
            (0, 1, false),
            (u64::MAX, u64::MAX, true),
        ] {
            assert_eq!(covers(seen, audience), want, "{seen} {audience}");
        }
    }

    use crate::rights::{Preset, Role};

    #[test]
    fn a_second_person_is_needed_above_the_bound_and_not_at_it() {
        let above = |n: i64| Some(Above::try_from(n).expect("a bound"));
        let cases = [
            (None, u64::MAX, false),
            (above(1), 0, false),
            (above(1), 1, false),
            (above(1), 2, true),
            (above(1_000), 1_000, false),
            (above(1_000), 1_001, true),
            (above(10_000_000), 10_000_001, true),
        ];
        for (bound, audience, want) in cases {
            assert_eq!(is_needed(bound, audience, false), want, "{bound:?} {audience}");
            assert_eq!(is_needed(bound, audience, true), bound.is_some(), "{bound:?} {audience}");
        }
    }

    #[test]
    fn bounds_are_whole_numbers_in_digits() {
        for (text, want) in [("1", 1), ("0010", 10), ("10000000", 10_000_000)] {
            assert_eq!(text.parse::<Above>().map(Above::get), Ok(want), "{text:?}");
        }
        let none = [
            "",
            "0",
            "-1",
            "+1",
            "1.5",
            "1,000",
            "1e3",
            " 1",
            "10000001",
            "99999999999999999999",
            "١",
            "x",
        ];
        for text in none {
            assert_eq!(text.parse::<Above>(), Err(NotABound), "{text:?}");
        }
    }

    #[test]
    fn only_the_listed_changes_of_a_request_exist() {
        use {Event::*, State::*};
        let allowed = [
            (Open, Approve, Approved),
            (Open, Refuse, Refused),
            (Open, Withdraw, Withdrawn),
            (Open, Void, Voided),
            (Approved, Withdraw, Withdrawn),
            (Approved, Void, Voided),
        ];
        for &from in State::ALL {
            for &event in Event::ALL {
                let want = allowed
                    .iter()
                    .find(|&&(f, e, _)| (f, e) == (from, event))
                    .map(|&(.., to)| to)
                    .ok_or(Over { from, event });
                assert_eq!(from.after(event), want);
            }
            assert_eq!(from.is_in_force(), from.after(Void).is_ok());
        }
    }

    #[test]
    fn nobody_approves_what_they_had_a_hand_in() {
        let send = Preset::Sender.rights();
        let hands = Hands { asked: 1, wrote: 2, changed: Some(3) };
        assert_eq!(hands.may_decide(1, send), Err(NotYou::Asked));
        assert_eq!(hands.may_decide(2, send), Err(NotYou::Wrote));
        assert_eq!(hands.may_decide(3, send), Err(NotYou::Wrote));
        assert_eq!(hands.may_decide(4, send), Ok(()));
        assert_eq!(Hands { changed: None, ..hands }.may_decide(3, send), Ok(()));
        assert_eq!(hands.may_decide(1, Rights::ALL), Err(NotYou::Asked), "no rank helps");
    }

    #[test]
    fn deciding_needs_the_right_to_send_and_no_other() {
        let hands = Hands { asked: 1, wrote: 1, changed: None };
        for &right in Right::ALL {
            let rights = Rights::of(Role::Member, [right]);
            let want = if right == Right::Send { Ok(()) } else { Err(NotYou::Right) };
            assert_eq!(hands.may_decide(2, rights), want, "{right}");
        }
        assert_eq!(hands.may_decide(2, Rights::NONE), Err(NotYou::Right));
    }
}
