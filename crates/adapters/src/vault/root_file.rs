//! The key file: a few lines of text.
//!
//! ```text
//! # Root keys of Gannet. …
//! format 1
//! source random
//! version 1 made 2026-11-21T06:00:00Z fingerprint <64 hex> key <64 hex>
//! ```
//!
//! With `source web-secret-key` the lines end after the fingerprint: the keys are derived from the
//! setting, and the file only remembers which setting that was.

use std::collections::BTreeMap;

use domain::Timestamp;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{RootKey, RootVersion};

/// Where the keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Thirty-two random bytes each, in the file.
    Random,
    /// `WEB_SECRET_KEY`; the file holds fingerprints alone.
    WebSecret,
}

impl Source {
    const fn word(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::WebSecret => "web-secret-key",
        }
    }
}

/// One version.
pub(super) struct Line {
    pub(super) made: Timestamp,
    pub(super) fingerprint: String,
    /// The key itself; none with [`Source::WebSecret`].
    pub(super) key: Option<RootKey>,
}

/// The file as a whole. There is always a version.
pub(super) struct RootFile {
    pub(super) source: Source,
    pub(super) versions: BTreeMap<RootVersion, Line>,
}

impl RootFile {
    /// The version that seals, and what is known of it.
    pub(super) fn newest(&self) -> (RootVersion, &Line) {
        let (version, line) = self.versions.last_key_value().expect("a key file has a version");
        (*version, line)
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// The number of the line that makes no sense.
    pub(super) fn parse(text: &str) -> Result<Self, usize> {
        let mut format = None;
        let mut source = None;
        let mut versions = BTreeMap::new();
        let mut last = 0;
        for (at, line) in (1..).zip(text.lines()) {
            last = at;
            let words: Vec<&str> = line.split_whitespace().collect();
            match (words.as_slice(), source) {
                ([], _) => {}
                ([first, ..], _) if first.starts_with('#') => {}
                (["format", "1"], _) if format.is_none() => format = Some(1),
                (["source", word], None) => {
                    let known = [Source::Random, Source::WebSecret];
                    source = Some(known.into_iter().find(|s| s.word() == *word).ok_or(at)?);
                }
                (["version", rest @ ..], Some(source)) => {
                    let (version, line) = version(rest, source).ok_or(at)?;
                    if versions.insert(version, line).is_some() {
                        return Err(at);
                    }
                }
                _ => return Err(at),
            }
        }
        let whole = format.is_some() && !versions.is_empty();
        source.filter(|_| whole).map(|source| Self { source, versions }).ok_or(last + 1)
    }

    /// The text of the file.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        // Long enough that nothing is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(512 + 256 * self.versions.len()));
        text.push_str(
            "# Root keys of Gannet. Whoever has this file and the database can read every secret;\n\
             # without it nobody can. Keep a copy, and keep it apart from the database's backups.\n\
             format 1\n",
        );
        text.push_str("source ");
        text.push_str(self.source.word());
        for (version, line) in &self.versions {
            let Line { made, fingerprint, key } = line;
            text.push_str(&format!("\nversion {version} made {made} fingerprint {fingerprint}"));
            if let Some(key) = key {
                let mut digits = Zeroizing::new([0; 64]);
                hex::encode_to_slice(key.bytes(), digits.as_mut_slice())
                    .expect("32 bytes are 64 digits");
                text.push_str(" key ");
                text.push_str(str::from_utf8(&*digits).expect("hex digits are ASCII"));
            }
        }
        text.push('\n');
        text
    }
}

fn version(words: &[&str], source: Source) -> Option<(RootVersion, Line)> {
    let (number, made, fingerprint, digits) = match (words, source) {
        ([number, "made", made, "fingerprint", print, "key", key], Source::Random) => {
            (number, made, print, Some(key))
        }
        ([number, "made", made, "fingerprint", print], Source::WebSecret) => {
            (number, made, print, None)
        }
        _ => return None,
    };
    let key = match digits {
        None => None,
        Some(digits) => {
            let mut bytes = Zeroizing::new([0; 32]);
            hex::decode_to_slice(digits, bytes.as_mut_slice()).ok()?;
            let key = RootKey::new(bytes);
            // A key with a changed digit would seal happily, and open nothing.
            if !matches(&key, fingerprint) {
                return None;
            }
            Some(key)
        }
    };
    let line = Line { made: made.parse().ok()?, fingerprint: (*fingerprint).to_owned(), key };
    Some((RootVersion::new(number.parse().ok()?)?, line))
}

/// Whether the key is the one with that fingerprint.
pub(super) fn matches(key: &RootKey, fingerprint: &str) -> bool {
    key.fingerprint().as_bytes().ct_eq(fingerprint.as_bytes()).into()
}
