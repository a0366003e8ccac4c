//! Text that never shows itself.

use std::fmt;

use super::reader::Value;

/// Shortest root secret, in bytes.
const SHORTEST_BYTES: usize = 32;

/// Secret text: no `Display`, and its `Debug` says only that there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one who must have it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Value for Secret {
    fn parse(text: &str) -> Result<Self, String> {
        let how = "make one with `openssl rand -hex 32`";
        let varied = text.bytes().collect::<std::collections::BTreeSet<_>>().len();
        let lower = text.to_lowercase();
        let placeholder = ["changeme", "change-me", "change_me", "secret", "password", "example"]
            .iter()
            .any(|word| lower.contains(word));
        if text.len() < SHORTEST_BYTES {
            Err(format!("must be at least {SHORTEST_BYTES} bytes; {how}"))
        } else if placeholder || varied < 8 {
            Err(format!("looks like a placeholder, which anyone could guess; {how}"))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    fn show(&self) -> String {
        "(hidden)".to_owned()
    }
}
