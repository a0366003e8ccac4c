//! How much of everything there is, and how much there may be.

use crate::words::words;

/// From how many per cent of a limit on people are warned.
pub const NEAR_PERCENT: u64 = 80;

words! {
    /// What is counted.
    pub enum Meter {
        /// Bots that are connected.
        Bots = "bots",
        /// People who would get what is sent now, over all bots.
        Subscribers = "subscribers",
        /// Messages of broadcasts that arrived this month (UTC). Answers and tests are not counted.
        Messages = "messages",
        /// Members, and invitations that are open.
        Members = "members",
    }
}

/// How much of everything there may be; none: as much as one likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of [`Meter::Bots`].
    pub bots: Option<u64>,
    /// Of [`Meter::Subscribers`].
    pub subscribers: Option<u64>,
    /// Of [`Meter::Messages`], a month.
    pub messages: Option<u64>,
    /// Of [`Meter::Members`].
    pub members: Option<u64>,
}

/// How much of everything there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of [`Meter::Bots`].
    pub bots: u64,
    /// Of [`Meter::Subscribers`].
    pub subscribers: u64,
    /// Of [`Meter::Messages`], this month.
    pub messages: u64,
    /// Of [`Meter::Members`].
    pub members: u64,
}

impl Limits {
    /// Of one kind.
    pub const fn of(&self, meter: Meter) -> Option<u64> {
        match meter {
            Meter::Bots => self.bots,
            Meter::Subscribers => self.subscribers,
            Meter::Messages => self.messages,
            Meter::Members => self.members,
        }
    }
}

impl Usage {
    /// Of one kind.
    pub const fn of(&self, meter: Meter) -> u64 {
        match meter {
            Meter::Bots => self.bots,
            Meter::Subscribers => self.subscribers,
            Meter::Messages => self.messages,
            Meter::Members => self.members,
        }
    }
}

/// How near to a limit something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// There is room.
    Fine,
    /// [`NEAR_PERCENT`] or more of what there may be.
    Near,
    /// All of it, or more.
    Full,
}

/// How near `used` is to `limit`.
pub const fn level(used: u64, limit: Option<u64>) -> Level {
    match limit {
        Some(limit) if used >= limit => Level::Full,
        // Without overflow for any number.
        Some(limit) if used as u128 * 100 >= limit as u128 * NEAR_PERCENT as u128 => Level::Near,
        _ => Level::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warned_from_eighty_per_cent_on() {
        let cases = [
            (0, None, Level::Fine),
            (u64::MAX, None, Level::Fine),
            (79, Some(100), Level::Fine),
            (80, Some(100), Level::Near),
            (99, Some(100), Level::Near),
            (100, Some(100), Level::Full),
            (101, Some(100), Level::Full),
            (0, Some(0), Level::Full),
            (0, Some(1), Level::Fine),
            (u64::MAX - 1, Some(u64::MAX), Level::Near),
        ];
        for (used, limit, want) in cases {
            assert_eq!(level(used, limit), want, "{used} of {limit:?}");
        }
    }
}
