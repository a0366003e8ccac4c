//! Where the next page of a list begins.

use std::{fmt, str::FromStr};

use domain::Timestamp;

use crate::moment::moment;

/// The key of the last row of a page in a list that is ordered by time and then by a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor<K> {
    /// The row's moment.
    pub at: Timestamp,
    /// What tells rows of one moment apart.
    pub key: K,
}

/// The text is no cursor of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such page")]
pub struct NoSuchPage;

impl<K: fmt::Display> fmt::Display for Cursor<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_microsecond(), self.key)
    }
}

impl<K: FromStr> FromStr for Cursor<K> {
    type Err = NoSuchPage;

    fn from_str(text: &str) -> Result<Self, NoSuchPage> {
        let (at, key) = text.split_once('.').ok_or(NoSuchPage)?;
        let at = at.parse().ok().and_then(moment);
        let (at, key) = at.zip(key.parse().ok()).ok_or(NoSuchPage)?;
        Ok(Self { at, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_exactly_and_nothing_else_is_one() {
        let cursor = Cursor {
            at: Timestamp::from_microsecond(1_700_000_000_000_001).expect("in range"),
            key: -5_i64,
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        let not_ours = ["", ".", "1", "1.", "x.1", "1.x", "99999999999999999999.1", "' or 1=1"];
        // A moment, but before the first that PostgreSQL knows.
        let too_early = ["-300000000000000000.5", "-210866803200000001.1"];
        for text in not_ours.into_iter().chain(too_early) {
            assert_eq!(text.parse::<Cursor<i64>>(), Err(NoSuchPage), "{text:?}");
        }
    }
}
