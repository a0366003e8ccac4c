//! Backup codes: 80 bits each, as sixteen letters and digits.

use contract::second_factor::BackupCodes;
use data_encoding::BASE32_NOPAD;
use domain::ids::UserId;
use store::second_factors::CodeHash;
use zeroize::Zeroizing;

use crate::{ServiceError, auth::code};

/// Codes of a set.
const MANY: usize = 8;
/// Bytes of a code.
const BYTES: usize = 10;
/// Characters of a code.
const CHARS: usize = 16;

/// One code.
pub(in crate::auth) struct BackupCode(Zeroizing<[u8; BYTES]>);

impl BackupCode {
    fn fresh() -> Result<Self, ServiceError> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(&mut bytes[..])
            .map_err(|err| ServiceError::bug("drawing a backup code", err))?;
        Ok(Self(bytes))
    }

    /// Reads letters and digits without anything between them; none when they are no code.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() != CHARS {
            return None;
        }
        let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()?;
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    fn text(&self) -> String {
        in_groups(&BASE32_NOPAD.encode(&self.0[..]), "-")
    }

    /// What stands for the code in the database: bound to whose it is.
    pub(super) fn hash(&self, key: &[u8; 32], user: UserId) -> CodeHash {
        code::hash(key, [b"backup-code", user.as_uuid().as_bytes(), &self.0[..]])
    }
}

/// Eight new codes: to be shown, and to be kept.
pub(super) fn fresh_set(
    key: &[u8; 32],
    user: UserId,
) -> Result<(BackupCodes, Vec<CodeHash>), ServiceError> {
    let codes: Vec<_> = (0..MANY).map(|_| BackupCode::fresh()).collect::<Result<_, _>>()?;
    let hashes = codes.iter().map(|code| code.hash(key, user)).collect();
    Ok((BackupCodes { codes: codes.iter().map(BackupCode::text).collect() }, hashes))
}

/// `text`, which is ASCII, in groups of four.
pub(super) fn in_groups(text: &str, between: &str) -> String {
    let mut out = String::with_capacity(text.len() * 5 / 4);
    for (at, c) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push_str(between);
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_set_is_eight_different_codes_of_eighty_bits_that_read_back() {
        let (key, ann) = ([1; 32], UserId::from(Uuid::from_u128(1)));
        let (shown, kept) = fresh_set(&key, ann).expect("randomness");
        assert_eq!(shown.codes.iter().collect::<HashSet<_>>().len(), 8);
        for (text, hash) in shown.codes.iter().zip(&kept) {
            assert_eq!((text.len(), text.matches('-').count()), (19, 3), "{text}");
            let typed = text.replace('-', "").to_lowercase();
            let read = BackupCode::parse(&typed).expect("a code");
            assert_eq!(read.hash(&key, ann), *hash);
            assert_ne!(read.hash(&[2; 32], ann), *hash, "another key");
            assert_ne!(read.hash(&key, UserId::from(Uuid::from_u128(2))), *hash, "another person");
        }
    }

    #[test]
    fn nothing_else_is_a_code() {
        for text in
            ["", "ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNOPQ", "ABCDEFGHIJKLMNO1", "ABCDEFGHIJKLMN\u{e9}"]
        {
            assert!(BackupCode::parse(text).is_none(), "{text}");
        }
    }
}
