//! When the next message of a bot may go out: arithmetic on instants, without a clock.
//!
//! Telegram allows a bot about 30 messages a second, one a second to the same person and 20 a minute to the
//! same group (Bot FAQ, "My bot is hitting limits"). Messages are spread evenly instead of in bursts, so that
//! no second of Telegram's counting, wherever it begins, holds more than the rate.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::ids::ChatId;

const SECOND: Duration = Duration::from_secs(1);

/// Shortest time between two messages to one person.
const PER_PERSON: Duration = SECOND;

/// Shortest time between two messages to one group or channel, whose numbers are negative.
const PER_GROUP: Duration = Duration::from_secs(3);

/// How many chats are remembered before those that no longer matter are looked for.
const FORGET_ABOVE: usize = 4_096;

/// How late a place may be taken without being lost: timers and threads are late by a little, and a bot
/// that lost as much with each message would fall behind its pace.
const LATE: Duration = Duration::from_millis(5);

/// The fastest rate at which every message of a second is remembered, in messages a second. A faster server is
/// one's own, and counts as one likes.
const REMEMBERED: u32 = 1_000;

/// What is added to when a message arrived: clocks and the two halves of a way are not exact.
const INEXACT: Duration = Duration::from_millis(1);

/// How many messages a second a bot sends that was asked for `own`, where the instance allows `most`: never more
/// than that, and never none.
pub fn rate(own: Option<u32>, most: u32) -> u32 {
    own.unwrap_or(most).min(most).max(1)
}

/// The text is no rate that a bot can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Enter a whole number from 1 to {most} in digits alone, or nothing for as fast as possible."
)]
pub struct NotARate {
    /// The fastest there is.
    pub most: u32,
}

/// Reads the rate that a bot is asked for, in messages a second: 1 to `most`. Nothing typed: none of its own.
///
/// # Errors
/// [`NotARate`] for anything else, whatever else a number can be written as.
pub fn parse_rate(typed: &str, most: u32) -> Result<Option<u32>, NotARate> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let is_number = typed.len() <= 10 && typed.bytes().all(|b| b.is_ascii_digit());
    match typed.parse() {
        Ok(rate) if is_number && (1..=most).contains(&rate) => Ok(Some(rate)),
        _ => Err(NotARate { most }),
    }
}

/// Keeps one bot within Telegram's limits. Time is measured from any fixed moment.
///
/// Sending evenly is not enough: a message that is slow on its way and one that is quick are closer to each
/// other when they arrive. So each place is also a second behind the latest moment at which the message as
/// many places before can have arrived, once its answer has told ([`Governor::answered`]).
#[derive(Debug)]
pub struct Governor {
    interval: Duration,
    free_at: Duration,
    silent_until: Duration,
    chats: HashMap<ChatId, Duration>,
    forget_above: usize,
    /// When the last messages arrived at the latest, as many as a second may hold; oldest first.
    arrivals: VecDeque<Duration>,
    most_arrivals: usize,
    /// How many places were given.
    given: u64,
    /// The shortest way there and back that was seen.
    shortest: Duration,
}

/// A place in a bot's second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The moment at which the message may go out.
    pub at: Duration,
    /// Which it is.
    pub number: u64,
}

impl Governor {
    /// A governor for `rate` messages a second, at least one.
    pub fn new(rate: u32) -> Self {
        let mut governor = Self {
            interval: SECOND,
            free_at: Duration::ZERO,
            silent_until: Duration::ZERO,
            chats: HashMap::new(),
            forget_above: FORGET_ABOVE,
            arrivals: VecDeque::new(),
            most_arrivals: 1,
            given: 0,
            shortest: SECOND,
        };
        governor.set_rate(rate);
        governor
    }

    /// Another rate from the next place on, at least one message a second. Places that were given stay: whoever
    /// waits for one waits no longer than before.
    pub fn set_rate(&mut self, rate: u32) {
        let rate = rate.max(1);
        self.interval = SECOND / rate;
        self.most_arrivals = if rate <= REMEMBERED { rate as usize } else { 0 };
        while self.arrivals.len() > self.most_arrivals {
            self.arrivals.pop_front();
        }
    }

