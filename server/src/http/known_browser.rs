//! The cookie by which a browser is known again in which somebody has signed in before.
//!
//! It opens nothing. Its owner has a bucket of their own for wrong passwords and a lane of their own
//! for hashing, so that a flood of strangers' tries shuts nobody out of their own account; and a
//! sign-in with a browser that does not know the person is told to them by mail.

use std::fmt::Write;

use axum::http::{HeaderMap, HeaderValue, header};
use contract::{auth::Admission, cx::KnownBrowser};
use domain::ids::UserId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

/// How long a browser is known after a sign-in, in seconds: 400 days, the most that browsers keep.
const LASTS: u32 = 400 * 24 * 60 * 60;
/// Most people that one browser is known to: a household, not a list to be filled.
const MOST_USERS: usize = 5;

/// Reads and writes the cookie.
pub struct KnownBrowsers {
    key: Zeroizing<[u8; 32]>,
    https: bool,
}

impl KnownBrowsers {
    /// Signs with `key`; `https` binds the cookie to the host.
    pub fn new(key: [u8; 32], https: bool) -> Self {
        Self { key: Zeroizing::new(key), https }
    }

    /// The cookie's name.
    pub const fn name(&self) -> &'static str {
        if self.https { "__Host-gannet-browser" } else { "gannet-browser" }
    }

    /// The browser that sent `headers`, if it carries a cookie that we have signed.
    pub fn read(&self, headers: &HeaderMap) -> Option<KnownBrowser> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.name()).then_some(value)
        });
        pairs.find_map(|value| self.parse(value))
    }

    /// The cookie that makes somebody known in the browser, beside those it knew before, for as long as
    /// their credentials are those of now.
    pub fn remember(&self, before: Option<&KnownBrowser>, who: Admission) -> HeaderValue {
        let mut browser = before.cloned().unwrap_or_else(|| KnownBrowser {
            id: Uuid::new_v4().simple().to_string(),
            users: Vec::new(),
        });
        browser.users.retain(|known| known.user != who.user);
        browser.users.insert(0, who);
        browser.users.truncate(MOST_USERS);

        let text = text(&browser);
        let (name, mac) = (self.name(), hex::encode(self.mac(&text).finalize().into_bytes()));
        let secure = if self.https { "; Secure" } else { "" };
        let cookie =
            format!("{name}={text}.{mac}; Path=/; Max-Age={LASTS}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&cookie).expect("hexadecimal digits and dots")
    }

    fn parse(&self, value: &str) -> Option<KnownBrowser> {
        let (text, mac) = value.rsplit_once('.')?;
        // Compares in constant time.
        self.mac(text).verify_slice(&hex::decode(mac).ok()?).ok()?;
        let mut parts = text.split('.');
        let id = Uuid::try_parse(parts.next()?).ok()?.simple().to_string();
        let admission = |part: &str| {
            let (user, epoch) = part.split_once('-')?;
            let user = UserId::from(Uuid::try_parse(user).ok()?);
            Some(Admission { user, epoch: epoch.parse().ok()? })
        };
        Some(KnownBrowser { id, users: parts.map(admission).collect::<Option<_>>()? })
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.key.as_slice())
            .expect("HMAC takes keys of any length");
        mac.update(text.as_bytes());
        mac
    }
}

/// The browser's id, and behind it those of its people with their epochs.
fn text(browser: &KnownBrowser) -> String {
    let mut text = browser.id.clone();
    for Admission { user, epoch } in &browser.users {
        write!(text, ".{}-{epoch}", user.as_uuid().simple()).expect("a String takes all text");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        let pair = cookie.split(';').next().expect("a pair");
        HeaderMap::from_iter([(header::COOKIE, format!("a=b; {pair}").parse().expect("a header"))])
    }

    fn user(n: u128) -> Admission {
        Admission { user: UserId::from(Uuid::from_u128(n)), epoch: 7 }
    }

    #[test]
    fn a_browser_is_known_to_those_who_signed_in_and_keeps_its_id() {
        let browsers = KnownBrowsers::new([1; 32], true);
        let first = browsers.remember(None, user(1));
        let first = first.to_str().expect("text");
        assert!(first.starts_with("__Host-gannet-browser="), "{first}");
        assert!(first.ends_with("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure"));
        let one = browsers.read(&headers(first)).expect("ours");
        assert!(one.knows(user(1)) && !one.knows(user(2)));
        assert!(!one.knows(Admission { epoch: 8, ..user(1) }), "with another password");

        let mut latest = one.clone();
        for n in (2..=6).chain([3]) {
            let cookie = browsers.remember(Some(&latest), user(n));
            latest = browsers.read(&headers(cookie.to_str().expect("text"))).expect("ours");
        }
        assert_eq!(latest.users, [3, 6, 5, 4, 2].map(user), "the latest five, each once");
        assert_eq!(latest.id, one.id);
    }

    #[test]
    fn nothing_that_we_have_not_signed_is_believed() {
        let browsers = KnownBrowsers::new([1; 32], false);
        let cookie = browsers.remember(None, user(1));
        let cookie = cookie.to_str().expect("text");
        let pair = cookie.split(';').next().expect("a pair");
        assert!(browsers.read(&headers(pair)).is_some());
        let other = KnownBrowsers::new([2; 32], false);
        assert!(other.read(&headers(pair)).is_none(), "another key");
        let simple = |who: Admission| who.user.as_uuid().simple().to_string();
        let (known, stranger) = (simple(user(1)), simple(user(2)));
        for forged in [
            pair.replace(&known, &stranger),
            pair.replace("-7.", "-8."),
            pair[..pair.len() - 1].to_owned(),
            pair.rsplit_once('.').expect("a signature").0.to_owned(),
            "gannet-browser=".to_owned(),
            "gannet-browser=....".to_owned(),
        ] {
            assert!(browsers.read(&headers(&forged)).is_none(), "{forged}");
        }
    }
}
