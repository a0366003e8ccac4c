//! What an authenticator app and we have in common: RFC 6238 with SHA-1, six digits, steps of 30 s.

use data_encoding::BASE32_NOPAD;
use domain::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::ServiceError;

/// Seconds of a step.
const STEP_SECS: u64 = 30;
/// Who the codes are for, as apps show it.
const ISSUER: &str = "Gannet";

/// 160 bits that an app and we share.
pub(super) struct Secret(Zeroizing<[u8; 20]>);

impl Secret {
    /// A secret that is as likely as any other.
    pub(super) fn fresh() -> Result<Self, ServiceError> {
        let mut bytes = Zeroizing::new([0; 20]);
        getrandom::fill(&mut bytes[..])
            .map_err(|err| ServiceError::bug("drawing a secret", err))?;
        Ok(Self(bytes))
    }

    /// What was sealed; none when it is no secret.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// What is to be sealed.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0[..]
    }

    /// The step whose code `digits` is: that of `now`, or the one before it.
    pub(super) fn step_of(&self, digits: &str, now: Timestamp) -> Option<i64> {
        let now = u64::try_from(now.as_second()).ok()?;
        let totp = self.totp();
        // Compares in constant time.
        let found =
            totp.check(digits, now).or_else(|| totp.check(digits, now.checked_sub(STEP_SECS)?));
        found.and_then(|step| i64::try_from(step).ok())
    }

    fn totp(&self) -> Totp {
        Builder::new()
            .with_secret(totp_rs::Secret::new_stack(*self.0))
            .with_step_duration(STEP_SECS)
            .with_skew(0)
            .build()
            .expect("160 bits, six digits and 30 seconds are what the RFC asks for")
    }

    /// Base32 in groups of four, to be typed.
    pub(super) fn key(&self) -> String {
        super::backup::in_groups(&BASE32_NOPAD.encode(self.as_bytes()), " ")
    }

    /// What a QR code tells an app; `account` is the address.
    pub(super) fn link(&self, account: &str) -> String {
        let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
        let secret = BASE32_NOPAD.encode(self.as_bytes());
        format!("otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}")
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha1::Sha1;

    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn of_the_rfc() -> Secret {
        Secret::from_bytes(b"12345678901234567890").expect("20 bytes")
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(secs).expect("a moment")
    }

    /// RFC 4226 once more, without our library.
    fn hotp(secret: &[u8], counter: i64) -> String {
        let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(secret).expect("any length");
        mac.update(&counter.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let from = usize::from(hash[19] & 15);
        let four: [u8; 4] = hash[from..from + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }

    #[test]
    fn the_rows_of_the_rfc_come_out_in_six_digits() {
        let rows = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (secs, code) in rows {
            assert_eq!(of_the_rfc().step_of(code, at(secs)), Some(secs / 30), "{secs}");
        }
    }

    #[test]
    fn a_second_implementation_agrees() {
        for round in 0..200 {
            let secret = Secret::fresh().expect("randomness");
            let secs = 1_790_000_000 + round * 97;
            let code = hotp(secret.as_bytes(), secs / 30);
            assert_eq!(secret.step_of(&code, at(secs)), Some(secs / 30), "{code} at {secs}");
        }
    }

    #[test]
    fn the_current_and_the_previous_step_count_and_no_other() {
        let secret = of_the_rfc();
        let code = |step: i64| hotp(secret.as_bytes(), step);
        for (step, want) in [(98, None), (99, Some(99)), (100, Some(100)), (101, None)] {
            for secs in [3000, 3029] {
                assert_eq!(secret.step_of(&code(step), at(secs)), want, "{step} at {secs}");
            }
        }
        assert_eq!(secret.step_of(&code(0), at(0)), Some(0), "before the first there is none");
        for wrong in ["", "28708", "2870820", "+28708", "28708 ", "２８７０８２"] {
            assert_eq!(secret.step_of(wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn the_key_and_the_link_carry_the_secret_and_nothing_breaks_out_of_the_link() {
        let secret = of_the_rfc();
        assert_eq!(secret.key(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            secret.link("a+b&secret=x@example.com"),
            "otpauth://totp/Gannet:a%2Bb%26secret%3Dx%40example%2Ecom\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gannet"
        );
    }
}
