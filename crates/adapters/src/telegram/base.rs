//! Where a Bot API lives, and who calls it.

use std::fmt;
use std::sync::Arc;

use url::{Host, Url};

use super::BotToken;

/// Address of a Bot API server, without a slash at its end: `https://api.telegram.org`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiBase(Arc<str>);

impl ApiBase {
    /// Telegram's own server.
    pub fn telegram() -> Self {
        Self("https://api.telegram.org".into())
    }

    /// Takes `https://host[:port][/path]`, or `http://…` for a server of one's own.
    ///
    /// # Errors
    /// [`BadBase`] says which part does not belong there.
    pub fn parse(text: &str) -> Result<Self, BadBase> {
        let url = Url::parse(text.trim()).map_err(|_| BadBase::NoUrl)?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(BadBase::NoUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadBase::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BadBase::Query);
        }
        let base = url.as_str().trim_end_matches('/');
        // Two crates, two opinions on what a path may hold: both must agree.
        http::Uri::try_from(format!("{base}/bot1:x/getMe")).map_err(|_| BadBase::NoUrl)?;
        Ok(Self(base.into()))
    }

    /// Whether tokens and texts would cross a network unencrypted: plain http to another machine.
    pub fn is_in_the_clear(&self) -> bool {
        let loopback = |url: &Url| match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
            None => false,
        };
        Url::parse(&self.0).is_ok_and(|url| url.scheme() == "http" && !loopback(&url))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiBase({})", self.0)
    }
}

/// Why a text is no address of a Bot API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBase {
    /// Not `http` or `https`, or no host.
    #[error("must be an http or https address, such as https://api.telegram.org")]
    NoUrl,
    /// A user name or password before the host.
    #[error("must not have a user name or password in it")]
    UserInfo,
    /// A question mark or `#`.
    #[error("must end with its path: no ? and no #")]
    Query,
}

/// A bot as its Bot API server knows it: where to call, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The server.
    pub api: ApiBase,
    /// The bot's token.
    pub token: BotToken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_an_address_and_nothing_else() {
        let good = [
            ("https://api.telegram.org", "https://api.telegram.org"),
            (" http://127.0.0.1:8081/ ", "http://127.0.0.1:8081"),
            ("https://example.org/telegram/", "https://example.org/telegram"),
        ];
        for (text, want) in good {
            assert_eq!(ApiBase::parse(text).unwrap().as_str(), want);
        }
        let bad = [
            ("", BadBase::NoUrl),
            ("api.telegram.org", BadBase::NoUrl),
            ("ftp://example.org", BadBase::NoUrl),
            ("https://exa mple.org", BadBase::NoUrl),
            ("https://user@example.org", BadBase::UserInfo),
            ("https://:pass@example.org", BadBase::UserInfo),
            ("https://example.org/?a=b", BadBase::Query),
            ("https://example.org/#a", BadBase::Query),
        ];
        for (text, want) in bad {
            assert_eq!(ApiBase::parse(text), Err(want), "{text}");
        }
    }

    #[test]
    fn whatever_is_taken_makes_an_address() {
        for odd in ["|", "^", "{}", "`", "é", "%zz", "\\", "\"", "<", "[", "a b"] {
            if let Ok(base) = ApiBase::parse(&format!("https://example.org/{odd}")) {
                let uri = http::Uri::try_from(format!("{}/bot1:x/getMe", base.as_str()));
                assert!(uri.is_ok(), "{odd}");
            }
        }
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        let cases = [
            ("https://api.telegram.org", false),
            ("http://localhost:8081", false),
            ("http://127.8.8.8:8081", false),
            ("http://[::1]:8081", false),
            ("http://[::ffff:127.0.0.1]:8081", false),
            ("http://telegram-bot-api:8081", true),
            ("http://192.0.2.7", true),
        ];
        for (text, want) in cases {
            assert_eq!(ApiBase::parse(text).unwrap().is_in_the_clear(), want, "{text}");
        }
    }
}
