//! Entities that nobody marked: commands, mentions, tags, links and addresses of mail.
//!
//! Plainer than Telegram's own: whole words only, and links only with a scheme.

use frankenstein::types::MessageEntityType as Type;

use super::{Formatted, entity, utf16_len};

/// Adds what is found outside of code and links.
pub(super) fn add_to(out: &mut Formatted) {
    if !out.text.contains(['/', '@', '#', ':']) {
        return;
    }
    let mut found = Vec::new();
    let mut at = 0;
    for word in out.text.split_inclusive(char::is_whitespace) {
        if let Some((kind, skip, bytes)) = classify(word.trim_end_matches(char::is_whitespace)) {
            let offset = at + utf16_len(&word[..skip]);
            found.push(entity(kind, offset, utf16_len(&word[skip..skip + bytes])));
        }
        at += utf16_len(word);
    }
    let taken = |from: u16, to: u16| {
        let closed = [Type::Code, Type::Pre, Type::TextLink, Type::TextMention];
        let inside = out.entities.iter().filter(|entity| closed.contains(&entity.type_field));
        inside.into_iter().any(|entity| entity.offset < to && from < entity.offset + entity.length)
    };
    found.retain(|entity| !taken(entity.offset, entity.offset + entity.length));
    out.entities.extend(found);
}

/// What a word is, with the bytes before it that do not belong to it and its length in bytes.
fn classify(word: &str) -> Option<(Type, usize, usize)> {
    let skip = word.len() - word.trim_start_matches(['(', '"', '\'', '«']).len();
    let word = word[skip..].trim_end_matches(['.', ',', '!', '?', ')', '"', '\'', ';', ':', '»']);
    let name = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let kind = if let Some(command) = word.strip_prefix('/') {
        let (command, bot) = command.split_once('@').unwrap_or((command, "a_bot"));
        (name(command, 64) && name(bot, 32)).then_some(Type::BotCommand)
    } else if let Some(user) = word.strip_prefix('@') {
        (name(user, 32) && user.len() > 2).then_some(Type::Mention)
    } else if let Some(tag) = word.strip_prefix('#') {
        let letters = tag.chars().all(|c| c.is_alphanumeric() || c == '_')
            && tag.chars().any(char::is_alphabetic);
        letters.then_some(Type::Hashtag)
    } else if ["http://", "https://"].iter().any(|scheme| word.starts_with(scheme)) {
        super::url::fixed(word).is_some().then_some(Type::Url)
    } else {
        let (user, host) = word.split_once('@')?;
        let user_fits = user.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
            && !user.is_empty();
        let host_fits =
            host.split('.').all(|part| name(&part.replace('-', "x"), 63)) && host.contains('.');
        (user_fits && host_fits).then_some(Type::Email)
    };
    kind.map(|kind| (kind, skip, word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_they_look_like() {
        let cases = [
            ("/start", Some(Type::BotCommand)),
            ("/start@gannet_bot", Some(Type::BotCommand)),
            ("/", None),
            ("a/b", None),
            ("@gannet_bot,", Some(Type::Mention)),
            ("@a", None),
            ("#чайка!", Some(Type::Hashtag)),
            ("#1", None),
            ("(https://example.org/a?b)", Some(Type::Url)),
            ("https://", None),
            ("someone@example.org.", Some(Type::Email)),
            ("someone@", None),
        ];
        for (word, want) in cases {
            assert_eq!(classify(word).map(|(kind, ..)| kind), want, "{word}");
        }
    }

    #[test]
    fn code_and_links_are_left_alone_and_offsets_are_utf16() {
        let mut out =
            Formatted { text: "🦆 /a /b".into(), entities: vec![entity(Type::Code, 6, 2)] };
        add_to(&mut out);
        assert_eq!(out.entities, [entity(Type::Code, 6, 2), entity(Type::BotCommand, 3, 2)]);
    }
}
