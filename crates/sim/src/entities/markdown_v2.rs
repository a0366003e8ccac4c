//! `parse_mode=MarkdownV2`: nested marks, escapes, quotes and code, with Telegram's own words for
//! what is wrong.

use frankenstein::types::{MessageEntity, MessageEntityType as Type};

use super::{Formatted, entity, sort, url};

/// What may be open, by the name that Telegram gives it in errors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mark {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    TextUrl,
    CustomEmoji,
    Code,
    Pre,
    PreCode,
    BlockQuote,
}

struct Open {
    mark: Mark,
    language: Option<String>,
    /// UTF-16 offset and byte position in what has been written, byte offset in what is read.
    offset: usize,
    start: usize,
    begin: usize,
}

/// Takes the marks out of `text`.
///
/// # Errors
/// Telegram's description, with a byte offset into `text`.
pub(super) fn read(text: &str) -> Result<Formatted, String> {
    let mut reader = Reader {
        text,
        at: 0,
        out: String::with_capacity(text.len()),
        utf16: 0,
        line_start: true,
        open: vec![],
        done: vec![],
    };
    while reader.at < text.len() {
        reader.step()?;
    }
    if reader.top() == Some(Mark::BlockQuote) {
        reader.close(None)?;
    }
    if let Some(open) = reader.open.last() {
        return Err(unended(open));
    }
    let mut entities = reader.done;
    sort(&mut entities);
    Ok(Formatted { text: reader.out, entities })
}