    /// The moment at which a message to `chat` may go out. The place is taken with the answer.
    pub fn reserve(&mut self, chat: ChatId, now: Duration) -> Place {
        let mut place = self.free_at.max(now.saturating_sub(LATE));
        if self.arrivals.len() >= self.most_arrivals
            && let Some(before) = self.arrivals.pop_front()
        {
            place = place.max(before + SECOND);
        }
        // A chat that must wait does not hold up the others: only the place it takes is gone.
        self.free_at = place + self.interval;
        let at = self.chats.get(&chat).map_or(place, |&free| place.max(free));
        if self.chats.len() >= self.forget_above {
            self.chats.retain(|_, free| *free > now);
            // Those that still matter are not looked through again with every message.
            self.forget_above = FORGET_ABOVE.max(2 * self.chats.len());
        }
        let apart = if chat < ChatId::from(0) { PER_GROUP } else { PER_PERSON };
        self.chats.insert(chat, at.max(now) + apart);
        if self.most_arrivals > 0 {
            // The place, and not when a chat that must wait makes use of it: that holds up nobody.
            self.arrivals.push_back(place.max(now));
        }
        self.given += 1;
        Place { at, number: self.given }
    }

    /// The message of a place was sent at `sent` and its answer is here at `now`: it arrived no later than
    /// the shortest way back before that.
    pub fn answered(&mut self, number: u64, sent: Duration, now: Duration) {
        self.shortest = self.shortest.min(now.saturating_sub(sent));
        let later = usize::try_from(self.given - number).unwrap_or(usize::MAX);
        let place = self.arrivals.len().checked_sub(later.saturating_add(1));
        if let Some(arrival) = place.and_then(|place| self.arrivals.get_mut(place)) {
            *arrival = (*arrival).max(now.saturating_sub(self.shortest) + INEXACT);
        }
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

    fn at(governor: &mut Governor, chat: i64, now: u64) -> Duration {
        governor.reserve(chat, MS(now)).at
    }

    #[test]
    fn no_second_holds_more_than_the_rate() {
        let mut governor = Governor::new(30);
        let places: Vec<Duration> = (0..300).map(|chat| at(&mut governor, chat, 0)).collect();
        for window in places.windows(31) {
            assert!(window[30] - window[0] >= MS(999), "{window:?}");
            assert!(window[30] - window[0] <= MS(1_001), "and hardly less: {window:?}");
        }
    }

    #[test]
    fn a_rate_of_its_own_is_never_above_what_is_allowed_and_never_none() {
        let cases =
            [(None, 30, 30), (Some(5), 30, 5), (Some(31), 30, 30), (Some(0), 30, 1), (None, 0, 1)];
        for (own, most, want) in cases {
            assert_eq!(rate(own, most), want, "{own:?} {most}");
        }
        for (typed, want) in
            [("", None), ("  ", None), ("1", Some(1)), (" 30 ", Some(30)), ("007", Some(7))]
        {
            assert_eq!(parse_rate(typed, 30), Ok(want), "{typed:?}");
        }
        for typed in [
            "0",
            "31",
            "-1",
            "+1",
            "1.5",
            "1e1",
            "0x1",
            "１",
            "99999999999",
            "4294967297",
            "1\u{0}2",
            "\u{202e}1",
        ] {
            assert_eq!(parse_rate(typed, 30), Err(NotARate { most: 30 }), "{typed:?}");
        }
    }

    #[test]
    fn another_rate_counts_from_the_next_place_on() {
        let mut governor = Governor::new(10);
        let before: Vec<Duration> = (0..10).map(|chat| at(&mut governor, chat, 0)).collect();
        assert_eq!(before[9], MS(900));
        governor.set_rate(1);
        // One place is still at the distance of before; from there on each is a second behind the other.
        let slow: Vec<Duration> = (10..14).map(|chat| at(&mut governor, chat, 900)).collect();
        assert!(slow[0] >= MS(1_000), "{slow:?}");
        for pair in slow.windows(2) {
            assert!(pair[1] - pair[0] >= MS(1_000), "{slow:?}");
        }
        governor.set_rate(10);
        let last = *slow.last().expect("there are some");
        let fast: Vec<Duration> =
            (20..31).map(|chat| at(&mut governor, chat, last.as_millis() as u64)).collect();
        assert!(fast[10] - fast[1] <= MS(1_000), "{fast:?}");
        assert!(fast[10] - fast[0] >= MS(999), "{fast:?}");
    }

    #[test]
    fn what_was_remembered_of_a_faster_time_is_forgotten() {
        let mut governor = Governor::new(30);
        let places: Vec<Place> = (0..30).map(|chat| governor.reserve(chat, MS(0))).collect();
        governor.set_rate(2);
        assert_eq!(governor.arrivals.len(), 2);
        // An answer to one of the places that are forgotten changes nothing, and one to the last counts.
        let kept = governor.arrivals.clone();
        governor.answered(places[0].number, MS(0), MS(9_000));
        assert_eq!(governor.arrivals, kept);
        governor.answered(places[29].number, MS(970), MS(2_000));
        assert_eq!(at(&mut governor, 40, 1_000), kept[0] + SECOND);
        assert!(at(&mut governor, 41, 1_000) >= MS(1_970));
        governor.set_rate(100_000);
        assert!(governor.arrivals.is_empty());
    }

    #[test]
    fn whoever_is_late_on_its_way_makes_room_behind_it() {
        let mut governor = Governor::new(2);
        // The shortest way there and back takes 10 ms.
        let first = governor.reserve(1, MS(0));
        governor.answered(first.number, MS(0), MS(10));
        let second = governor.reserve(2, MS(500));
        // This one was held up for 80 ms, nobody knows on which way.
        governor.answered(second.number, MS(500), MS(590));
        assert_eq!(at(&mut governor, 3, 1_000), MS(1_001));
        assert_eq!(at(&mut governor, 4, 1_400), MS(1_581));
    }

    #[test]
    fn answers_of_long_ago_change_nothing() {
        let mut governor = Governor::new(2);
        let first = governor.reserve(1, MS(0));
        for chat in 2..10 {
            governor.reserve(chat, MS(0));
        }
        let before = governor.arrivals.clone();
        governor.answered(first.number, MS(0), MS(9_000));
        assert_eq!(governor.arrivals, before);
        let mut fast = Governor::new(100_000);
        let place = fast.reserve(1, MS(0));
        fast.answered(place.number, MS(0), MS(5));
        assert!(fast.arrivals.is_empty());
    }

    #[test]
    fn whoever_is_a_little_late_catches_up_and_unused_time_is_not_saved_up() {
        let mut governor = Governor::new(10);
        assert_eq!(at(&mut governor, 1, 1_000), MS(995));
        assert_eq!(at(&mut governor, 2, 1_098), MS(1_095));
        assert_eq!(at(&mut governor, 3, 5_000), MS(4_995));
        assert_eq!(at(&mut governor, 4, 5_000), MS(5_095));
    }

    #[test]
    fn one_person_gets_one_a_second_and_holds_up_nobody() {
        let mut governor = Governor::new(10);
        assert_eq!(at(&mut governor, 7, 0), MS(0));
        assert_eq!(at(&mut governor, 7, 10), MS(1_000));
        assert_eq!(at(&mut governor, 8, 10), MS(200));
        assert_eq!(at(&mut governor, 7, 10), MS(2_000));
    }

    #[test]
    fn hundreds_for_one_person_cost_the_others_their_places_and_no_more() {
        let mut governor = Governor::new(30);
        (0..300).for_each(|_| assert!(at(&mut governor, 7, 0) >= MS(0)));
        let next = at(&mut governor, 8, 0);
        assert!((MS(9_999)..MS(10_001)).contains(&next), "{next:?}");
        assert!(at(&mut governor, 9, 0) < MS(10_100));
    }

    #[test]
    fn a_group_gets_twenty_a_minute() {
        let mut governor = Governor::new(30);
        let places: Vec<Duration> = (0..60).map(|_| at(&mut governor, -100, 0)).collect();
        for window in places.windows(21) {
            assert!(window[20] - window[0] >= MS(60_000), "{window:?}");
        }
    }

    #[test]
    fn after_a_429_nothing_goes_before_telegrams_own_wait() {
        let mut governor = Governor::new(10);
        governor.slow_down(Duration::from_secs(3), MS(500));
        assert_eq!(at(&mut governor, 1, 600), MS(3_500));
        assert!(governor.is_silent(MS(3_499)) && !governor.is_silent(MS(3_500)));
        governor.slow_down(Duration::from_secs(1), MS(600));
        let next = at(&mut governor, 2, 700);
        assert_eq!(next, MS(3_600), "a shorter wait does not undercut a longer one");
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
