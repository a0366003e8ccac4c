//! The name of a key: enough to derive it again, and no secret.

use std::fmt;

use domain::Timestamp;
use jiff::tz::TimeZone;

use super::{Owner, RootVersion};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// One workspace; a new one each year.
    Workspace,
    /// One bot; a new one each quarter.
    Account,
    /// What lies outside the workspaces; a new one each quarter.
    Database,
}

impl KeyKind {
    /// The kind of key that locks the owner's secrets.
    pub(super) fn of(owner: Owner) -> Self {
        match owner {
            Owner::Instance => Self::Database,
            Owner::Workspace(_) => Self::Workspace,
            Owner::Bot(..) => Self::Account,
        }
    }

    const fn tag(self) -> u8 {
        match self {
            Self::Workspace => 1,
            Self::Account => 2,
            Self::Database => 3,
        }
    }

    const fn from_tag(tag: u8) -> Option<Self> {
        match tag {
            1 => Some(Self::Workspace),
            2 => Some(Self::Account),
            3 => Some(Self::Database),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Account => "account",
            Self::Database => "database",
        }
    }
}

/// Which key: its kind, the root version it comes from, and the year or quarter (UTC) it began in.
///
/// Prints as `workspace/r1/2026` or `account/r1/2026q4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId {
    /// What the key is for.
    pub kind: KeyKind,
    /// The root version it is derived from.
    pub root: RootVersion,
    /// The year it began in.
    pub year: u16,
    /// The quarter it began in, 1 to 4; 0 for a key of a whole year.
    pub quarter: u8,
}

impl KeyId {
    /// Bytes of an id inside an envelope.
    pub(super) const BYTES: usize = 8;

    /// The key that seals at `now`.
    pub(super) fn at(kind: KeyKind, root: RootVersion, now: Timestamp) -> Self {
        let date = now.to_zoned(TimeZone::UTC).date();
        let quarter = match kind {
            KeyKind::Workspace => 0,
            KeyKind::Account | KeyKind::Database => date.month().unsigned_abs().div_ceil(3),
        };
        Self { kind, root, year: date.year().unsigned_abs(), quarter }
    }

    /// The id as it stands in an envelope: kind, root version, year, quarter, big-endian.
    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let [r0, r1, r2, r3] = self.root.number().to_be_bytes();
        let [y0, y1] = self.year.to_be_bytes();
        [self.kind.tag(), r0, r1, r2, r3, y0, y1, self.quarter]
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; nothing for an id that no key can have.
    pub(super) fn from_bytes(bytes: [u8; Self::BYTES]) -> Option<Self> {
        let [tag, r0, r1, r2, r3, y0, y1, quarter] = bytes;
        let kind = KeyKind::from_tag(tag)?;
        let root = RootVersion::new(u32::from_be_bytes([r0, r1, r2, r3]))?;
        let year = u16::from_be_bytes([y0, y1]);
        let fits = match kind {
            KeyKind::Workspace => quarter == 0,
            KeyKind::Account | KeyKind::Database => (1..=4).contains(&quarter),
        };
        fits.then_some(Self { kind, root, year, quarter })
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/r{}/{}", self.kind.word(), self.root, self.year)?;
        match self.quarter {
            0 => Ok(()),
            quarter => write!(f, "q{quarter}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_begins_with_its_year_or_quarter() {
        let cases = [
            (KeyKind::Workspace, "2026-01-01T00:00:00Z", "workspace/r7/2026"),
            (KeyKind::Account, "2026-03-31T23:59:59Z", "account/r7/2026q1"),
            (KeyKind::Account, "2026-04-01T00:00:00Z", "account/r7/2026q2"),
            (KeyKind::Database, "2026-12-31T23:59:59Z", "database/r7/2026q4"),
        ];
        for (kind, now, want) in cases {
            let root = RootVersion::new(7).unwrap();
            let id = KeyId::at(kind, root, now.parse().unwrap());
            assert_eq!(id.to_string(), want);
            assert_eq!(KeyId::from_bytes(id.to_bytes()), Some(id));
        }
    }

    #[test]
    fn ids_that_no_key_can_have_are_refused() {
        for bytes in [
            [0, 0, 0, 0, 1, 7, 234, 1], // no such kind
            [4, 0, 0, 0, 1, 7, 234, 1],
            [1, 0, 0, 0, 0, 7, 234, 0], // root versions begin at 1
            [1, 0, 0, 0, 1, 7, 234, 1], // a workspace's key lasts a year
            [2, 0, 0, 0, 1, 7, 234, 0], // an account's a quarter
            [3, 0, 0, 0, 1, 7, 234, 5],
        ] {
            assert_eq!(KeyId::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