fn unended(open: &Open) -> String {
    format!("Can't find end of {:?} entity at byte offset {}", open.mark, open.begin)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    out: String,
    utf16: usize,
    /// Whether a quote may begin here: nothing but marks has been read since the line began.
    line_start: bool,
    open: Vec<Open>,
    done: Vec<MessageEntity>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next_is(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    fn top(&self) -> Option<Mark> {
        self.open.last().map(|open| open.mark)
    }

    fn push(&mut self, c: char) {
        self.out.push(c);
        self.utf16 += c.len_utf16();
        self.at += c.len_utf8();
        self.line_start &= c == '\r';
    }

    fn step(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let (Some(c), next) = (chars.next(), chars.next()) else { return Ok(()) };
        if let ('\\', Some(escaped)) = (c, next)
            && escaped.is_ascii()
            && escaped != '\0'
        {
            self.at += 1;
            self.push(escaped);
            return Ok(());
        }
        let special = match self.top() {
            Some(Mark::Code | Mark::Pre | Mark::PreCode) => "`",
            _ => "_*[]()~`>#+-=|{}.!\n",
        };
        if !special.contains(c) {
            self.push(c);
            return Ok(());
        }
        if self.is_line_end(c)? || self.is_end(c)? {
            return Ok(());
        }
        self.begin(c)
    }

    /// A line's end inside a quote either leads on to its next line or ends the quote.
    fn is_line_end(&mut self, c: char) -> Result<bool, String> {
        if c != '\n' {
            return Ok(false);
        }
        self.push('\n');
        self.line_start = true;
        let quoted = self.open.iter().any(|open| open.mark == Mark::BlockQuote);
        if quoted && self.next_is(">") {
            self.at += 1;
            self.line_start = false;
        } else if quoted {
            match self.open.last() {
                Some(top) if top.mark != Mark::BlockQuote => return Err(unended(top)),
                _ => self.close(None)?,
            }
        }
        Ok(true)
    }

    fn is_end(&mut self, c: char) -> Result<bool, String> {
        let ends = match self.top() {
            None => None,
            Some(Mark::Bold) => (c == '*').then_some(1),
            Some(Mark::Italic) => (c == '_' && !self.next_is("__")).then_some(1),
            Some(Mark::Underline) => self.next_is("__").then_some(2),
            Some(Mark::Strikethrough) => (c == '~').then_some(1),
            Some(Mark::Spoiler) => self.next_is("||").then_some(2),
            Some(Mark::TextUrl | Mark::CustomEmoji) => (c == ']').then_some(1),
            Some(Mark::Code) => (c == '`').then_some(1),
            Some(Mark::Pre | Mark::PreCode) => self.next_is("```").then_some(3),
            Some(Mark::BlockQuote) => self.expandable_end(),
        };
        let Some(length) = ends else { return Ok(false) };
        self.at += length;
        match self.top() {
            Some(Mark::TextUrl) => self.end_link()?,
            Some(Mark::CustomEmoji) => self.end_emoji()?,
            Some(Mark::BlockQuote) => {
                // The line's end still belongs to the quote.
                while let Some(c) = self.rest().chars().next().filter(|c| matches!(c, '\r' | '\n'))
                {
                    self.push(c);
                    if c == '\n' {
                        self.line_start = true;
                        break;
                    }
                }
                self.close(Some(Type::ExpandableBlockquote))?;
            }
            _ => self.close(None)?,
        }
        Ok(true)
    }

    /// `||` as the very last of a quote makes it expandable.
    fn expandable_end(&self) -> Option<usize> {
        let after = self.rest().strip_prefix("||")?.trim_start_matches('\r');
        (after.is_empty() || after.starts_with('\n')).then_some(2)
    }

    fn begin(&mut self, c: char) -> Result<(), String> {
        let quoted = self.open.iter().any(|open| open.mark == Mark::BlockQuote);
        let may_quote = self.line_start && !quoted;
        let (mark, length) = match c {
            '_' if self.next_is("__") => (Mark::Underline, 2),
            '_' => (Mark::Italic, 1),
            '*' if may_quote && self.next_is("**>") => (Mark::BlockQuote, 3),
            '*' => (Mark::Bold, 1),
            '~' => (Mark::Strikethrough, 1),
            '|' if self.next_is("||") => (Mark::Spoiler, 2),
            '[' => (Mark::TextUrl, 1),
            '!' if self.next_is("![") => (Mark::CustomEmoji, 2),
            '`' if self.next_is("```") => return self.begin_block(),
            '`' => (Mark::Code, 1),
            '>' if may_quote => (Mark::BlockQuote, 1),
            _ => {
                return Err(format!(
                    "Character '{c}' is reserved and must be escaped with the preceding '\\'"
                ));
            }
        };
        self.open(mark, None, length);
        if mark == Mark::BlockQuote {
            self.line_start = false;
        }
        Ok(())
    }

    /// Three backticks, perhaps a language right behind them, perhaps a line's end that does not
    /// count.
    fn begin_block(&mut self) -> Result<(), String> {
        let rest = &self.rest()[3..];
        let length = rest.find(|c: char| c.is_ascii_whitespace() || c == '`').unwrap_or(rest.len());
        let named = length > 0 && rest[length..].starts_with(|c: char| c != '`');
        if named {
            let language = rest[..length].to_owned();
            self.open(Mark::PreCode, Some(language), 3 + length);
        } else {
            self.open(Mark::Pre, None, 3);
        }
        let line_end = ["\r\n", "\n\r", "\n", "\r"].iter().find(|end| self.next_is(end));
        self.at += line_end.map_or(0, |end| end.len());
        Ok(())
    }

    fn open(&mut self, mark: Mark, language: Option<String>, length: usize) {
        self.open.push(Open {
            mark,
            language,
            offset: self.utf16,
            start: self.out.len(),
            begin: self.at,
        });
        self.at += length;
    }

    /// Ends the innermost mark; `kind` overrides what it becomes.
    fn close(&mut self, kind: Option<Type>) -> Result<(), String> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let length = self.utf16 - open.offset;
        if length == 0 {
            return Ok(());
        }
        let own = match open.mark {
            Mark::Bold => Type::Bold,
            Mark::Italic => Type::Italic,
            Mark::Underline => Type::Underline,
            Mark::Strikethrough => Type::Strikethrough,
            Mark::Spoiler => Type::Spoiler,
            Mark::TextUrl => Type::TextLink,
            Mark::CustomEmoji => Type::CustomEmoji,
            Mark::Code => Type::Code,
            Mark::Pre | Mark::PreCode => Type::Pre,
            Mark::BlockQuote => Type::Blockquote,
        };
        let mut entity = entity(kind.unwrap_or(own), open.offset, length);
        entity.language = open.language;
        self.done.push(entity);
        Ok(())
    }

    fn end_link(&mut self) -> Result<(), String> {
        let address = self.address("a URL")?;
        let Some(open) = self.open.pop() else { return Ok(()) };
        let address = address.unwrap_or_else(|| self.out[open.start..].to_owned());
        let length = self.utf16 - open.offset;
        if length > 0 {
            self.done.extend(url::link(&address, open.offset, length));
        }
        Ok(())
    }

    fn end_emoji(&mut self) -> Result<(), String> {
        let Some(address) = self.address("a custom emoji URL")? else {
            return Err("Custom emoji entity must contain a tg://emoji URL".into());
        };
        let id = url::custom_emoji(&address)?;
        let Some(open) = self.open.pop() else { return Ok(()) };
        let length = self.utf16 - open.offset;
        if length > 0 {
            let mut emoji = entity(Type::CustomEmoji, open.offset, length);
            emoji.custom_emoji_id = Some(id);
            self.done.push(emoji);
        }
        Ok(())
    }

    /// The address in parentheses behind a bracket, if there is one.
    fn address(&mut self, what: &str) -> Result<Option<String>, String> {
        if !self.next_is("(") {
            return Ok(None);
        }
        let begin = self.at + 1;
        let mut address = String::new();
        let mut chars = self.text[begin..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                ')' => {
                    self.at = begin + at + 1;
                    return Ok(Some(address));
                }
                '\\' => match chars.next_if(|(_, next)| next.is_ascii() && *next != '\0') {
                    Some((_, escaped)) => address.push(escaped),
                    None => address.push(c),
                },
                c => address.push(c),
            }
        }
        Err(format!("Can't find end of {what} at byte offset {begin}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, want: &str, entities: &[(Type, usize, usize)]) -> Formatted {
        let got = read(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(got.text, want, "{text}");
        let bounds: Vec<_> =
            got.entities.iter().map(|e| (e.type_field, e.offset.into(), e.length.into())).collect();
        assert_eq!(bounds, entities, "{text}");
        got
    }

    #[test]
    fn marks_become_entities_at_utf16_offsets() {
        for (mark, kind) in [
            ("*", Type::Bold),
            ("_", Type::Italic),
            ("__", Type::Underline),
            ("~", Type::Strikethrough),
            ("||", Type::Spoiler),
            ("`", Type::Code),
            ("```", Type::Pre),
        ] {
            reads(&format!("🦆 {mark}🦆ж{mark}"), "🦆 🦆ж", &[(kind, 3, 3)]);
            // Two underscores are one mark, not two.
            if mark != "_" {
                reads(&format!("a{mark}{mark}"), "a", &[]);
            }
        }
        reads("_a__b___", "ab", &[(Type::Italic, 0, 2), (Type::Underline, 1, 1)]);
        reads("__a _b_ __", "a b ", &[(Type::Underline, 0, 4), (Type::Italic, 2, 1)]);
        reads(
            "*a _b ~c~_*",
            "a b c",
            &[(Type::Bold, 0, 5), (Type::Italic, 2, 3), (Type::Strikethrough, 4, 1)],
        );
    }

    #[test]
    fn escapes_are_undone_and_what_needs_none_is_kept() {
        reads(r"1\.0 \- \_a\_ \\ \", r"1.0 - _a_ \ \", &[]);
        reads(r"`a\`b*_[`", "a`b*_[", &[(Type::Code, 0, 6)]);
    }

    #[test]
    fn code_keeps_its_language_and_loses_one_line_end() {
        for text in ["```rust\nlet```", "```rust\r\nlet```", "```rust\n\rlet```"] {
            let code = reads(text, "let", &[(Type::Pre, 0, 3)]);
            assert_eq!(code.entities[0].language.as_deref(), Some("rust"));
        }
        reads("```rust\n\nlet```", "\nlet", &[(Type::Pre, 0, 4)]);
        reads("```\nlet```", "let", &[(Type::Pre, 0, 3)]);
        reads("```a```", "a", &[(Type::Pre, 0, 1)]);
    }

    #[test]
    fn links_and_emoji_carry_addresses() {
        let link = reads(r"[x](https://example.org/\)?a)", "x", &[(Type::TextLink, 0, 1)]);
        assert_eq!(link.entities[0].url.as_deref(), Some("https://example.org/)?a"));
        reads(r"[example\.org]", "example.org", &[(Type::TextLink, 0, 11)]);
        reads("[x](nonsense)", "x", &[]);
        reads("[](example.org)", "", &[]);
        reads("[x](tg://user?id=5)", "x", &[(Type::TextMention, 0, 1)]);
        let emoji =
            reads("![🦆](TG://EMoJI/?test=1&id=25#id=32)a", "🦆a", &[(Type::CustomEmoji, 0, 2)]);
        assert_eq!(emoji.entities[0].custom_emoji_id.as_deref(), Some("25"));
    }

    #[test]
    fn quotes_run_over_lines_and_end_where_the_marker_is_missing() {
        let quote = Type::Blockquote;
        reads(">a", "a", &[(quote, 0, 1)]);
        reads(">", "", &[]);
        reads("a\n>b\n>c\nd", "a\nb\nc\nd", &[(quote, 2, 4)]);
        reads("> \n> \n>", " \n \n", &[(quote, 0, 4)]);
        reads(">\n**>2", "\n2", &[(quote, 0, 1), (quote, 1, 1)]);
        reads(">\n\r>2", "\n\r2", &[(quote, 0, 1), (quote, 2, 1)]);
        reads(">**\n>2", "\n2", &[(quote, 0, 2)]);
        reads("*>a\n*", "a\n", &[(quote, 0, 2), (Type::Bold, 0, 2)]);
        reads(">*b\n>c*\nd", "b\nc\nd", &[(quote, 0, 4), (Type::Bold, 0, 3)]);
        reads("`>b\n>c`", ">b\n>c", &[(Type::Code, 0, 5)]);
        reads(">`b\n>c`\n>d\ne", "b\n>c\nd\ne", &[(quote, 0, 7), (Type::Code, 0, 4)]);
        let expandable = Type::ExpandableBlockquote;
        reads(">a\n>q||e||w||\nd", "a\nqew\nd", &[(expandable, 0, 6), (Type::Spoiler, 3, 1)]);
        reads(">a\r\n>b||\r\nd", "a\r\nb\r\nd", &[(expandable, 0, 6)]);
        reads(">q||e||\nd", "qe\nd", &[(quote, 0, 3), (Type::Spoiler, 1, 1)]);
        reads(">||", "", &[]);
    }

    #[test]
    fn reserved_characters_must_be_escaped() {
        for c in "]()>#+-=|{}.!".chars() {
            let want =
                format!("Character '{c}' is reserved and must be escaped with the preceding '\\'");
            assert_eq!(read(&format!("a{c}")), Err(want));
            reads(&format!("a\\{c}"), &format!("a{c}"), &[]);
        }
    }

    #[test]
    fn unended_marks_are_refused_with_their_byte_offset() {
        for (text, want) in [
            ("🦆 🦆_abc", "Can't find end of Italic entity at byte offset 9"),
            ("🦆 🦆_abc * d ", "Can't find end of Bold entity at byte offset 14"),
            ("🦆`", "Can't find end of Code entity at byte offset 4"),
            ("🦆```", "Can't find end of Pre entity at byte offset 4"),
            ("🦆```a", "Can't find end of Pre entity at byte offset 4"),
            ("🦆```a ", "Can't find end of PreCode entity at byte offset 4"),
            ("🦆__a_", "Can't find end of Italic entity at byte offset 7"),
            ("🦆_a__", "Can't find end of Underline entity at byte offset 6"),
            ("__a _b___", "Can't find end of Italic entity at byte offset 8"),
            ("🦆||a\\|", "Can't find end of Spoiler entity at byte offset 4"),
            ("[a](b\\)", "Can't find end of a URL at byte offset 4"),
            ("![a", "Can't find end of CustomEmoji entity at byte offset 0"),
            ("![a]", "Custom emoji entity must contain a tg://emoji URL"),
            ("![a](tg://emoji?id=1", "Can't find end of a custom emoji URL at byte offset 5"),
            ("![a](t://emoji?id=1)", "Custom emoji URL must have scheme tg"),
            ("![a](tg:emojis?id=1)", "Custom emoji URL must have host \"emoji\""),
            ("![a](tg://emoji?x=1#&id=2)", "Custom emoji URL must have an emoji identifier"),
            ("![a](tg://emoji?id=025)", "Invalid custom emoji identifier specified"),
            (">*b\n>c\nd*", "Can't find end of Bold entity at byte offset 1"),
            (">a||b\n||c", "Can't find end of Spoiler entity at byte offset 2"),
            (">\n*a*>2", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ] {
            assert_eq!(read(text), Err(want.into()), "{text}");
        }
    }
}
