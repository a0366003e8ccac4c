//! Signatures of events: `Stripe-Signature: t=…,v1=…`.
//!
//! <https://docs.stripe.com/webhooks#verify-manually>: HMAC-SHA256 under the endpoint's secret over
//! the time, a full stop and the body. While a secret is rolled there is a `v1` for each.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A secret of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Secret {
    /// `whsec_…`: as it stands, the key.
    pub text: String,
    /// When it stops signing, seconds since the Unix epoch; never when none.
    pub until: Option<i64>,
}

/// The header for `body`, signed at `at` (seconds since the Unix epoch) under each secret.
pub fn signature_header(secrets: &[&str], at: i64, body: &[u8]) -> String {
    let mut header = format!("t={at}");
    for secret in secrets {
        header += &format!(",v1={}", v1(secret, at, body));
    }
    header
}

fn v1(secret: &str, at: i64, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(at.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}
