//! A second factor: enrolment, codes at sign-in, backup codes, and the workspaces that ask for it.
//!
//! A code is looked at first ([`answer::Answer::look`]) and used up in the transaction of what it opens
//! ([`answer::Answer::spend`]). The secret leaves the database sealed, and is open only meanwhile.

pub(super) mod answer;
mod authenticator;
mod backup;
mod change;
mod enrol;
mod rule;
mod sign_in;

use adapters::vault::{Place, Sealed, Use};
use async_trait::async_trait;
use contract::{
    ClientError,
    auth::{Admission, LoginOutcome},
    cx::RequestCx,
    second_factor::{BackupCodes, Both, Code, Pending, Rule, SecondFactorApi, Standing},
};
use domain::{email::Email, ids::UserId};

use super::Auth;
use crate::{ServiceError, Services, mail};
use authenticator::Secret;

#[async_trait]
impl SecondFactorApi for Auth {
    async fn sign_in(
        &self,
        cx: &RequestCx,
        pending: Pending,
        form: Code,
    ) -> Result<LoginOutcome, ClientError> {
        Ok(sign_in::sign_in(self, cx, pending, form).await?)
    }

    async fn standing(&self, cx: &RequestCx) -> Result<Standing, ClientError> {
        Ok(enrol::standing(&self.svc, cx).await?)
    }

    async fn begin(&self, cx: &RequestCx) -> Result<(), ClientError> {
        Ok(enrol::begin(&self.svc, cx).await?)
    }

    async fn confirm(
        &self,
        cx: &RequestCx,
        form: Code,
    ) -> Result<(BackupCodes, Admission), ClientError> {
        Ok(enrol::confirm(&self.svc, cx, form).await?)
    }

    async fn renew_codes(&self, cx: &RequestCx, form: Both) -> Result<BackupCodes, ClientError> {
        Ok(change::renew_codes(self, cx, form).await?)
    }

    async fn turn_off(&self, cx: &RequestCx, form: Both) -> Result<(), ClientError> {
        Ok(change::turn_off(self, cx, form).await?)
    }

    async fn is_required(&self, cx: &RequestCx) -> Result<bool, ClientError> {
        Ok(rule::is_required(&self.svc, cx).await?)
    }

    async fn set_rule(&self, cx: &RequestCx, rule: Rule) -> Result<(), ClientError> {
        Ok(rule::set(&self.svc, cx, rule).await?)
    }
}

/// Where a person's secret is sealed for; see `docs/envelope.md`.
fn place(user: UserId) -> Place {
    Place::of_instance("user", "totp", user.as_uuid())
}

async fn seal(svc: &Services, user: UserId, secret: &Secret) -> Result<Vec<u8>, ServiceError> {
    let who = user.to_string();
    let by = Use { who: &who, why: "keep a second factor" };
    let sealed = svc.vault.seal(by, &place(user), secret.as_bytes()).await;
    Ok(sealed.map_err(|err| ServiceError::bug("sealing a second factor", err))?.into_bytes())
}

async fn open(
    svc: &Services,
    user: UserId,
    sealed: Vec<u8>,
    why: &'static str,
) -> Result<Secret, ServiceError> {
    let who = user.to_string();
    let plain = svc
        .vault
        .open(Use { who: &who, why }, &place(user), &Sealed::from(sealed))
        .await
        .map_err(|err| ServiceError::bug("opening a second factor", err))?;
    Secret::from_bytes(&plain)
        .ok_or_else(|| ServiceError::bug("reading a second factor", "not 160 bits"))
}

/// A letter to the person whose second factor it is about.
async fn letter(
    svc: &Services,
    email: &str,
    letter: mail::templates::Letter,
) -> Result<mail::Written, ServiceError> {
    let email: Email =
        email.parse().map_err(|err| ServiceError::bug("reading an account's address", err))?;
    mail::write(svc, &email, &letter, None).await
}

/// What no code was asked for.
fn no_factor() -> ServiceError {
    ServiceError::Conflict("Two-step sign-in is not set up. Reload the page.".into())
}
