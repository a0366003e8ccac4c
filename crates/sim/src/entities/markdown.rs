//! `parse_mode=Markdown`: the old kind, without nesting, which Telegram still reads.

use frankenstein::types::{MessageEntity, MessageEntityType as Type};

use super::{Formatted, entity, url, utf16_len};

/// Takes the marks out of `text`.
///
/// # Errors
/// Telegram's description, with a byte offset into `text`.
pub(super) fn read(text: &str) -> Result<Formatted, String> {
    let mut out = Formatted { text: String::with_capacity(text.len()), entities: Vec::new() };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c == '\\' && rest[1..].starts_with(['_', '*', '`', '[']) {
            out.text.push_str(&rest[1..2]);
            at += 2;
        } else if matches!(c, '_' | '*' | '`' | '[') {
            at += marked(&mut out, rest).ok_or_else(|| {
                format!("Can't find end of the entity starting at byte offset {at}")
            })?;
        } else {
            out.text.push(c);
            at += c.len_utf8();
        }
    }
    Ok(out)
}

/// Reads one marked part at the beginning of `rest`. Answers its length in bytes, or `None` when it
/// does not end.
fn marked(out: &mut Formatted, rest: &str) -> Option<usize> {
    let (mark, end, kind) = match rest.as_bytes()[0] {
        b'_' => ("_", "_", Type::Italic),
        b'*' => ("*", "*", Type::Bold),
        b'[' => ("[", "]", Type::TextLink),
        _ if rest.starts_with("```") => ("```", "```", Type::Pre),
        _ => ("`", "`", Type::Code),
    };
    let inside = &rest[mark.len()..];
    let length = inside.find(end)?;
    let mut inside = &inside[..length];
    let mut read = mark.len() + length + end.len();
    let mut language = None;
    if kind == Type::Pre {
        (language, inside) = language_of(inside);
    }
    let offset = utf16_len(&out.text);
    let length = utf16_len(inside);
    out.text.push_str(inside);
    let found: Option<MessageEntity> = if kind == Type::TextLink {
        let mut address = inside;
        if let Some(link) = rest[read..].strip_prefix('(') {
            let end = link.find(')')?;
            address = &link[..end];
            read += end + 2;
        }
        url::link(address, offset, length)
    } else {
        let mut found = entity(kind, offset, length);
        found.language = language;
        Some(found)
    };
    out.entities.extend(found.filter(|_| length > 0));
    Some(read)
}

/// A word right behind three backticks and before a line's end is the language.
fn language_of(inside: &str) -> (Option<String>, &str) {
    match inside.split_once('\n') {
        Some(("", code)) => (None, code),
        Some((word, code)) if !word.contains(char::is_whitespace) => (Some(word.to_owned()), code),
        _ => (None, inside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_do_not_nest() {
        let got = read("*a_b* _c_ `*` [x](example.org) \\_").expect("the markup is sound");
        assert_eq!(got.text, "a_b c * x _");
        let kinds: Vec<_> =
            got.entities.iter().map(|e| (e.type_field, e.offset, e.length)).collect();
        assert_eq!(
            kinds,
            [(Type::Bold, 0, 3), (Type::Italic, 4, 1), (Type::Code, 6, 1), (Type::TextLink, 8, 1)]
        );
    }

    #[test]
    fn an_unended_mark_is_refused() {
        assert_eq!(
            read("a *b"),
            Err("Can't find end of the entity starting at byte offset 2".into())
        );
        assert_eq!(
            read("[a](b"),
            Err("Can't find end of the entity starting at byte offset 0".into())
        );
    }
}
