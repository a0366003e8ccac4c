//! Text with entities, as Telegram's servers read and mend it.
//!
//! Offsets and lengths are UTF-16 code units everywhere. [`parse`] does what happens before the
//! chat is looked at (markup), [`mend`] what happens to every text (trimming, bounds, links and
//! commands that are found by themselves).

mod detect;
mod html;
mod markdown;
mod markdown_v2;
mod url;

use frankenstein::{
    ParseMode,
    types::{MessageEntity, MessageEntityType as Type},
};

pub(crate) use self::url::fixed as fixed_url;
use crate::reply::Refusal;

/// Most UTF-16 code units in a message.
pub(crate) const LONGEST_TEXT: usize = 4_096;
/// Most UTF-16 code units in a caption.
pub(crate) const LONGEST_CAPTION: usize = 1_024;
/// Most bytes of a text before it is parsed.
const MOST_BYTES: usize = 1 << 15;
/// Most entities that a message keeps.
const MOST_ENTITIES: usize = 100;

/// A text and what is special about parts of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Formatted {
    pub text: String,
    pub entities: Vec<MessageEntity>,
}

/// Reads markup, or takes the entities as they were given.
///
/// # Errors
/// 400 `can't parse entities: …` with the byte offset at which the markup broke.
pub(crate) fn parse(
    text: String,
    mode: Option<ParseMode>,
    entities: Option<Vec<MessageEntity>>,
) -> Result<Formatted, Refusal> {
    if text.len() > MOST_BYTES {
        return Err(Refusal::bad_request("Text is too long"));
    }
    if entities.iter().flatten().any(|entity| entity.type_field == Type::Unknown) {
        return Err(Refusal::bad_request("can't parse MessageEntity: Unsupported type specified"));
    }
    let read = match mode {
        None => return Ok(Formatted { text, entities: entities.unwrap_or_default() }),
        Some(ParseMode::Html) => html::read(&text),
        Some(ParseMode::MarkdownV2) => markdown_v2::read(&text),
        Some(_) => markdown::read(&text),
    };
    read.map_err(|why| Refusal::bad_request(format!("can't parse entities: {why}")))
}

/// Cleans and trims the text, holds the entities against it and adds those that Telegram finds by
/// itself.
///
/// # Errors
/// 400 for entities that reach beyond the text or cut a character, `empty` when nothing visible is
/// left and `too_long` when more than `longest` code units are.
pub(crate) fn mend(
    given: Formatted,
    longest: usize,
    empty: &str,
    too_long: &str,
) -> Result<Formatted, Refusal> {
    let mut out = given;
    check_bounds(&out)?;
    clean(&mut out);
    trim(&mut out);
    if !out.text.chars().any(is_visible) && !empty.is_empty() {
        return Err(Refusal::bad_request(empty));
    }
    if utf16_len(&out.text) > longest {
        return Err(Refusal::bad_request(too_long));
    }
    // What Telegram finds by itself is found by it alone, whatever the sender says.
    out.entities.retain(|entity| !is_automatic(entity.type_field));
    detect::add_to(&mut out);
    sort(&mut out.entities);
    out.entities.truncate(MOST_ENTITIES);
    Ok(out)
}

/// Length in UTF-16 code units.
pub(crate) fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// An entity without any of the optional fields.
fn entity(type_field: Type, offset: usize, length: usize) -> MessageEntity {
    // Texts are at most 2^15 bytes when they get here, so the numbers fit.
    let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    MessageEntity::builder()
        .type_field(type_field)
        .offset(short(offset))
        .length(short(length))
        .build()
}

fn check_bounds(given: &Formatted) -> Result<(), Refusal> {
    if given.entities.is_empty() {
        return Ok(());
    }
    let length = utf16_len(&given.text);
    let mut starts = vec![false; length + 1];
    starts[length] = true;
    let mut at = 0;
    for c in given.text.chars() {
        starts[at] = true;
        at += c.len_utf16();
    }
    for entity in &given.entities {
        let (from, to) =
            (usize::from(entity.offset), usize::from(entity.offset) + usize::from(entity.length));
        if from > length {
            let why = format!("Entity begins after the end of the text at UTF-16 offset {from}");
            return Err(Refusal::bad_request(why));
        }
        if to > length {
            let why = format!(
                "Entity beginning at UTF-16 offset {from} ends after the end of the text at UTF-16 offset {to}"
            );
            return Err(Refusal::bad_request(why));
        }
        for (offset, edge) in [(from, "begins"), (to, "ends")] {
            if !starts[offset] {
                let why = format!(
                    "Entity {edge} in a middle of a UTF-16 symbol at UTF-16 offset {offset}"
                );
                return Err(Refusal::bad_request(why));
            }
        }
    }
    Ok(())
}

