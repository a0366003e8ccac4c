//! A bot's token, and how to find one in what people paste.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use domain::ids::TelegramBotId;
use zeroize::Zeroizing;

/// How many digits the bot's number may have.
const NUMBER: Range<usize> = 5..21;
/// How many characters the secret after the colon may have.
const SECRET: Range<usize> = 30..65;

/// The token BotFather gave out: `<number>:<secret>`. Whoever has it is the bot.
///
/// No `Display`; `Debug` shows the number alone. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct BotToken {
    text: Zeroizing<String>,
    telegram_id: TelegramBotId,
}

impl BotToken {
    /// Takes a token and nothing else: 5 to 20 digits, a colon, 30 to 64 of `A-Z a-z 0-9 _ -`.
    ///
    /// # Errors
    /// [`NoToken::Missing`] for any other text, also with space around it.
    pub fn parse(text: &str) -> Result<Self, NoToken> {
        match next(text, SECRET) {
            Some(range) if range == (0..text.len()) => Self::known(text),
            _ => Err(NoToken::Missing),
        }
    }

    /// Finds the token in BotFather's whole message, a URL, or a line with words around it.
    ///
    /// # Errors
    /// [`NoToken::Missing`], or [`NoToken::Several`] when there are two different ones.
    pub fn find_in(text: &str) -> Result<Self, NoToken> {
        let mut found: Option<&str> = None;
        let mut rest = text;
        while let Some(range) = next(rest, SECRET) {
            let token = &rest[range.clone()];
            if found.is_some_and(|first| first != token) {
                return Err(NoToken::Several);
            }
            found = Some(token);
            rest = &rest[range.end..];
        }
        Self::known(found.ok_or(NoToken::Missing)?)
    }

    /// A text of the right form; only its number is still to be judged.
    fn known(text: &str) -> Result<Self, NoToken> {
        let (number, _) = text.split_once(':').ok_or(NoToken::Missing)?;
        // Twenty digits may be more than a number can be.
        let telegram_id = number.parse().map_err(|_| NoToken::Missing)?;
        Ok(Self { text: Zeroizing::new(text.to_owned()), telegram_id })
    }

    /// Telegram's number of the bot.
    pub fn telegram_id(&self) -> TelegramBotId {
        self.telegram_id
    }

    /// The last four characters: enough for the owner to tell two tokens apart.
    pub fn last4(&self) -> &str {
        &self.text[self.text.len() - 4..]
    }

    /// The token itself: to seal it, or to sign with it.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for BotToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BotToken({}:…)", self.telegram_id)
    }
}

/// Why there is no token in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// Nothing in it has the form of a token.
    #[error("there is no bot token in this text")]
    Missing,
    /// Several tokens, and no telling which one is meant.
    #[error("there is more than one bot token in this text")]
    Several,
}

/// The text with the secret of every token in it replaced by `…`.
pub fn redact(text: &str) -> Cow<'_, str> {
    /// Half a secret is one too: a text may have been cut, or a token be of another make.
    const PERHAPS: Range<usize> = 12..usize::MAX;

    let mut out = String::new();
    let mut rest = text;
    while let Some(range) = next(rest, PERHAPS) {
        let colon = rest[range.clone()].find(':').map_or(range.end, |at| range.start + at + 1);
        out.push_str(&rest[..colon]);
        out.push('…');
        rest = &rest[range.end..];
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Where the first stretch of `text` is that has the form of a token, with a secret of such a length.
/// The digits and the secret reach as far as they can, so a stretch is never part of a longer one.
fn next(text: &str, secret: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b':').find_map(|(colon, _)| {
        let digits = bytes[..colon].iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let letters = bytes[colon + 1..].iter().take_while(|b| is_secret(**b)).count();
        let fits = NUMBER.contains(&digits) && secret.contains(&letters);
        fits.then(|| colon - digits..colon + 1 + letters)
    })
}

fn is_secret(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "123456:TEST-not_a_token-TEST-not_a_token-x";

    #[test]
    fn a_token_has_one_form() {
        let secret = "TEST-0123456789-0123456789-0123";
        assert_eq!(secret.len(), 31);
        let good = [
            TOKEN.to_owned(),
            format!("12345:{}", &secret[1..]),
            format!("1234567890123456789:{}", secret.repeat(2)),
        ];
        for text in good {
            let token = BotToken::parse(&text).unwrap();
            assert_eq!(token.expose(), text);
            assert!(text.starts_with(&token.telegram_id().to_string()));
        }
        let bad = [
            String::new(),
            format!(" {TOKEN}"),
            format!("{TOKEN}\n"),
            format!("bot{TOKEN}"),
            TOKEN.replace(':', "-"),
            TOKEN.replace("TEST", "TÉST"),
            format!("1234:{secret}"),
            format!("99999999999999999999:{secret}"), // more than 63 bits
            format!("123456789012345678901:{secret}"),
            format!("12345:{}", &secret[2..]),
            format!("12345:{secret}{secret}xyz"),
        ];
        for text in bad {
            assert_eq!(BotToken::parse(&text), Err(NoToken::Missing), "{text}");
        }
    }

    #[test]
    fn it_is_found_in_what_people_paste() {
        let botfather = format!(
            "Done! Congratulations on your new bot. You will find it at t.me/gannet_test_bot. You \
             can now add a description: see /help.\n\nUse this token to access the HTTP API:\n\
             {TOKEN}\nKeep your token secure and store it safely, it can be used by anyone to \
             control your bot.\n\nFor a description of the Bot API, see this page: \
             https://core.telegram.org/bots/api"
        );
        let texts = [
            botfather.as_str(),
            TOKEN,
            &format!("  `{TOKEN}`  "),
            &format!("https://api.telegram.org/bot{TOKEN}/getMe"),
            &format!("12:30 token:{TOKEN}. Again: {TOKEN}"),
        ];
        for text in texts {
            assert_eq!(BotToken::find_in(text).unwrap().expose(), TOKEN, "{text}");
        }
        assert_eq!(BotToken::find_in("no token here: 12:30"), Err(NoToken::Missing));
        let two = format!("{TOKEN} {}", TOKEN.replace("x", "y"));
        assert_eq!(BotToken::find_in(&two), Err(NoToken::Several));
    }

    #[test]
    fn it_shows_its_number_and_its_last_four() {
        let token = BotToken::parse(TOKEN).unwrap();
        assert_eq!(format!("{token:?}"), "BotToken(123456:…)");
        assert_eq!(token.last4(), "en-x");
    }

    #[test]
    fn texts_from_elsewhere_lose_their_tokens() {
        let text = format!("GET http://x/bot{TOKEN}/getMe: {TOKEN}! at 12:30");
        assert_eq!(redact(&text), "GET http://x/bot123456:…/getMe: 123456:…! at 12:30");
        assert_eq!(redact(&text[..40]), "GET http://x/bot123456:…");
        assert_eq!(redact("nothing to hide"), "nothing to hide");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_no_secret_stays(before in ".*", after in ".*") {
            let text = format!("{before} {TOKEN} {after}");
            let _ = BotToken::find_in(&text);
            prop_assert!(!redact(&text).contains(&TOKEN[7..]));
        }
    }
}
