use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::stripe::{BadSignature, Secrets};

const SECRET: &str = "whsec_TESTTESTTESTTEST1";
const NEXT: &str = "whsec_TESTTESTTESTTEST2";
const BODY: &[u8] = br#"{"id":"evt_TEST","object":"event"}"#;
const AT: i64 = 1_795_000_000;

fn sign(secret: &str, at: i64, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let mac = mac.chain_update(format!("{at}.")).chain_update(body);
    hex::encode(mac.finalize().into_bytes())
}

fn judge(header: &str, body: &[u8]) -> Result<(), BadSignature> {
    let now = Timestamp::from_second(AT).unwrap();
    Secrets::parse(SECRET).unwrap().verify(header, body, now)
}

#[test]
fn only_a_signature_of_ours_over_these_bytes_at_about_this_time_is_good() {
    let good = sign(SECRET, AT, BODY);
    let other = sign(NEXT, AT, BODY);
    let at = |shift: i64| format!("t={},v1={}", AT + shift, sign(SECRET, AT + shift, BODY));
    let accepted = [
        format!("t={AT},v1={good}"),
        format!("v1={good}, t={AT}"),
        format!("t={AT},v1={other},v1={good}"),
        format!("t={AT},v1={good},v0=nonsense,v2={other}"),
        at(300),
        at(-300),
    ];
    for header in accepted {
        assert_eq!(judge(&header, BODY), Ok(()), "{header}");
    }
    let refused = [
        (String::new(), BadSignature::Malformed),
        (format!("v1={good}"), BadSignature::Malformed),
        (format!("t={AT}"), BadSignature::Malformed),
        (format!("t={AT},v0={good}"), BadSignature::Malformed),
        (format!("t={AT},t={AT},v1={good}"), BadSignature::Malformed),
        (format!("t=today,v1={good}"), BadSignature::Malformed),
        (format!("t={AT},v1="), BadSignature::Wrong),
        (format!("t={AT},v1={}", &good[..62]), BadSignature::Wrong),
        (format!("t={AT},v1=zz{}", &good[2..]), BadSignature::Wrong),
        (format!("t={AT},v1={other}"), BadSignature::Wrong),
        (format!("t={},v1={good}", AT + 1), BadSignature::Wrong),
        (at(301), BadSignature::OutOfTime),
        (at(-301), BadSignature::OutOfTime),
        (format!("t={},v1={good}", i64::MIN), BadSignature::OutOfTime),
        // Far more signatures than anybody sends are not all looked at.
        (format!("t={AT},{}v1={good}", "v1=00,".repeat(100)), BadSignature::Wrong),
    ];
    for (header, why) in refused {
        assert_eq!(judge(&header, BODY), Err(why), "{header}");
    }
    assert_eq!(judge(&format!("t={AT},v1={good}"), b"{}"), Err(BadSignature::Wrong));
    assert_eq!(
        judge(&format!("t={AT},v1={good}"), &[BODY, b" "].concat()),
        Err(BadSignature::Wrong)
    );
}

#[test]
fn two_secrets_count_while_one_is_exchanged_for_the_other() {
    let now = Timestamp::from_second(AT).unwrap();
    let both = Secrets::parse(&format!("{SECRET}, {NEXT}")).unwrap();
    for secret in [SECRET, NEXT] {
        let header = format!("t={AT},v1={}", sign(secret, AT, BODY));
        assert_eq!(both.verify(&header, BODY, now), Ok(()));
    }
    let third = sign("whsec_TESTTESTTESTTEST3", AT, BODY);
    let refused = both.verify(&format!("t={AT},v1={third}"), BODY, now);
    assert_eq!(refused, Err(BadSignature::Wrong));
    assert_eq!(format!("{both:?}"), "Secrets(2)");
    for bad in ["", "whsec_", "whsec_short", "sk_test_TESTTESTTESTTEST", &[SECRET; 3].join(",")] {
        assert!(Secrets::parse(bad).is_none(), "{bad}");
    }
}
