//! The token of `if_unmodified_since`: when a row last changed, to the microsecond, as text.

use std::{fmt, str::FromStr};

use domain::Timestamp;

use crate::moment::moment;

/// When a row last changed. Never repeats for one row (see `touch()` in the first migration).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(Timestamp);

/// The text is no version of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such version")]
pub struct NoSuchVersion;

impl From<jiff_diesel::Timestamp> for Version {
    fn from(at: jiff_diesel::Timestamp) -> Self {
        Self(at.to_jiff())
    }
}

impl Version {
    /// The moment it stands for.
    pub fn moment(self) -> Timestamp {
        self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_microsecond().fmt(f)
    }
}

impl FromStr for Version {
    type Err = NoSuchVersion;

    fn from_str(text: &str) -> Result<Self, NoSuchVersion> {
        text.parse().ok().and_then(moment).map(Self).ok_or(NoSuchVersion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_reads_back_exactly_and_nothing_else_is_one() {
        for text in ["1700000000000001", "0", "-1", "-210866803200000000"] {
            assert_eq!(text.parse::<Version>().map(|version| version.to_string()), Ok(text.into()));
        }
        for text in ["", "x", "1.5", "99999999999999999999", "-210866803200000001"] {
            assert_eq!(text.parse::<Version>(), Err(NoSuchVersion), "{text:?}");
        }
    }
}
