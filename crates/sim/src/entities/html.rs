//! `parse_mode=HTML`: the handful of tags that Telegram knows, with its own words for what is
//! wrong.

use frankenstein::types::{MessageEntity, MessageEntityType as Type};

use super::{Formatted, entity, sort, url};

/// A tag that waits for its end.
struct Open {
    tag: String,
    /// The one attribute that means something for this tag.
    argument: Option<String>,
    /// UTF-16 offset and byte position in what has been written when it opened.
    offset: usize,
    start: usize,
}

/// Takes the tags out of `text`.
///
/// # Errors
/// Telegram's description, with a byte offset into `text`.
pub(super) fn read(text: &str) -> Result<Formatted, String> {
    let mut reader = Reader {
        text,
        at: 0,
        out: String::with_capacity(text.len()),
        utf16: 0,
        open: vec![],
        done: vec![],
    };
    reader.run()?;
    let mut entities = reader.done;
    sort(&mut entities);
    merge_languages(&mut entities);
    Ok(Formatted { text: reader.out, entities })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    out: String,
    utf16: usize,
    open: Vec<Open>,
    done: Vec<MessageEntity>,
}

impl Reader<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.peek() {
            match c {
                '<' if self.text[self.at + 1..].starts_with('/') => self.end_tag()?,
                '<' => self.start_tag()?,
                _ => {
                    let c = self.next_decoded()?;
                    self.utf16 += c.len_utf16();
                    self.out.push(c);
                }
            }
        }
        match self.open.last() {
            Some(open) => {
                Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag))
            }
            None => Ok(()),
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// Everything up to one of `ends`, in lower case.
    fn word(&mut self, ends: impl Fn(char) -> bool) -> String {
        let rest = &self.text[self.at..];
        let length = rest.find(ends).unwrap_or(rest.len());
        self.at += length;
        rest[..length].to_ascii_lowercase()
    }

    /// The next character, with `&lt;` and its like undone.
    fn next_decoded(&mut self) -> Result<char, String> {
        let rest = &self.text[self.at..];
        if let Some((code, length)) = character_reference(rest) {
            self.at += length;
            return char::from_u32(code).ok_or_else(|| {
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate \
                 code units"
                    .to_owned()
            });
        }
        let c = rest.chars().next().unwrap_or_default();
        self.at += c.len_utf8();
        Ok(c)
    }

    fn start_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        let tag = self.word(|c| is_blank(c) || c == '>');
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if !is_known(&tag) {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let mut argument = None;
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return Err(format!("Unclosed start tag \"{tag}\" at byte offset {begin}")),
                Some('>') => break,
                Some(_) => {
                    let (name, value) = self.attribute(&tag, begin)?;
                    argument = meaning(&tag, &name, &value).or(argument);
                }
            }
        }
        self.at += 1;
        if tag == "span" && argument.is_none() {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
            ));
        }
        self.open.push(Open { tag, argument, offset: self.utf16, start: self.out.len() });
        Ok(())
    }

    fn attribute(&mut self, tag: &str, begin: usize) -> Result<(String, String), String> {
        let name = self.word(|c| is_blank(c) || c == '=' || c == '>');
        if name.is_empty() {
            return Err(format!(
                "Empty attribute name in the tag \"{tag}\" at byte offset {begin}"
            ));
        }
        self.skip_blanks();
        if self.peek() != Some('=') {
            return Ok((name, String::new()));
        }
        self.at += 1;
        self.skip_blanks();
        let value = match self.peek() {
            None => return Err(format!("Unclosed start tag \"{tag}\" at byte offset {begin}")),
            Some(quote @ ('"' | '\'')) => self.quoted(quote, begin)?,
            Some(_) => self.token()?,
        };
        Ok((name, value))
    }

    fn quoted(&mut self, quote: char, begin: usize) -> Result<String, String> {
        self.at += 1;
        let mut value = String::new();
        loop {
            match self.peek() {
                None => return Err(format!("Unclosed start tag at byte offset {begin}")),
                Some(c) if c == quote => break,
                Some(_) => value.push(self.next_decoded()?),
            }
        }
        self.at += 1;
        Ok(value)
    }

    fn token(&mut self) -> Result<String, String> {
        let start = self.at;
        let value = self.word(|c| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
        if !self.peek().is_some_and(|c| is_blank(c) || c == '>') {
            return Err(format!("Unexpected end of name token at byte offset {start}"));
        }
        Ok(value)
    }

    fn end_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        self.at += 2;
        let tag = self.word(|c| is_blank(c) || c == '>');
        self.skip_blanks();
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !tag.is_empty() && tag != open.tag {
            let expected = open.tag;
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{expected}>\", found \"</{tag}>\""
            ));
        }
        if self.utf16 > open.offset {
            let inside = &self.out[open.start..];
            self.done.extend(open.entity(inside, self.utf16)?);
        }
        Ok(())
    }
}

