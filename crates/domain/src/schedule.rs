//! When a broadcast is to begin: what somebody's clock shows, as one moment.
//!
//! A day and a time of day are typed as a clock in some zone shows them. Where that clock is put forward a
//! time does not exist, and where it is put back one exists twice; both are settled here, and said.

use std::time::Duration;

use jiff::{
    SignedDuration,
    civil::{Date, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use crate::Timestamp;

/// How far ahead a time may be.
pub const FURTHEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long ago it may be: a form takes its time, and what is typed to the minute has begun.
pub const GRACE: Duration = Duration::from_secs(60);

/// How much later than its time a broadcast may begin by itself. Beyond it a person decides: what was
/// meant for one morning is out of place on the next.
pub const LATEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The moment that a clock's day and time stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What the clock does about then.
    pub clock: Clock,
}

/// What a zone's clock does at the time that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// It goes on: the time exists once.
    Even,
    /// It is put forward over the time that was typed, by this much. The moment is as much later.
    Forward(Duration),
    /// It is put back and shows that time twice, so far apart. The moment is the first of the two.
    Twice(Duration),
}

/// What was typed is no day, or no time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No day.
    #[error("Enter a day, such as 2026-11-27.")]
    Day,
    /// No time of day.
    #[error("Enter a time of day, such as 09:30.")]
    Time,
}

/// The moment cannot be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutOfReach {
    /// It is over.
    #[error("This time has passed already.")]
    Past,
    /// It is too far ahead.
    #[error("This is more than a year ahead. Choose a time within the next 365 days.")]
    Far,
}

/// A day as forms have it: `2026-11-27`.
///
/// # Errors
/// [`Unreadable::Day`] for anything else.
pub fn day(typed: &str) -> Result<Date, Unreadable> {
    Date::strptime("%Y-%m-%d", typed.trim()).map_err(|_| Unreadable::Day)
}

/// A time of day as forms have it: `09:30`, with some browsers `09:30:00`.
///
/// # Errors
/// [`Unreadable::Time`] for anything else.
pub fn time(typed: &str) -> Result<Time, Unreadable> {
    let typed = typed.trim();
    Time::strptime("%H:%M", typed)
        .or_else(|_| Time::strptime("%H:%M:%S", typed))
        .map_err(|_| Unreadable::Time)
}

/// When a clock in `zone` shows this day and time.
///
/// # Errors
/// [`OutOfReach::Far`] for what no [`Timestamp`] holds: the end of the year 9999.
pub fn moment(day: Date, time: Time, zone: &TimeZone) -> Result<Moment, OutOfReach> {
    let shown = zone.to_ambiguous_timestamp(day.to_datetime(time));
    let clock = match shown.offset() {
        AmbiguousOffset::Unambiguous { .. } => Clock::Even,
        AmbiguousOffset::Gap { before, after } => {
            Clock::Forward(apart(before.seconds(), after.seconds()))
        }
        AmbiguousOffset::Fold { before, after } => {
            Clock::Twice(apart(before.seconds(), after.seconds()))
        }
    };
    // A time in the gap by the clock of before it, a time in the fold by the clock of its first pass.
    let at = shown.compatible().map_err(|_| OutOfReach::Far)?;
    Ok(Moment { at, clock })
}

fn apart(one: i32, other: i32) -> Duration {
    Duration::from_secs(u64::from(one.abs_diff(other)))
}

/// Sees that `at` can be waited for: a minute ago at the earliest, in 365 days at the latest.
///
/// # Errors
/// [`OutOfReach`], which of the two it is.
pub fn check(at: Timestamp, now: Timestamp) -> Result<(), OutOfReach> {
    let ahead = at.duration_since(now);
    if ahead < -signed(GRACE) {
        Err(OutOfReach::Past)
    } else if ahead > signed(FURTHEST) {
        Err(OutOfReach::Far)
    } else {
        Ok(())
    }
}

/// Whether it is too late at `now` for what was due at `at` to begin by itself.
pub fn is_too_late(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) > signed(LATEST)
}

