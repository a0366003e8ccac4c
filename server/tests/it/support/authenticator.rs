//! An app that shows codes: RFC 6238 once more, without the product's library.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{Answer, Browser};

/// Seconds of a step.
const STEP: u64 = 30;
/// What must be left of a step for a test to begin in it.
const ROOM: u64 = 12;

/// An app with one account in it.
pub struct Authenticator {
    /// The key as the page showed it, without spaces.
    pub key: String,
    secret: Vec<u8>,
}

impl Authenticator {
    /// Sets up a second factor in `browser`. Gives the app, and the answer with the backup codes. The
    /// code of the previous step is used up, and that of the current one is not.
    pub async fn enrol(browser: &Browser) -> (Self, Answer) {
        browser.done("/account/two-factor/begin", &[]).await;
        let app = Self::of_page(&browser.get("/account/two-factor").await);
        wait_for_room().await;
        let code = app.code(-1);
        let codes = browser.post("/account/two-factor/confirm", &[("code", &code)]).await;
        assert_eq!(codes.status.as_u16(), 200, "{}", codes.gist());
        (app, codes)
    }

    /// Takes the key from the page that shows it.
    pub fn of_page(page: &Answer) -> Self {
        let key = page.body.split("<code>").nth(1).and_then(|rest| rest.split('<').next());
        let key = key.unwrap_or_else(|| panic!("no key in {}", page.gist())).replace(' ', "");
        let secret = base32(&key);
        assert_eq!(secret.len(), 20, "160 bits");
        Self { key, secret }
    }

    /// The secret's bytes.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The code of the step that lies `ahead` of the one that is now.
    pub fn code(&self, ahead: i64) -> String {
        let step = i64::try_from(now_secs() / STEP).expect("a step") + ahead;
        let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(&self.secret).expect("any length");
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let from = usize::from(hash[19] & 15);
        let four: [u8; 4] = hash[from..from + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }
}

/// The backup codes on the page that shows them.
pub fn backup_codes(page: &Answer) -> Vec<String> {
    let block = page.body.split("<code>").nth(1).and_then(|rest| rest.split('<').next());
    let codes: Vec<String> =
        block.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    assert_eq!(codes.len(), 8, "{}", page.gist());
    codes
}

/// Waits until the current step lasts for a while: what follows is not torn apart by the next one.
async fn wait_for_room() {
    let left = STEP - now_secs() % STEP;
    if left < ROOM {
        tokio::time::sleep(Duration::from_secs(left)).await;
    }
}

fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// RFC 4648, without padding.
pub fn base32(text: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for c in text.chars() {
        bits = bits << 5 | LETTERS.find(c).expect("base32") as u32;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}