impl Open {
    fn entity(self, inside: &str, end: usize) -> Result<Option<MessageEntity>, String> {
        let (offset, length) = (self.offset, end - self.offset);
        let kind = match self.tag.as_str() {
            "b" | "strong" => Type::Bold,
            "i" | "em" => Type::Italic,
            "u" | "ins" => Type::Underline,
            "s" | "strike" | "del" => Type::Strikethrough,
            "span" | "tg-spoiler" => Type::Spoiler,
            "pre" => Type::Pre,
            "blockquote" if self.argument.is_some() => Type::ExpandableBlockquote,
            "blockquote" => Type::Blockquote,
            "a" => {
                let address = self.argument.filter(|address| !address.is_empty());
                return Ok(url::link(address.as_deref().unwrap_or(inside), offset, length));
            }
            "tg-emoji" => {
                let mut emoji = entity(Type::CustomEmoji, offset, length);
                emoji.custom_emoji_id =
                    Some(url::custom_emoji_id(&self.argument.unwrap_or_default())?);
                return Ok(Some(emoji));
            }
            _ => Type::Code,
        };
        let mut entity = entity(kind, offset, length);
        if kind == Type::Code {
            entity.language = self.argument;
        }
        Ok(Some(entity))
    }
}

/// `pre` and `code` over the same text are one block, whose language the `code` names.
fn merge_languages(entities: &mut Vec<MessageEntity>) {
    let blocks: Vec<_> = entities
        .iter()
        .filter(|e| e.type_field == Type::Pre)
        .map(|e| (e.offset, e.length))
        .collect();
    let mut merged = Vec::new();
    entities.retain_mut(|entity| {
        let language =
            if entity.type_field == Type::Code { entity.language.take() } else { return true };
        let bounds = (entity.offset, entity.length);
        match language {
            Some(language) if blocks.contains(&bounds) => {
                merged.push((bounds, language));
                false
            }
            _ => true,
        }
    });
    for entity in entities.iter_mut().filter(|entity| entity.type_field == Type::Pre) {
        let bounds = (entity.offset, entity.length);
        let language = merged.iter().find(|(of, _)| *of == bounds);
        entity.language = language.map(|(_, language)| language.clone());
    }
}

/// What an attribute tells about its tag; most tell nothing.
fn meaning(tag: &str, name: &str, value: &str) -> Option<String> {
    match (tag, name) {
        ("a", "href") | ("tg-emoji", "emoji-id") => Some(value.to_owned()),
        ("code", "class") => value
            .strip_prefix("language-")
            .filter(|language| !language.is_empty())
            .map(str::to_owned),
        ("span", "class") => (value == "tg-spoiler").then(String::new),
        ("blockquote", "expandable") => Some(String::new()),
        _ => None,
    }
}

