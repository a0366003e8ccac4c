//! The light markup that owners write in: what Telegram's own apps understand while typing.
//!
//! `**bold**`, `__italic__`, `~~strike~~`, `||spoiler||`, `` `code` ``, a block between lines of
//! three backticks, `[words](https://…)`, and `> ` before the lines of a quotation. A backslash takes
//! the meaning from the sign behind it. A sign without its partner is just a sign: nothing that is
//! typed is an error, and nothing disappears.

use crate::text::{Entity, Message, Style};

/// Signs that stand on both sides of what they style.
const PAIRS: [(&str, Style); 4] = [
    ("**", Style::Bold),
    ("__", Style::Italic),
    ("~~", Style::Strikethrough),
    ("||", Style::Spoiler),
];

/// Longest address of a link, in characters; also what keeps the search for its end short.
const MAX_URL: usize = 2_048;

const FENCE: &str = "```";
const QUOTE: &str = "> ";

/// The message that `source` stands for. Always succeeds; see [`Message::check`] for what can be sent.
pub fn parse(source: &str) -> Message {
    let source = source.replace("\r\n", "\n");
    let mut out = Out::default();
    blocks(source.trim(), &mut out);
    // What encloses is recorded after what it encloses; reversed, a stable sort keeps it before.
    out.message.entities.reverse();
    out.message.entities.sort_by_key(|e| (e.offset, usize::MAX - e.length));
    out.message
}

/// The message under construction; keeps count of UTF-16 units, so that offsets cost nothing.
#[derive(Default)]
struct Out {
    message: Message,
    units: usize,
}

impl Out {
    fn push(&mut self, c: char) {
        self.message.text.push(c);
        self.units += c.len_utf16();
    }

    fn push_str(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c));
    }

    fn styled(&mut self, style: Style, inner: impl FnOnce(&mut Self)) {
        let offset = self.units;
        inner(self);
        let length = self.units - offset;
        if length > 0 {
            self.message.entities.push(Entity { style, offset, length });
        }
    }
}

/// Splits off fenced blocks and quotations; the rest is inline text.
fn blocks(source: &str, out: &mut Out) {
    let mut rest = source;
    while !rest.is_empty() {
        if let Some((code, after)) = fenced(rest) {
            out.styled(Style::Pre, |out| out.push_str(code));
            rest = newline(after, out);
        } else if rest.starts_with(QUOTE) {
            let (quoted, after) = quotation(rest);
            out.styled(Style::Blockquote, |out| inline(&quoted, 0, out));
            rest = newline(after, out);
        } else {
            let end = paragraph_end(rest);
            inline(&rest[..end], 0, out);
            rest = &rest[end..];
        }
    }
}

/// Where ordinary text ends: before the next line that begins a block.
fn paragraph_end(source: &str) -> usize {
    source
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .find(|&at| source[at..].starts_with(QUOTE) || source[at..].starts_with(FENCE))
        .unwrap_or(source.len())
}

fn newline<'s>(after: &'s str, out: &mut Out) -> &'s str {
    match after.strip_prefix('\n') {
        Some(rest) => {
            out.push('\n');
            rest
        }
        None => after,
    }
}

/// What stands between a fence at the very beginning and the next one, and what follows.
fn fenced(source: &str) -> Option<(&str, &str)> {
    let body = source.strip_prefix(FENCE)?;
    let (code, after) = body.split_once(FENCE)?;
    // The name of a language on the opening line is for editors; Telegram's apps show it apart.
    let code = match code.split_once('\n') {
        Some((first, rest)) if first.chars().all(|c| c.is_ascii_alphanumeric()) => rest,
        _ => code,
    };
    let code = code.strip_suffix('\n').unwrap_or(code);
    (!code.is_empty()).then_some((code, after))
}

fn quotation(source: &str) -> (String, &str) {
    let mut rest = source;
    let mut lines = Vec::new();
    while let Some(body) = rest.strip_prefix(QUOTE) {
        let end = body.find('\n').unwrap_or(body.len());
        lines.push(&body[..end]);
        rest = &body[end..];
        match rest.strip_prefix('\n') {
            Some(next) if next.starts_with(QUOTE) => rest = next,
            _ => break,
        }
    }
    (lines.join("\n"), rest)
}

/// Inline text. `open` has a bit for each pair that encloses it, so that none opens inside itself;
/// with that, recursion is at most as deep as there are pairs (and one link).
fn inline(source: &str, open: u8, out: &mut Out) {
    const IN_LINK: u8 = 1 << PAIRS.len();
    // A sign that found no partner once has none further on either; not looking again keeps hostile
    // input linear.
    let mut lonely = open;
    let mut rest = source;

    'chars: while let Some(c) = rest.chars().next() {
        if let Some(escaped) = rest.strip_prefix('\\').and_then(|after| after.chars().next())
            && escaped.is_ascii_punctuation()
        {
            out.push(escaped);
            rest = &rest[1 + escaped.len_utf8()..];
            continue;
        }
        if let Some((code, after)) = rest.strip_prefix('`').and_then(|body| body.split_once('`'))
            && !code.is_empty()
        {
            out.styled(Style::Code, |out| out.push_str(code));
            rest = after;
            continue;
        }
        if c == '['
            && open & IN_LINK == 0
            && let Some((words, url, after)) = link(rest)
        {
            out.styled(Style::TextLink { url: url.to_owned() }, |out| {
                inline(words, open | IN_LINK, out)
            });
            rest = after;
            continue;
        }
        for (bit, (sign, style)) in PAIRS.iter().enumerate() {
            let Some(body) = rest.strip_prefix(sign) else { continue };
            if lonely & (1 << bit) != 0 {
                continue;
            }
            match closing(body, sign) {
                Some(end) if end > 0 => {
                    out.styled(style.clone(), |out| inline(&body[..end], open | 1 << bit, out));
                    rest = &body[end + sign.len()..];
                    continue 'chars;
                }
                Some(_) => {}
                None => lonely |= 1 << bit,
            }
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
}

/// Where `sign` stands next, code and escaped signs left aside.
fn closing(source: &str, sign: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        if source[at..].starts_with(sign) {
            return Some(at);
        }
        at += c.len_utf8();
        match c {
            '\\' => at += source[at..].chars().next().map_or(0, char::len_utf8),
            '`' => at += source[at..].find('`').map_or(0, |end| end + 1),
            _ => {}
        }
    }
    None
}

