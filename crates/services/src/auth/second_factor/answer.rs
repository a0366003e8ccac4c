//! What was typed where a code is asked for.

use domain::{audit::AccountEvent, ids::UserId};
use store::{
    accounts::{GlobalTx, log},
    audit::Origin,
    diesel_error,
    second_factors::{self, CodeHash, Factor},
};
use zeroize::Zeroizing;

use super::{backup::BackupCode, letter, open};
use crate::{ServiceError, Services, mail};

/// Digits of an app's code.
const DIGITS: usize = 6;
/// Longest text that is looked at, in characters.
const LONGEST: usize = 64;

/// A code, as far as its form tells.
pub(in crate::auth) enum Given {
    /// Six digits of the app.
    Digits(Zeroizing<String>),
    /// A backup code.
    Backup(BackupCode),
}

/// Why a text is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::auth) enum NotGiven {
    /// Nothing was typed.
    #[error("Enter the code that your authenticator app shows.")]
    Empty,
    /// Neither six digits nor sixteen letters and digits.
    #[error(
        "Enter the six digits of your authenticator app, or a backup code of sixteen letters and digits."
    )]
    Malformed,
}

impl Given {
    /// Reads what a person typed or pasted: spaces and dashes anywhere are forgiven.
    ///
    /// # Errors
    /// [`NotGiven`], which tells nothing about any code.
    pub(in crate::auth) fn parse(text: &str) -> Result<Self, NotGiven> {
        let is_filler = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let bare: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|c| !is_filler(c)).take(LONGEST).collect());
        if bare.is_empty() {
            return Err(NotGiven::Empty);
        }
        if bare.len() == DIGITS && bare.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Digits(bare));
        }
        BackupCode::parse(&bare).map(Self::Backup).ok_or(NotGiven::Malformed)
    }
}

/// A code that has been looked at, to be used up in the transaction of what it opens.
pub(in crate::auth) enum Answer {
    /// It is nobody's, or there is no second factor.
    Wrong,
    /// The app's code of this step.
    Step(i64),
    /// Perhaps a backup code of theirs; with the mail that tells of its use.
    Backup(CodeHash, mail::Written),
}

impl Answer {
    /// Looks at what `user` gave. Nothing is used up yet.
    pub(in crate::auth) async fn look(
        svc: &Services,
        user: UserId,
        given: &Given,
    ) -> Result<Self, ServiceError> {
        let factor = svc
            .store
            .user(Some(user), async |tx| {
                Ok::<_, ServiceError>(second_factors::find(tx, user).await?)
            })
            .await?;
        match factor.filter(|factor| factor.confirmed) {
            Some(factor) => Self::to(svc, user, factor, given).await,
            None => Ok(Self::Wrong),
        }
    }

    async fn to(
        svc: &Services,
        user: UserId,
        factor: Factor,
        given: &Given,
    ) -> Result<Self, ServiceError> {
        Ok(match given {
            Given::Digits(digits) => {
                let secret = open(svc, user, factor.sealed, "check a code").await?;
                secret.step_of(digits, factor.now).map_or(Self::Wrong, Self::Step)
            }
            Given::Backup(code) => {
                let left = factor.codes_left.saturating_sub(1);
                let words = mail::templates::backup_code_used(&svc.settings.base_url, left);
                let mail = letter(svc, &factor.email, words).await?;
                Self::Backup(code.hash(&svc.code_key, user), mail)
            }
        })
    }

    /// Uses the code up; a backup code is put on record and its mail into the outbox. False for one that
    /// is wrong or was used before.
    ///
    /// Of any number of parallel calls with one code one gets `true`.
    pub(in crate::auth) async fn spend(
        &self,
        tx: &mut impl GlobalTx,
        origin: &Origin,
        user: UserId,
    ) -> Result<bool, diesel_error::Error> {
        match self {
            Self::Wrong => Ok(false),
            Self::Step(step) => second_factors::use_step(tx, user, *step).await,
            Self::Backup(code, mail) => {
                let used = second_factors::use_code(tx, user, code).await?;
                if used {
                    log::record(tx, origin, Some(user), AccountEvent::BackupCodeUsed).await?;
                    mail.enqueue(tx, true).await?;
                }
                Ok(used)
            }
        }
    }
}

/// What is said of a code that was not taken.
pub(in crate::auth) const REFUSED: &str =
    "This code is wrong or was used already. Wait for the next one, and check your phone's clock.";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, NotGiven> {
        Given::parse(text).map(|given| match given {
            Given::Digits(digits) => digits.to_string(),
            Given::Backup(_) => "backup".to_owned(),
        })
    }

    #[test]
    fn codes_are_read_as_people_type_them_and_nothing_else_is() {
        for text in ["012345", " 012 345\n", "0-1-2-3-4-5", "012–345", "\u{a0}012345"] {
            assert_eq!(read(text).as_deref(), Ok("012345"), "{text:?}");
        }
        for text in ["ABCD-EFGH-IJKL-MN23", "abcd efgh ijkl mn23", "ABCDEFGHIJKLMN23"] {
            assert_eq!(read(text).as_deref(), Ok("backup"), "{text:?}");
        }
        for text in ["", " ", "-"] {
            assert_eq!(read(text), Err(NotGiven::Empty), "{text:?}");
        }
        let long = "1".repeat(60_000);
        for text in [
            "12345",
            "1234567",
            "+12345",
            "１２３４５６",
            "12345６",
            "٠١٢٣٤٥",
            "12345a",
            "12345\0",
            "😀😀😀😀😀😀",
            "ABCD-EFGH-IJKL-MN2",
            "ABCD-EFGH-IJKL-MN018",
            "' or 1=1 --",
            &long,
        ] {
            assert_eq!(read(text), Err(NotGiven::Malformed), "{text:.20?}");
        }
    }
}
