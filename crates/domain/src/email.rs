//! Mail addresses, as far as we need to understand them.

use std::{fmt, str::FromStr};

/// Longest address that mail can carry (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const MAX_BYTES: usize = 254;

/// A mail address as it was typed (trimmed), with one spelling to compare by.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Why a text is no address we can write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEmail {
    /// Nothing was typed.
    #[error("Enter your email address.")]
    Empty,
    /// More than [`MAX_BYTES`].
    #[error("An email address has at most 254 characters.")]
    TooLong,
    /// Anything else.
    #[error("Enter an address like name@example.com.")]
    Malformed,
}

impl Email {
    /// What was typed, without spaces around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling that stands for the person: all lower case.
    ///
    /// Nothing else is folded (dots, `+tag`): whether two such addresses are one mailbox is the
    /// provider's business.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotAnEmail::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(NotAnEmail::TooLong);
        }
        let (local, host) = text.rsplit_once('@').ok_or(NotAnEmail::Malformed)?;
        let is_plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let local_ok = (1..=64).contains(&local.len())
            && local.chars().all(is_plain)
            && local.split('.').all(|part| !part.is_empty());
        let labels: Vec<&str> = host.split('.').collect();
        let label_ok = |label: &&str| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if local_ok && labels.len() > 1 && labels.iter().all(label_ok) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnEmail::Malformed)
        }
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;

    fn try_from(text: String) -> Result<Self, NotAnEmail> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// Addresses are personal data: a log that prints one by accident shows this instead.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_and_unusual_addresses_are_taken() {
        for text in [
            "a@b.co",
            " Ann.Lee+news@Example.COM ",
            "o'neil@xn--bcher-kva.example",
            "ü@bücher.example",
        ] {
            assert!(text.parse::<Email>().is_ok(), "{text}");
        }
        assert_eq!("Ann@Example.COM".parse::<Email>().expect("valid").key(), "ann@example.com");
    }

    #[test]
    fn what_could_break_a_header_or_reach_nobody_is_refused() {
        let long = format!("{}@example.com", "a".repeat(320));
        let cases = [
            ("", NotAnEmail::Empty),
            ("   ", NotAnEmail::Empty),
            (long.as_str(), NotAnEmail::TooLong),
            ("ann", NotAnEmail::Malformed),
            ("ann@localhost", NotAnEmail::Malformed),
            ("ann@-a.example", NotAnEmail::Malformed),
            ("ann@a..example", NotAnEmail::Malformed),
            (".ann@a.example", NotAnEmail::Malformed),
            ("a n@a.example", NotAnEmail::Malformed),
            ("ann@a.example\r\nBcc: b@b.example", NotAnEmail::Malformed),
            ("ann@a.example\0", NotAnEmail::Malformed),
            ("ann@a.example,b@b.example", NotAnEmail::Malformed),
            ("<ann@a.example>", NotAnEmail::Malformed),
            ("a\u{202e}nn@a.example", NotAnEmail::Malformed),
        ];
        for (text, want) in cases {
            assert_eq!(text.parse::<Email>(), Err(want), "{text:?}");
        }
    }

    #[test]
    fn debug_does_not_show_the_address() {
        let email: Email = "ann@example.com".parse().expect("valid");
        assert!(!format!("{email:?}").contains("ann"));
    }
}
