//! The token of `if_unmodified_since`: when a row last changed, to the microsecond, as text.

use std::{fmt, str::FromStr};

use domain::Timestamp;

/// When a row last changed. Never repeats for one row (see `touch()` in the first migration).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(i64);

impl From<jiff_diesel::Timestamp> for Version {
    fn from(at: jiff_diesel::Timestamp) -> Self {
        Self(at.to_jiff().as_microsecond())
    }
}

impl Version {
    /// The moment it stands for.
    pub fn moment(self) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.0).ok()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Version {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}