fn signed(long: Duration) -> SignedDuration {
    SignedDuration::try_from(long).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: u64 = 60;

    fn at(typed: &str, zone: &str) -> Moment {
        let zone = TimeZone::get(zone).expect("a zone");
        let (on, shown) = typed.split_once(' ').expect("a day and a time");
        moment(day(on).expect("a day"), time(shown).expect("a time"), &zone).expect("a moment")
    }

    #[test]
    fn a_clock_that_goes_on_shows_each_time_once() {
        let cases = [
            ("2026-11-27 09:00", "Europe/Berlin", "2026-11-27T08:00:00Z"),
            ("2026-07-01 09:00", "Europe/Berlin", "2026-07-01T07:00:00Z"),
            ("2026-07-01 09:00", "America/New_York", "2026-07-01T13:00:00Z"),
            ("2026-11-27 00:00", "Asia/Kathmandu", "2026-11-26T18:15:00Z"),
            ("2026-11-27 09:00:30", "UTC", "2026-11-27T09:00:30Z"),
            // No summer time, in the night when others change theirs.
            ("2026-03-29 02:30", "Asia/Tokyo", "2026-03-28T17:30:00Z"),
            ("2026-03-08 02:30", "America/Phoenix", "2026-03-08T09:30:00Z"),
            ("2028-02-29 12:00", "Pacific/Kiritimati", "2028-02-28T22:00:00Z"),
        ];
        for (typed, zone, want) in cases {
            let want = Moment { at: want.parse().expect("a moment"), clock: Clock::Even };
            assert_eq!(at(typed, zone), want, "{typed} {zone}");
        }
    }

    #[test]
    fn a_time_that_is_skipped_is_as_much_later_and_says_so() {
        let cases = [
            ("2027-03-28 01:59", "Europe/Berlin", "2027-03-28T00:59:00Z", 0),
            ("2027-03-28 02:00", "Europe/Berlin", "2027-03-28T01:00:00Z", 60),
            ("2027-03-28 02:30", "Europe/Berlin", "2027-03-28T01:30:00Z", 60),
            ("2027-03-28 03:00", "Europe/Berlin", "2027-03-28T01:00:00Z", 0),
            ("2027-03-14 02:30", "America/New_York", "2027-03-14T07:30:00Z", 60),
            // Half an hour, on the other side of the world and of the year.
            ("2027-10-03 02:15", "Australia/Lord_Howe", "2027-10-02T15:45:00Z", 30),
            ("2027-10-03 02:30", "Australia/Lord_Howe", "2027-10-02T15:30:00Z", 0),
        ];
        for (typed, zone, want, mins) in cases {
            let clock = match mins {
                0 => Clock::Even,
                mins => Clock::Forward(Duration::from_secs(mins * MIN)),
            };
            let want = Moment { at: want.parse().expect("a moment"), clock };
            assert_eq!(at(typed, zone), want, "{typed} {zone}");
        }
    }

    #[test]
    fn a_time_that_comes_twice_is_the_first_and_says_so() {
        let cases = [
            ("2027-10-31 01:59", "Europe/Berlin", "2027-10-30T23:59:00Z", 0),
            ("2027-10-31 02:00", "Europe/Berlin", "2027-10-31T00:00:00Z", 60),
            ("2027-10-31 02:59", "Europe/Berlin", "2027-10-31T00:59:00Z", 60),
            ("2027-10-31 03:00", "Europe/Berlin", "2027-10-31T02:00:00Z", 0),
            ("2026-11-01 01:30", "America/New_York", "2026-11-01T05:30:00Z", 60),
            ("2027-04-04 01:45", "Australia/Lord_Howe", "2027-04-03T14:45:00Z", 30),
        ];
        for (typed, zone, want, mins) in cases {
            let clock = match mins {
                0 => Clock::Even,
                mins => Clock::Twice(Duration::from_secs(mins * MIN)),
            };
            let want = Moment { at: want.parse().expect("a moment"), clock };
            assert_eq!(at(typed, zone), want, "{typed} {zone}");
        }
    }

    #[test]
    fn days_and_times_are_those_of_forms_and_nothing_else() {
        for typed in [
            "",
            "27.11.2026",
            "2026-02-30",
            "2026-13-01",
            "tomorrow",
            "2026-11-27T09:00",
            "2026-11-27 09:00",
            "99999-01-01",
            "+10000-01-01",
        ] {
            assert_eq!(day(typed), Err(Unreadable::Day), "{typed:?}");
        }
        for typed in ["", "9", "24:00", "09:60", "9.30", "09:30 PM", "09:30:00Z", "-1:00"] {
            assert_eq!(time(typed), Err(Unreadable::Time), "{typed:?}");
        }
        assert_eq!(day(" 2026-11-27 "), Ok(jiff::civil::date(2026, 11, 27)));
        assert_eq!(time("09:30:15"), Ok(jiff::civil::time(9, 30, 15, 0)));
    }

    #[test]
    fn nothing_before_a_minute_ago_and_nothing_beyond_a_year() {
        let now: Timestamp = "2026-11-27T09:00:00Z".parse().expect("a moment");
        let cases = [
            ("2026-11-27T08:59:00Z", Ok(())),
            ("2026-11-27T08:58:59.999999Z", Err(OutOfReach::Past)),
            ("2026-11-27T09:00:00Z", Ok(())),
            ("2027-11-27T09:00:00Z", Ok(())),
            ("2027-11-27T09:00:01Z", Err(OutOfReach::Far)),
            ("-009998-01-01T00:00:00Z", Err(OutOfReach::Past)),
            ("9999-12-30T00:00:00Z", Err(OutOfReach::Far)),
        ];
        for (typed, want) in cases {
            assert_eq!(check(typed.parse().expect("a moment"), now), want, "{typed}");
        }
    }

    #[test]
    fn the_end_of_time_is_too_far_and_no_mistake_of_ours() {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        let last = moment(Date::MAX, Time::MAX, &zone);
        assert_eq!(last, Err(OutOfReach::Far));
    }

    #[test]
    fn a_day_late_is_late_enough_to_ask() {
        let due: Timestamp = "2026-11-27T09:00:00Z".parse().expect("a moment");
        for (now, want) in [
            ("2026-11-27T08:00:00Z", false),
            ("2026-11-28T09:00:00Z", false),
            ("2026-11-28T09:00:01Z", true),
        ] {
            assert_eq!(is_too_late(due, now.parse().expect("a moment")), want, "{now}");
        }
    }
}
