//! A connected bot: its slug, where its Bot API is, and how updates reach us.

use std::{fmt, str::FromStr};

use crate::words::words;

words! {
    /// Which Bot API server a bot lives on.
    pub enum Api {
        /// The configured Telegram.
        Telegram = "telegram",
        /// The sandbox that Gannet carries.
        Sandbox = "sandbox",
    }
}

words! {
    /// How Telegram hands over updates.
    pub enum Delivery {
        /// Telegram calls us: there is a public https address.
        Webhook = "webhook",
        /// We ask Telegram.
        Polling = "polling",
    }
}

/// The part of a URL that names a bot: its username in lower case.
///
/// One per instance, fixed after connecting.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// The text cannot be a bot's slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no bot can be called that")]
pub struct NotASlug;

impl Slug {
    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Telegram's rule for usernames (letters, digits, underscore; up to 32), in either case.
impl FromStr for Slug {
    type Err = NotASlug;

    fn from_str(text: &str) -> Result<Self, NotASlug> {
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if (3..=32).contains(&text.len()) && text.bytes().all(is_name) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(NotASlug)
        }
    }
}

impl TryFrom<String> for Slug {
    type Error = NotASlug;

    fn try_from(text: String) -> Result<Self, NotASlug> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slug({})", self.0)
    }
}

/// What a new bot says to `/start`.
pub const WELCOME: &str =
    "Welcome! You will hear from us here. Send /stop whenever you have had enough.";

/// What a new bot says to `/stop`.
pub const GOODBYE: &str = "You will get no more messages. Send /start if you change your mind.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_a_username_in_lower_case() {
        assert_eq!("Acme_Shop_Bot".parse::<Slug>().expect("valid").as_str(), "acme_shop_bot");
        for text in
            ["", "ab", "a-b", "a b c", "ас\u{43c}e_bot", "../bots", "a%2fb", &"x".repeat(33)]
        {
            assert_eq!(text.parse::<Slug>(), Err(NotASlug), "{text:?}");
        }
    }
}
