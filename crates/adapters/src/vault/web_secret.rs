//! `WEB_SECRET_KEY`: a root key an admin keeps elsewhere, as text.

use std::collections::HashSet;
use std::fmt;

use zeroize::Zeroizing;

use super::{RootKey, RootVersion, derive};

/// Fewest bytes the text may have.
const SHORTEST: usize = 32;
/// Fewest different bytes in it. Sixty-four random hex digits have fewer than 10 once in a million
/// million times.
const FEWEST_DIFFERENT: usize = 10;
/// What stands in examples and templates, and never in a random value of this length.
const PLACEHOLDERS: [&str; 10] = [
    "changeme",
    "change-me",
    "change_me",
    "default",
    "example",
    "placeholder",
    "insecure",
    "password",
    "secret",
    "your-key",
];

/// The text of `WEB_SECRET_KEY`, found strong enough. Wiped when dropped.
pub struct WebSecretKey(Zeroizing<String>);

impl WebSecretKey {
    /// Takes the value as it stands in the environment; space around it is no part of it.
    ///
    /// Any text of 32 bytes or more that looks random will do: `openssl rand -hex 32` and
    /// `openssl rand -base64 32` both give a good one. It is used as the text it is and not decoded,
    /// so the same key written in another way is another key.
    ///
    /// # Errors
    /// [`WeakSecret`] says what is wrong, and never repeats the value.
    pub fn parse(text: &str) -> Result<Self, WeakSecret> {
        let text = text.trim();
        let bytes = text.as_bytes();
        if bytes.len() < SHORTEST {
            return Err(WeakSecret::Short { found: bytes.len() });
        }
        if bytes.iter().all(u8::is_ascii_hexdigit) && bytes.len() < 2 * SHORTEST {
            return Err(WeakSecret::ShortHex { found: bytes.len() });
        }
        let lower = Zeroizing::new(text.to_ascii_lowercase());
        if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
            return Err(WeakSecret::Placeholder);
        }
        let different = bytes.iter().collect::<HashSet<_>>().len();
        if different < FEWEST_DIFFERENT || repeats(bytes) || counts(bytes) {
            return Err(WeakSecret::Patterned);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The root key of that version. Every instance with the same text has the same keys.
    pub(super) fn root(&self, version: RootVersion) -> RootKey {
        derive::root_from(self.0.as_bytes(), version)
    }
}

impl fmt::Debug for WebSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebSecretKey(…)")
    }
}

/// Whether a block of half the length or less is written over and over.
fn repeats(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|block| bytes.iter().zip(&bytes[block..]).all(|(a, b)| a == b))
}

/// Whether most bytes follow the one before them: `0123456789abcdef…`, `abcdefgh…`.
fn counts(bytes: &[u8]) -> bool {
    let steps = bytes.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count();
    steps * 2 > bytes.len()
}

/// Why a `WEB_SECRET_KEY` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Too short for any notation.
    #[error(
        "WEB_SECRET_KEY has {found} bytes and needs 32 or more. Make one with: openssl rand -hex 32"
    )]
    Short {
        /// Its length.
        found: usize,
    },
    /// Hexadecimal, and too short as that.
    #[error(
        "WEB_SECRET_KEY is {found} hexadecimal digits, which needs 64 or more. Make one with: openssl rand -hex 32"
    )]
    ShortHex {
        /// Its length.
        found: usize,
    },
    /// A value from an example.
    #[error("WEB_SECRET_KEY is a placeholder. Make one with: openssl rand -hex 32")]
    Placeholder,
    /// Too regular to be random.
    #[error("WEB_SECRET_KEY is a pattern and can be guessed. Make one with: openssl rand -hex 32")]
    Patterned,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_and_default_values_are_refused() {
        use WeakSecret::*;
        let cases = [
            ("", Short { found: 0 }),
            ("  fifteen bytes..  ", Short { found: 15 }),
            ("8f14e45fceea167a5a36dedd4bea2543", ShortHex { found: 32 }),
            ("please-CHANGEME-please-CHANGEME-0123", Placeholder),
            ("this-is-an-example-key-for-the-docs!", Placeholder),
            ("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", Patterned),
            ("k3yK9zPq#1k3yK9zPq#1k3yK9zPq#1k3yK9zPq#1", Patterned),
            ("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Patterned),
            ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", Patterned),
        ];
        for (text, want) in cases {
            assert_eq!(WebSecretKey::parse(text).err(), Some(want), "{text}");
        }
    }

    #[test]
    fn the_text_counts_and_the_space_around_it_does_not() {
        let hex = "9b0d4d6a1f0f9e2c7b58d34061ae82c5f7e3194d2086bb7ca1d5e0f4c36987a2";
        let one = WebSecretKey::parse(hex).unwrap();
        let two = WebSecretKey::parse(&format!("{hex}\n")).unwrap();
        let other = WebSecretKey::parse(&hex.to_uppercase()).unwrap();
        let print = |key: &WebSecretKey| key.root(RootVersion::FIRST).fingerprint();
        assert_eq!(print(&one), print(&two));
        assert_ne!(print(&one), print(&other));
        assert_ne!(one.root(RootVersion::FIRST.next()).fingerprint(), print(&one));
        assert_eq!(format!("{one:?}"), "WebSecretKey(…)");
    }

    proptest! {
        #[test]
        fn random_keys_are_taken_in_every_notation(bytes: [u8; 32]) {
            use base64::prelude::*;
            // What proptest shrinks to is no random key.
            prop_assume!(bytes.iter().collect::<HashSet<_>>().len() > 24);
            WebSecretKey::parse(&hex::encode(bytes)).unwrap();
            WebSecretKey::parse(&BASE64_STANDARD.encode(bytes)).unwrap();
        }
    }
}