/// `[words](url)` at the very beginning, for an address that Telegram opens.
fn link(source: &str) -> Option<(&str, &str, &str)> {
    let end = source[1..].find(['[', ']', '\n']).map(|at| at + 1)?;
    let (words, target) = (&source[1..end], source[end..].strip_prefix("](")?);
    let close = target
        .char_indices()
        .take(MAX_URL)
        .find(|&(_, c)| matches!(c, ')' | '\n' | ' '))
        .map(|(at, _)| at)?;
    let (url, after) = (&target[..close], target[close..].strip_prefix(')')?);
    let known = ["https://", "http://", "tg://"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
            && url.len() > scheme.len()
    });
    (known && !words.is_empty() && !url.chars().any(char::is_control))
        .then_some((words, url, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::units;

    /// The message as text with its styles in brackets, which a person can check.
    fn shown(source: &str) -> String {
        parse(source)
            .runs()
            .into_iter()
            .map(|run| match run.styles.as_slice() {
                [] => run.text,
                styles => {
                    let names: Vec<String> = styles
                        .iter()
                        .map(|style| match style {
                            Style::TextLink { url } => url.clone(),
                            style => format!("{style:?}").to_lowercase(),
                        })
                        .collect();
                    format!("<{}:{}>", names.join("+"), run.text)
                }
            })
            .collect()
    }

    #[test]
    fn each_sign_styles_what_it_encloses() {
        let cases = [
            ("plain", "plain"),
            ("a **b** c", "a <bold:b> c"),
            ("__a__ ~~b~~ ||c||", "<italic:a> <strikethrough:b> <spoiler:c>"),
            ("`a **b**`", "<code:a **b**>"),
            ("**a __b__ c**", "<bold:a ><bold+italic:b><bold: c>"),
            (
                "see [our shop](https://shop.example/a?b=1)!",
                "see <https://shop.example/a?b=1:our shop>!",
            ),
            ("[**x**](https://a.example)", "<https://a.example+bold:x>"),
            ("```\nlet x;\n```", "<pre:let x;>"),
            ("```rust\nlet x;\n```\nafter", "<pre:let x;>\nafter"),
            ("> a\n> **b**\nc", "<blockquote:a\n><blockquote+bold:b>\nc"),
            ("before\n> a", "before\n<blockquote:a>"),
        ];
        for (source, want) in cases {
            assert_eq!(shown(source), want, "{source:?}");
        }
    }

    #[test]
    fn a_sign_without_partner_is_a_sign() {
        for source in [
            "2 ** 3",
            "a**",
            "****",
            "__init",
            "`",
            "``",
            "[a](b)",
            "[a](javascript:alert(1))",
            "[](https://a.example)",
            "[a](https://)",
            "[a] (https://a.example)",
            "a | b || c",
            "\\",
            "a > b",
            "```",
            "[a\nb](https://a.example)",
        ] {
            let message = parse(source);
            assert_eq!(message.text, source, "{source:?}");
            assert!(
                message.entities.iter().all(|e| e.style == Style::Code),
                "{source:?} {message:?}"
            );
        }
    }

    #[test]
    fn a_backslash_takes_the_meaning_away() {
        let cases = [
            (r"\*\*a\*\*", "**a**"),
            (r"**a\** b**", "<bold:a** b>"),
            (r"a\b", r"a\b"),
            (r"\\", r"\"),
            (r"\[a](https://a.example)", "[a](https://a.example)"),
        ];
        for (source, want) in cases {
            assert_eq!(shown(source), want, "{source:?}");
        }
    }

    #[test]
    fn offsets_are_utf16_and_spaces_around_are_dropped() {
        let message = parse("  😀 **жук**  \n");
        assert_eq!(message.text, "😀 жук");
        assert_eq!(message.entities, [Entity { style: Style::Bold, offset: 3, length: 3 }]);
    }

    #[test]
    fn hostile_input_stays_linear_and_within_bounds() {
        for sign in ["**", "__", "[", "`", "||", "> ", "\\", "[a](", "**__~~||", "```"] {
            let source = sign.repeat(20_000 / sign.len());
            let message = parse(&source);
            let all = units(&message.text);
            assert!(
                message.entities.iter().all(|e| e.length > 0 && e.offset + e.length <= all),
                "{sign}"
            );
        }
    }
}
