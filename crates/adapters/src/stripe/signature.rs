//! `Stripe-Signature`: who sent an event.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use zeroize::Zeroizing;

/// How far the clock of whoever signed may be from ours, in seconds, to either side. Stripe's own libraries
/// take as much, to one side.
pub const TOLERANCE_SECS: i64 = 300;
/// Most secrets there are at a time: the one and, while it is exchanged, the next.
pub const MOST_SECRETS: usize = 2;
/// Most signatures of one scheme that are looked at.
const MOST_SIGNATURES: usize = 16;

/// The signing secrets of our endpoint: `whsec_…`, one or two.
#[derive(Clone)]
pub struct Secrets(Vec<Zeroizing<String>>);

/// Why an event is not Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// The header does not say when, or has no `v1`.
    #[error("the signature has no time or no v1")]
    Malformed,
    /// It was signed at another time.
    #[error("it was signed more than {TOLERANCE_SECS} s ago, or ahead")]
    OutOfTime,
    /// None of the signatures is made with a secret of ours over this body.
    #[error("no signature fits")]
    Wrong,
}

impl Secrets {
    /// Reads `whsec_…[,whsec_…]`. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let secrets: Vec<_> = text.split(',').map(str::trim).collect();
        let fits = |secret: &&str| {
            let rest = secret.strip_prefix("whsec_").unwrap_or_default();
            rest.len() >= 16 && rest.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let all = secrets.len() <= MOST_SECRETS && secrets.iter().all(fits);
        all.then(|| Self(secrets.into_iter().map(|one| Zeroizing::new(one.to_owned())).collect()))
    }

    /// Whether `header` signs the bytes of `body`, at about `now`.
    ///
    /// # Errors
    /// Why not.
    pub fn verify(&self, header: &str, body: &[u8], now: Timestamp) -> Result<(), BadSignature> {
        let (mut time, mut signatures) = (None, Vec::new());
        for (name, value) in header.split(',').filter_map(|part| part.trim().split_once('=')) {
            match name {
                // Of two times it could not be said which was signed.
                "t" if time.is_some() => return Err(BadSignature::Malformed),
                "t" => time = Some(value),
                "v1" if signatures.len() < MOST_SIGNATURES => signatures.push(value),
                // Other schemes prove nothing: `v0` is signed with a secret that is not one.
                _ => {}
            }
        }
        let time = time.ok_or(BadSignature::Malformed)?;
        let secs: i64 = time.parse().map_err(|_| BadSignature::Malformed)?;
        if signatures.is_empty() {
            return Err(BadSignature::Malformed);
        }
        if now.as_second().abs_diff(secs) > TOLERANCE_SECS.unsigned_abs() {
            return Err(BadSignature::OutOfTime);
        }
        let signatures: Vec<_> =
            signatures.iter().filter_map(|hex| hex::decode(hex).ok()).collect();
        let fits = self.0.iter().any(|secret| {
            signatures.iter().any(|signature| {
                let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
                    return false;
                };
                let mac = mac.chain_update(time.as_bytes()).chain_update(b".").chain_update(body);
                // Takes as long for every signature of this length.
                mac.verify_slice(signature).is_ok()
            })
        });
        if fits { Ok(()) } else { Err(BadSignature::Wrong) }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}
