//! Moments that come from outside, in microseconds since 1970.

use domain::Timestamp;

/// The first moment that a `timestamptz` holds: 4714-11-24 BC, the day from which PostgreSQL counts.
/// (The last one is beyond what a [`Timestamp`] holds.)
const FIRST: i64 = -210_866_803_200_000_000;

/// The moment that `micros` stands for, if PostgreSQL can hold it: a query with another one fails.
pub(crate) fn moment(micros: i64) -> Option<Timestamp> {
    (micros >= FIRST).then(|| Timestamp::from_microsecond(micros).ok()).flatten()
}
