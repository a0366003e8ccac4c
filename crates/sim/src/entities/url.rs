//! Which addresses a link may have.

use frankenstein::types::{MessageEntity, MessageEntityType as Type, User};

use super::entity;

/// The entity for a link over this part of the text; none when Telegram would not make it a link.
pub(super) fn link(address: &str, offset: usize, length: usize) -> Option<MessageEntity> {
    if let Some(user) = user_link(address) {
        let mut mention = entity(Type::TextMention, offset, length);
        mention.user = Some(User::builder().id(user).is_bot(false).first_name("").build());
        return Some(mention);
    }
    let mut link = entity(Type::TextLink, offset, length);
    link.url = Some(fixed(address)?);
    Some(link)
}

/// The address as Telegram keeps it: with a scheme and a path. `None` for what is no address.
pub(crate) fn fixed(address: &str) -> Option<String> {
    let address = address.trim();
    let lower = address.to_ascii_lowercase();
    let own_scheme = ["tg:", "ton:", "tonsite:"].iter().any(|scheme| lower.starts_with(scheme));
    if own_scheme {
        return ::url::Url::parse(address).ok().map(String::from);
    }
    let has_scheme = lower.starts_with("http://") || lower.starts_with("https://");
    let full = if has_scheme { address.to_owned() } else { format!("http://{address}") };
    let url = ::url::Url::parse(&full).ok()?;
    let host = url.host_str()?;
    let named = host.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && top.len() >= 2);
    let numbered = matches!(url.host(), Some(::url::Host::Ipv4(_) | ::url::Host::Ipv6(_)));
    (named || numbered).then(|| url.into())
}

/// The number in `tg://user?id=…`.
fn user_link(address: &str) -> Option<u64> {
    let url = ::url::Url::parse(address).ok().filter(|url| url.scheme() == "tg")?;
    let place = url.host_str().map_or(url.path(), |host| host).trim_matches('/');
    (place == "user").then_some(())?;
    let (_, id) = url.query_pairs().find(|(name, _)| name == "id")?;
    id.parse().ok()
}

/// The number in `tg://emoji?id=…`.
///
/// # Errors
/// Telegram's words for what is wrong with the address.
pub(super) fn custom_emoji(address: &str) -> Result<String, String> {
    let lower = address.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("tg:") else {
        return Err("Custom emoji URL must have scheme tg".into());
    };
    let rest = rest.trim_start_matches('/');
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if &rest[..host_end] != "emoji" {
        return Err("Custom emoji URL must have host \"emoji\"".into());
    }
    let before_fragment = rest.split('#').next().unwrap_or_default();
    let query = before_fragment.split_once('?').map_or("", |(_, query)| query);
    let id = ::url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "id");
    let Some((_, id)) = id else {
        return Err("Custom emoji URL must have an emoji identifier".into());
    };
    custom_emoji_id(&id)
}

/// A custom emoji's number as text.
///
/// # Errors
/// Telegram's words for what is no such number.
pub(super) fn custom_emoji_id(id: &str) -> Result<String, String> {
    match id.parse::<i64>() {
        Ok(number) if number != 0 && number.to_string() == id => Ok(id.to_owned()),
        _ => Err("Invalid custom emoji identifier specified".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed_or_dropped() {
        for (given, want) in [
            ("example.org", Some("http://example.org/")),
            ("https://example.org?a=1#b", Some("https://example.org/?a=1#b")),
            ("http://127.0.0.1:3000/x", Some("http://127.0.0.1:3000/x")),
            ("tg://resolve?domain=x", Some("tg://resolve?domain=x")),
            ("localhost", None),
            ("javascript:alert(1)", None),
            ("", None),
        ] {
            assert_eq!(fixed(given).as_deref(), want, "{given}");
        }
        assert_eq!(user_link("tg://user?id=12"), Some(12));
        assert_eq!(user_link("tg:user?id=12"), Some(12));
        assert_eq!(user_link("https://example.org/user?id=12"), None);
    }
}