/// Carriage returns vanish; other control characters become spaces.
fn clean(out: &mut Formatted) {
    if !out.text.contains(|c: char| c.is_ascii_control() && c != '\n') {
        return;
    }
    let mut cut = Vec::new();
    let mut at = 0;
    let mut clean = String::with_capacity(out.text.len());
    for c in out.text.chars() {
        match c {
            '\r' => cut.push(at),
            '\n' => clean.push('\n'),
            c if c.is_ascii_control() => clean.push(' '),
            c => clean.push(c),
        }
        at += c.len_utf16();
    }
    out.text = clean;
    let shifted = |offset: usize| offset - cut.partition_point(|&gone| gone < offset);
    reshape(&mut out.entities, |from, to| (shifted(from), shifted(to)));
}

fn trim(out: &mut Formatted) {
    let blank = [' ', '\n'];
    let without_end = out.text.trim_end_matches(blank);
    let trimmed = without_end.trim_start_matches(blank);
    if trimmed.len() == out.text.len() {
        return;
    }
    // Blanks are one code unit each.
    let front = without_end.len() - trimmed.len();
    let length = utf16_len(trimmed);
    reshape(&mut out.entities, |from, to| {
        (from.saturating_sub(front).min(length), to.saturating_sub(front).min(length))
    });
    out.text = trimmed.to_owned();
}

fn reshape(entities: &mut Vec<MessageEntity>, moved: impl Fn(usize, usize) -> (usize, usize)) {
    for entity in entities.iter_mut() {
        let from = usize::from(entity.offset);
        let (from, to) = moved(from, from + usize::from(entity.length));
        entity.offset = from as u16;
        entity.length = (to - from) as u16;
    }
    entities.retain(|entity| entity.length > 0);
}

/// Outer entities come before the inner ones that begin with them.
fn sort(entities: &mut Vec<MessageEntity>) {
    entities.retain(|entity| entity.length > 0);
    entities
        .sort_by_key(|entity| (entity.offset, u16::MAX - entity.length, rank(entity.type_field)));
}

/// The order of entities with the same bounds.
fn rank(kind: Type) -> u8 {
    match kind {
        Type::Blockquote | Type::ExpandableBlockquote => 0,
        Type::TextLink | Type::TextMention => 1,
        Type::Pre => 2,
        Type::Code => 3,
        Type::Bold => 4,
        Type::Italic => 5,
        Type::Underline => 6,
        Type::Strikethrough => 7,
        Type::Spoiler => 8,
        Type::CustomEmoji => 9,
        _ => 10,
    }
}

fn is_automatic(kind: Type) -> bool {
    matches!(
        kind,
        Type::Mention
            | Type::Hashtag
            | Type::Cashtag
            | Type::BotCommand
            | Type::Url
            | Type::Email
            | Type::PhoneNumber
    )
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str, entities: &[(Type, usize, usize)]) -> Result<Formatted, String> {
        let entities = entities.iter().map(|&(kind, from, len)| entity(kind, from, len)).collect();
        let given = Formatted { text: text.into(), entities };
        mend(given, 10, "empty", "long").map_err(|refusal| refusal.description.into_owned())
    }

    #[test]
    fn length_is_counted_in_utf16_after_trimming() {
        assert_eq!(mended(" \n0123456789\n ", &[]).map(|out| out.text), Ok("0123456789".into()));
        assert_eq!(mended("🦆🦆🦆🦆🦆", &[]).map(|out| out.text), Ok("🦆🦆🦆🦆🦆".into()));
        assert_eq!(mended("🦆🦆🦆🦆🦆.", &[]), Err("Bad Request: long".into()));
        for blank in ["", "  \n", "\u{200b}", "\u{feff} "] {
            assert_eq!(mended(blank, &[]), Err("Bad Request: empty".into()), "{blank:?}");
        }
    }

    #[test]
    fn entities_move_with_the_text_and_vanish_with_it() {
        let out =
            mended("  a\r\u{1}b ", &[(Type::Bold, 0, 3), (Type::Italic, 3, 3), (Type::Code, 6, 1)]);
        let out = out.expect("all is in bounds");
        assert_eq!(out.text, "a b");
        assert_eq!(out.entities, [entity(Type::Bold, 0, 1), entity(Type::Italic, 1, 2)]);
    }

    #[test]
    fn entities_beyond_the_text_or_inside_a_character_are_refused() {
        for (from, len, want) in [
            (
                0,
                4,
                "Bad Request: entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 4",
            ),
            (9, 1, "Bad Request: entity begins after the end of the text at UTF-16 offset 9"),
            (1, 2, "Bad Request: entity begins in a middle of a UTF-16 symbol at UTF-16 offset 1"),
            (0, 1, "Bad Request: entity ends in a middle of a UTF-16 symbol at UTF-16 offset 1"),
        ] {
            assert_eq!(mended("🦆a", &[(Type::Bold, from, len)]), Err(want.into()));
        }
    }
}
