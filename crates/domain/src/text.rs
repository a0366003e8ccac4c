//! A message's text with its formatting, measured as Telegram measures it: in UTF-16 code units.

/// Most UTF-16 code units in a message (Bot API, `sendMessage`).
pub const MAX_UNITS: usize = 4_096;

/// Most formatted stretches in a message; Telegram drops those beyond it without a word.
pub const MAX_ENTITIES: usize = 100;

/// How a stretch of text looks. A subset of the Bot API's `MessageEntity`, with its names.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Style {
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// Struck through.
    Strikethrough,
    /// Hidden until it is tapped.
    Spoiler,
    /// Monospaced, within a line.
    Code,
    /// A monospaced block.
    Pre,
    /// A quotation.
    Blockquote,
    /// A link behind words.
    TextLink {
        /// Where it leads: `http`, `https` or `tg`.
        url: String,
    },
}

/// A styled stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entity {
    /// How it looks.
    #[serde(flatten)]
    pub style: Style,
    /// Where it begins, in UTF-16 code units.
    pub offset: usize,
    /// How long it is, in UTF-16 code units.
    pub length: usize,
}

/// A text that Telegram will take.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// The characters.
    pub text: String,
    /// What is styled, outer before inner.
    pub entities: Vec<Entity>,
}

/// Why Telegram would not take a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// Nothing but spaces.
    #[error("Write a message first.")]
    Empty,
    /// More than [`MAX_UNITS`].
    #[error("A message has at most 4096 characters; this one has {units}.")]
    TooLong {
        /// How long it is.
        units: usize,
    },
    /// More than [`MAX_ENTITIES`].
    #[error("A message has at most 100 formatted parts; this one has {count}.")]
    TooManyEntities {
        /// How many it has.
        count: usize,
    },
    /// A character that cannot be stored or shown.
    #[error("The message contains a character that cannot be sent (NUL).")]
    Nul,
}

/// A run of text with everything that applies to it: what a preview is drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The characters.
    pub text: String,
    /// The styles, outer before inner.
    pub styles: Vec<Style>,
}

/// How long a text is in UTF-16 code units.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The first `max` characters of the first line that says something, with `…` when it goes on.
pub fn excerpt(text: &str, max: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match line.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

impl Message {
    /// Checks what Telegram would refuse or silently change.
    ///
    /// # Errors
    /// The first [`Unsendable`] found.
    pub fn check(&self) -> Result<(), Unsendable> {
        let units = units(&self.text);
        if self.text.contains('\0') {
            Err(Unsendable::Nul)
        } else if self.text.trim().is_empty() {
            Err(Unsendable::Empty)
        } else if units > MAX_UNITS {
            Err(Unsendable::TooLong { units })
        } else if self.entities.len() > MAX_ENTITIES {
            Err(Unsendable::TooManyEntities { count: self.entities.len() })
        } else {
            Ok(())
        }
    }

    /// The text cut where any style begins or ends.
    pub fn runs(&self) -> Vec<Run> {
        let mut cuts: Vec<usize> =
            self.entities.iter().flat_map(|e| [e.offset, e.offset + e.length]).collect();
        cuts.extend([0, units(&self.text)]);
        cuts.sort_unstable();
        cuts.dedup();

        let mut chars = self.text.chars();
        let mut at = 0;
        let mut runs = Vec::with_capacity(cuts.len());
        for pair in cuts.windows(2) {
            let mut text = String::new();
            while at < pair[1] {
                let Some(c) = chars.next() else { break };
                at += c.len_utf16();
                text.push(c);
            }
            let covers = |e: &&Entity| e.offset <= pair[0] && pair[1] <= e.offset + e.length;
            let styles = self.entities.iter().filter(covers).map(|e| e.style.clone()).collect();
            if !text.is_empty() {
                runs.push(Run { text, styles });
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_as_telegram_counts() {
        for (text, want) in [("", 0), ("abc", 3), ("жук", 3), ("😀", 2), ("e\u{301}", 2), ("👩‍👩‍👧", 8)]
        {
            assert_eq!(units(text), want, "{text}");
        }
    }

    #[test]
    fn the_limit_is_exact() {
        let of = |text: String| Message { text, entities: Vec::new() }.check();
        assert_eq!(of("a".repeat(4096)), Ok(()));
        assert_eq!(of("a".repeat(4097)), Err(Unsendable::TooLong { units: 4097 }));
        assert_eq!(of("😀".repeat(2048)), Ok(()));
        assert_eq!(of("😀".repeat(2049)), Err(Unsendable::TooLong { units: 4098 }));
        assert_eq!(of(" \n\t".into()), Err(Unsendable::Empty));
        assert_eq!(of("a\0b".into()), Err(Unsendable::Nul));
    }

    #[test]
    fn overlapping_styles_become_runs() {
        let entity = |style, offset, length| Entity { style, offset, length };
        let message = Message {
            text: "😀ab cd".into(),
            entities: vec![entity(Style::Bold, 0, 4), entity(Style::Italic, 3, 2)],
        };
        let run = |text: &str, styles: &[Style]| Run { text: text.into(), styles: styles.to_vec() };
        assert_eq!(
            message.runs(),
            [
                run("😀a", &[Style::Bold]),
                run("b", &[Style::Bold, Style::Italic]),
                run(" ", &[Style::Italic]),
                run("cd", &[]),
            ]
        );
    }

    #[test]
    fn entities_are_written_as_the_bot_api_writes_them() {
        let link = Entity {
            style: Style::TextLink { url: "https://a.example".into() },
            offset: 1,
            length: 2,
        };
        let json = serde_json::to_string(&link).expect("plain data");
        assert_eq!(json, r#"{"type":"text_link","url":"https://a.example","offset":1,"length":2}"#);
    }

    #[test]
    fn an_excerpt_is_the_first_line_that_says_something() {
        for (text, want) in
            [("", ""), ("\n  \n hello \nmore", "hello"), ("abcdef", "abc…"), ("ab  cd", "ab…")]
        {
            assert_eq!(
                excerpt(text, if text == "ab  cd" || text == "abcdef" { 3 } else { 10 }),
                want,
                "{text:?}"
            );
        }
    }
}
