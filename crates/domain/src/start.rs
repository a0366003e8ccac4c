//! What people write to a bot that the bot itself understands.

use std::fmt;

/// Longest payload of a `/start` (Telegram's deep links allow `A-Za-z0-9_-`, up to 64).
pub const MAX_PAYLOAD: usize = 64;

/// A command at the beginning of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `/start`, with what followed it.
    Start(Option<Payload>),
    /// `/stop`.
    Stop,
}

/// Where a subscriber came from: the payload of a deep link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload(String);

impl Payload {
    /// The payload, 1 to [`MAX_PAYLOAD`] characters of `A-Za-z0-9_-`.
    ///
    /// `None` for anything else: people can type after `/start` what no link could carry.
    pub fn new(text: &str) -> Option<Self> {
        let is_payload = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        ((1..=MAX_PAYLOAD).contains(&text.len()) && text.bytes().all(is_payload))
            .then(|| Self(text.to_owned()))
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Command {
    /// The command that `text` begins with, if it is one for the bot called `username`.
    pub fn parse(text: &str, username: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let first = words.next()?.strip_prefix('/')?;
        let name = match first.split_once('@') {
            Some((name, to)) if to.eq_ignore_ascii_case(username) => name,
            Some(_) => return None,
            None => first,
        };
        match name.to_ascii_lowercase().as_str() {
            "start" => Some(Self::Start(words.next().and_then(Payload::new))),
            "stop" => Some(Self::Stop),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_talk() {
        let start = |payload: &str| Some(Command::Start(Payload::new(payload)));
        let long = "x".repeat(65);
        let cases = [
            ("/start", start("")),
            ("/start spring-sale", start("spring-sale")),
            ("/START ad_7", start("ad_7")),
            ("/start@acme_bot ad", start("ad")),
            ("/start@other_bot ad", None),
            ("/start not/allowed", start("")),
            (&format!("/start {long}"), start("")),
            ("/stop", Some(Command::Stop)),
            ("/stop please", Some(Command::Stop)),
            ("/stopping", None),
            ("start", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(Command::parse(text, "Acme_Bot"), want, "{text:?}");
        }
    }
}
