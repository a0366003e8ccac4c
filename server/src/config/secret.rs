//! Text that never shows itself.

use std::fmt;

use adapters::vault::WebSecretKey;

use super::reader::Value;

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
        match WebSecretKey::parse(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(weak) => Err(weak.to_string().trim_start_matches("WEB_SECRET_KEY ").to_owned()),
        }
    }

    fn show(&self) -> String {
        "(hidden)".to_owned()
    }
}