fn is_known(tag: &str) -> bool {
    const TAGS: [&str; 16] = [
        "a",
        "b",
        "strong",
        "i",
        "em",
        "s",
        "strike",
        "del",
        "u",
        "ins",
        "tg-spoiler",
        "tg-emoji",
        "span",
        "pre",
        "code",
        "blockquote",
    ];
    TAGS.contains(&tag)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The code point and length of `&lt;`, `&#60;` and the like, if `text` begins with one. The
/// semicolon may be missing.
fn character_reference(text: &str) -> Option<(u32, usize)> {
    let rest = text.strip_prefix('&')?;
    let (code, length) = if let Some(number) = rest.strip_prefix('#') {
        let (digits, radix, mark) = match number.strip_prefix('x') {
            Some(hex) => (hex, 16, 2),
            None => (number, 10, 1),
        };
        let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        let code = u32::from_str_radix(&digits[..length], radix)
            .ok()
            .filter(|code| (1..0x11_0000).contains(code))?;
        (code, mark + length)
    } else {
        let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let c = match &rest[..length] {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            _ => return None,
        };
        (u32::from(c), length)
    };
    let semicolon = usize::from(rest[length..].starts_with(';'));
    Some((code, 1 + length + semicolon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, want: &str, entities: &[(Type, usize, usize)]) -> Formatted {
        let got = read(text).expect("the markup is sound");
        assert_eq!(got.text, want, "{text}");
        let bounds: Vec<_> =
            got.entities.iter().map(|e| (e.type_field, e.offset.into(), e.length.into())).collect();
        assert_eq!(bounds, entities, "{text}");
        got
    }

    #[test]
    fn every_tag_becomes_its_entity_at_utf16_offsets() {
        for (tag, kind) in [
            ("b", Type::Bold),
            ("strong", Type::Bold),
            ("i", Type::Italic),
            ("EM", Type::Italic),
            ("u", Type::Underline),
            ("ins", Type::Underline),
            ("s", Type::Strikethrough),
            ("strike", Type::Strikethrough),
            ("del", Type::Strikethrough),
            ("tg-spoiler", Type::Spoiler),
            ("pre", Type::Pre),
            ("code", Type::Code),
            ("blockquote", Type::Blockquote),
        ] {
            reads(&format!("🦆 <{tag}>🦆ж</{tag}>!"), "🦆 🦆ж!", &[(kind, 3, 3)]);
        }
        reads("<span class = \"tg-spoiler\">a</span>", "a", &[(Type::Spoiler, 0, 1)]);
        reads("<blockquote expandable>a</>", "a", &[(Type::ExpandableBlockquote, 0, 1)]);
        reads("<b></b>x", "x", &[]);
        reads("<i>a<b>b</b></i>", "ab", &[(Type::Italic, 0, 2), (Type::Bold, 1, 1)]);
    }

    #[test]
    fn links_languages_and_emoji_keep_what_they_carry() {
        let link = reads("<a href='example.org/?a=1&amp;b'>x</a>", "x", &[(Type::TextLink, 0, 1)]);
        assert_eq!(link.entities[0].url.as_deref(), Some("http://example.org/?a=1&b"));
        let user = reads("<a href=\"tg://user?id=77\">x</a>", "x", &[(Type::TextMention, 0, 1)]);
        assert_eq!(user.entities[0].user.as_ref().map(|user| user.id), Some(77));
        reads("<a href=\"nonsense\">x</a>", "x", &[]);
        let code =
            reads("<pre><code class=\"language-rust\">x</code></pre>", "x", &[(Type::Pre, 0, 1)]);
        assert_eq!(code.entities[0].language.as_deref(), Some("rust"));
        reads("<pre><code>x</code> </pre>", "x ", &[(Type::Pre, 0, 2), (Type::Code, 0, 1)]);
        let emoji =
            reads("<tg-emoji emoji-id=\"12\">🦆</tg-emoji>", "🦆", &[(Type::CustomEmoji, 0, 2)]);
        assert_eq!(emoji.entities[0].custom_emoji_id.as_deref(), Some("12"));
    }

    #[test]
    fn character_references_are_undone_where_they_are_known() {
        reads("&lt;&gt;&amp;&quot;&#1078;&#x1F986;", "<>&\"ж🦆", &[]);
        reads("&lt b &ge; &Or; &#12345678; &", "< b &ge; &Or; &#12345678; &", &[]);
    }

    #[test]
    fn broken_markup_is_refused_in_telegrams_words() {
        for (text, want) in [
            ("🦆&lt;<abc", "Unclosed start tag at byte offset 8"),
            ("🦆&lt;<abc d>", "Unsupported start tag \"abc\" at byte offset 8"),
            ("<i   =a>", "Empty attribute name in the tag \"i\" at byte offset 0"),
            ("<i a = ", "Unclosed start tag \"i\" at byte offset 0"),
            ("<i a = 1,", "Unexpected end of name token at byte offset 7"),
            ("<i a = \"1>", "Unclosed start tag at byte offset 0"),
            ("<b></b></b>", "Unexpected end tag at byte offset 7"),
            ("<i>a</i   ", "Unclosed end tag at byte offset 4"),
            ("<i>a</em>", "Unmatched end tag at byte offset 4, expected \"</i>\", found \"</em>\""),
            ("<i>a<b>", "Can't find end tag corresponding to start tag \"b\""),
            ("1 < 2", "Unsupported start tag \"\" at byte offset 2"),
            ("<span>a</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
            (
                "&#57311;",
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units",
            ),
        ] {
            assert_eq!(read(text).expect_err(text), want, "{text}");
        }
    }
}
