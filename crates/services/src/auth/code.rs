//! Six digits that prove an address, and the hashes that stand for them.

use contract::cx::RequestCx;
use domain::{email::Email, ids::UserId, limit::Limit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::accounts::{
    GlobalTx,
    codes::{self, Hashes, Issued, Purpose},
};
use zeroize::Zeroizing;

use crate::{
    ServiceError, Services,
    limits::{self, Taken},
};

/// Digits of a code.
const DIGITS: usize = 6;
/// Codes there are.
const CODES: u32 = 1_000_000;

/// A code as it stands in a mail: six ASCII digits.
pub(crate) struct Code(Zeroizing<String>);

/// Why a text is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotACode {
    /// Nothing was typed.
    #[error("Enter the code from the mail.")]
    Empty,
    /// Anything but six digits.
    #[error("The code is six digits, 0 to 9, as in the mail.")]
    Malformed,
}

impl Code {
    /// A code that is as likely as any other.
    pub(crate) fn fresh() -> Result<Self, ServiceError> {
        // The numbers above the last whole million are drawn again, or low codes would come more often.
        const FAIR: u32 = u32::MAX - u32::MAX % CODES;
        loop {
            let drawn = getrandom::u32().map_err(|err| ServiceError::bug("drawing a code", err))?;
            if drawn < FAIR {
                return Ok(Self(Zeroizing::new(format!("{:0DIGITS$}", drawn % CODES))));
            }
        }
    }

    /// Reads what a person typed or pasted: spaces and dashes anywhere are forgiven.
    ///
    /// # Errors
    /// [`NotACode`], which tells nothing about any code in force.
    pub(crate) fn parse(text: &str) -> Result<Self, NotACode> {
        let is_filler = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
        for c in text.chars().filter(|c| !is_filler(c)) {
            if !c.is_ascii_digit() || digits.len() == DIGITS {
                return Err(NotACode::Malformed);
            }
            digits.push(c);
        }
        match digits.len() {
            0 => Err(NotACode::Empty),
            DIGITS => Ok(Self(digits)),
            _ => Err(NotACode::Malformed),
        }
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands for the code in the database: bound to what it proves and to whose address.
    pub(crate) fn hash(&self, key: &[u8; 32], purpose: Purpose, email: &Email) -> [u8; 32] {
        hash(key, [b"code", purpose.as_str().as_bytes(), email.key().as_bytes(), self.0.as_bytes()])
    }
}

/// Takes one of the codes that may be mailed to `email`, whoever asks for it: a mailbox is not filled by
/// strangers, and there are not ever new codes to be guessed. Give it back when none is mailed.
///
/// # Errors
/// [`ServiceError::TooMany`] when there is none left.
pub(crate) async fn charge_mail(
    svc: &Services,
    cx: &RequestCx,
    email: &Email,
) -> Result<Taken, ServiceError> {
    let address = hex::encode(address_hash(&svc.code_key, email));
    limits::charge(svc, cx, Limit::CodeMail, &address).await
}

/// As [`charge_mail`], where going over it must not show: nothing when there is none left.
///
/// # Errors
/// The database is away.
pub(crate) async fn may_mail(
    svc: &Services,
    cx: &RequestCx,
    email: &Email,
) -> Result<Option<Taken>, ServiceError> {
    match charge_mail(svc, cx, email).await {
        Ok(taken) => Ok(Some(taken)),
        Err(ServiceError::TooMany { .. }) => Ok(None),
        Err(err) => Err(err),
    }
}

/// Puts a code into force if one may be mailed; says whether it was.
pub(crate) async fn issue(
    tx: &mut impl GlobalTx,
    hashes: Hashes<'_>,
    at_once: bool,
    may_mail: Option<&Taken>,
) -> Result<bool, ServiceError> {
    let Some(taken) = may_mail else { return Ok(false) };
    let issued = codes::issue(tx, Purpose::Verify, hashes, at_once).await? == Issued::Yes;
    if !issued {
        taken.give_back(tx).await?;
    }
    Ok(issued)
}

/// What stands for the address that `user` wants to have: nobody else can use up, or void, its code.
pub(crate) fn change_hash(key: &[u8; 32], user: UserId, email: &Email) -> [u8; 32] {
    let user = user.as_uuid();
    hash(key, [b"change".as_slice(), user.as_bytes(), email.key().as_bytes()])
}

/// What stands for an address in the table of codes.
pub(crate) fn address_hash(key: &[u8; 32], email: &Email) -> [u8; 32] {
    hash(key, [b"address".as_slice(), email.key().as_bytes()])
}

/// The hash of no code at all, for an address to which none is sent.
pub(crate) fn no_code() -> Result<[u8; 32], ServiceError> {
    let mut hash = [0; 32];
    getrandom::fill(&mut hash).map_err(|err| ServiceError::bug("drawing a hash", err))?;
    Ok(hash)
}

/// HMAC-SHA256 of the fields, each after its length, so that no two lists of fields are written alike.
pub(super) fn hash<const N: usize>(key: &[u8; 32], fields: [&[u8]; N]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for field in fields {
        mac.update(&(field.len() as u64).to_be_bytes());
        mac.update(field);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it_and_nothing_else_is() {
        for text in ["012345", " 012345\n", "012 345", "0-1-2-3-4-5", "012–345", "\u{a0}012345"] {
            assert_eq!(Code::parse(text).expect("six digits").as_str(), "012345", "{text:?}");
        }
        let cases = [
            ("", NotACode::Empty),
            (" - ", NotACode::Empty),
            ("12345", NotACode::Malformed),
            ("1234567", NotACode::Malformed),
            ("01234５", NotACode::Malformed),
            ("٠١٢٣٤٥", NotACode::Malformed),
            ("12345a", NotACode::Malformed),
            ("12345\0", NotACode::Malformed),
            ("<b>1</b>", NotACode::Malformed),
            ("😀😀😀😀😀😀", NotACode::Malformed),
            ("' or 1=1", NotACode::Malformed),
        ];
        for (text, want) in cases {
            assert_eq!(Code::parse(text).err(), Some(want), "{text:?}");
        }
        assert_eq!(Code::parse(&"1".repeat(60_000)).err(), Some(NotACode::Malformed));
    }

    #[test]
    fn fresh_codes_are_six_digits_and_differ() {
        let drawn: HashSet<String> =
            (0..1000).map(|_| Code::fresh().expect("randomness").as_str().to_owned()).collect();
        // Two of a thousand among a million: expected half a time. Fifty would be a broken source.
        assert!(drawn.len() > 950);
        assert!(
            drawn.iter().all(|code| code.len() == 6 && code.bytes().all(|c| c.is_ascii_digit()))
        );
    }

    #[test]
    fn a_hash_is_bound_to_key_address_and_code_and_not_to_the_spelling() {
        let email = |text: &str| text.parse::<Email>().expect("valid");
        let code = |text: &str| Code::parse(text).expect("valid");
        let (ann, bob) = (email("ann@example.com"), email("bob@example.com"));
        let hash = |key: u8, email: &Email, digits: &str| {
            code(digits).hash(&[key; 32], Purpose::Verify, email)
        };
        assert_eq!(hash(1, &ann, "012345"), hash(1, &email("Ann@Example.com"), "012 345"));
        let all = [
            hash(1, &ann, "012345"),
            hash(2, &ann, "012345"),
            hash(1, &bob, "012345"),
            hash(1, &ann, "012346"),
            address_hash(&[1; 32], &ann),
            address_hash(&[1; 32], &bob),
        ];
        assert_eq!(HashSet::from(all).len(), all.len());
    }
}
