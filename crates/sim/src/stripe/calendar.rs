//! When a billing period ends.

use jiff::{Span, Timestamp, tz::TimeZone};

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;
/// Seconds of an hour.
pub(crate) const HOUR: i64 = 3_600;

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval<'a> {
    /// `day`, `week`, `month` or `year`.
    pub unit: &'a str,
    pub count: i64,
}

/// The end of the period that begins at `start`, counted from `anchor`: a subscription of the 31st
/// renews on the last day of shorter months and on the 31st again after them.
pub(crate) fn period_end(anchor: i64, start: i64, interval: Interval<'_>) -> i64 {
    (1..)
        .map(|periods| moved(anchor, interval, periods))
        .find(|end| *end > start)
        .unwrap_or(start + DAY)
}

fn moved(anchor: i64, interval: Interval<'_>, periods: i64) -> i64 {
    let count = interval.count.max(1) * periods;
    let span = match interval.unit {
        "day" => return anchor + count * DAY,
        "week" => return anchor + count * 7 * DAY,
        "year" => Span::new().try_years(count),
        _ => Span::new().try_months(count),
    };
    let at = Timestamp::from_second(anchor).map(|at| at.to_zoned(TimeZone::UTC));
    let moved = at.and_then(|at| at.checked_add(span?));
    // Beyond the calendar's end: a thousand years from any anchor that a clock shows.
    moved.map_or(i64::MAX, |at| at.timestamp().as_second())
}

/// A day as people read it: `26 Nov 2026`.
pub(crate) fn day(at: i64) -> String {
    Timestamp::from_second(at)
        .map(|at| at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect(text).as_second()
    }

    #[test]
    fn periods_keep_the_day_they_began_on() {
        let month = Interval { unit: "month", count: 1 };
        let year = Interval { unit: "year", count: 1 };
        let cases = [
            (month, "2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z"),
            (month, "2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z"),
            (month, "2026-11-26T00:00:00Z", "2027-03-26T00:00:00Z", "2027-04-26T00:00:00Z"),
            (year, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z"),
            (
                Interval { unit: "week", count: 2 },
                "2026-11-01T00:00:00Z",
                "2026-11-01T00:00:00Z",
                "2026-11-15T00:00:00Z",
            ),
        ];
        for (interval, anchor, start, want) in cases {
            assert_eq!(period_end(at(anchor), at(start), interval), at(want), "{anchor} {start}");
        }
        assert_eq!(day(at("2026-11-26T23:59:59Z")), "26 Nov 2026");
    }
}
