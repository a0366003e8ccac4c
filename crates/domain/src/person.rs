//! How people are called.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization;

/// Most characters of a name, and of a workspace's name.
pub const MAX_CHARS: usize = 80;

/// What follows the owner's name in the name of their first workspace.
const WORKSPACE_SUFFIX: &str = "'s workspace";

/// What a person wants to be called: 1 to [`MAX_CHARS`] characters, none of them able to reorder or
/// break the text around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// Nothing that could be seen.
    #[error("Enter your name.")]
    Empty,
    /// More than [`MAX_CHARS`].
    #[error("A name has at most 80 characters.")]
    TooLong,
    /// Line breaks and other controls, or characters that change the direction of the text after them.
    #[error("A name is one line of text, without control characters.")]
    Control,
}

impl Name {
    /// The name, without spaces around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the person's first workspace is called; a long name is cut so that it fits.
    pub fn first_workspace(&self) -> String {
        let room = MAX_CHARS - WORKSPACE_SUFFIX.len();
        let mut owner = self.0.clone();
        if owner.chars().count() > room {
            owner = owner.chars().take(room - 1).collect();
            owner.truncate(
                owner.trim_end_matches(|c: char| c.is_whitespace() || is_invisible(c)).len(),
            );
            owner.push('…');
        }
        owner + WORKSPACE_SUFFIX
    }
}

impl FromStr for Name {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let text = text.trim();
        if text.chars().any(|c| c.is_control() || reorders(c) || breaks_line(c)) {
            return Err(NotAName::Control);
        }
        if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
            return Err(NotAName::Empty);
        }
        if text.chars().count() > MAX_CHARS {
            return Err(NotAName::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `typed` is `name`, as somebody means it who reads the one and types the other: phones write
/// apostrophes, capitals and spaces as they like.
pub fn is_meant_by(typed: &str, name: &str) -> bool {
    let gist = |text: &str| {
        let text: String = text.nfc().flat_map(char::to_lowercase).collect();
        let text = text.replace(['\u{2018}', '\u{2019}', '\u{2bc}'], "'");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (typed, name) = (gist(typed), gist(name));
    !typed.is_empty() && typed == name
}

/// Embeddings, overrides, isolates and marks: with one of them a name could make the words beside it
/// read as something else.
pub(crate) const fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub(crate) const fn breaks_line(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Takes no room on screen. Joiners belong to this: names in Persian and emoji of several parts need
/// them, and a name of nothing else is none.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{2800}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<String, NotAName> {
        text.parse::<Name>().map(|name| name.0)
    }

    #[test]
    fn names_of_all_scripts_are_taken_and_trimmed() {
        for text in [
            "Ann",
            "José María",
            "李小龍",
            "محمد",
            "می\u{200c}خواهم",
            "👨\u{200d}👩\u{200d}👧",
            "<b>Bob</b>",
            "O'Neil; --",
        ] {
            assert_eq!(name(&format!("  {text}\t")), Ok(text.to_owned()), "{text}");
        }
        assert_eq!(name(&"ж".repeat(80)), Ok("ж".repeat(80)));
    }

    #[test]
    fn what_cannot_be_shown_safely_is_refused() {
        let long = "a".repeat(81);
        let cases = [
            ("", NotAName::Empty),
            (" \t ", NotAName::Empty),
            ("\u{200b}\u{200d}", NotAName::Empty),
            ("\u{3164}", NotAName::Empty),
            (long.as_str(), NotAName::TooLong),
            ("a\0b", NotAName::Control),
            ("a\r\nBcc: b@b.example", NotAName::Control),
            ("a\u{1b}[31m", NotAName::Control),
            ("a\u{202e}nimda", NotAName::Control),
            ("a\u{2067}b", NotAName::Control),
            ("a\u{2028}b", NotAName::Control),
        ];
        for (text, want) in cases {
            assert_eq!(name(text), Err(want), "{text:?}");
        }
    }

    #[test]
    fn a_name_is_meant_however_a_phone_writes_it_and_nothing_else_is() {
        for typed in
            ["Ann's workspace", " ann’s  WORKSPACE ", "ANNʼS\tworkspace", "Ann‘s workspace"]
        {
            assert!(is_meant_by(typed, "Ann's workspace"), "{typed:?}");
        }
        assert!(is_meant_by("Cafe\u{301}", "Café"));
        for typed in
            ["", " ", "Anns workspace", "Ann's", "Ann's workspace\0", "Ann's workspace\u{202e}"]
        {
            assert!(!is_meant_by(typed, "Ann's workspace"), "{typed:?}");
        }
        assert!(!is_meant_by("", "\u{200b}"));
    }

    #[test]
    fn the_first_workspace_bears_the_name_and_fits() {
        let workspace = |text: &str| text.parse::<Name>().expect("valid").first_workspace();
        assert_eq!(workspace("Ann"), "Ann's workspace");
        assert_eq!(workspace(&"ж".repeat(68)), format!("{}'s workspace", "ж".repeat(68)));
        for chars in 69..=80 {
            let cut = workspace(&"ж".repeat(chars));
            assert_eq!(cut, format!("{}…'s workspace", "ж".repeat(67)));
            assert_eq!(cut.chars().count(), MAX_CHARS);
        }
    }
}
