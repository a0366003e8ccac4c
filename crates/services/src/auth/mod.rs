//! Signing up, verifying, signing in, signing out.
//!
//! Nobody learns here who has an account. Whatever is asked about an address, a known and an unknown
//! one get the same answer after the same work: the same statements, one bcrypt, a mail sealed. Only
//! the owner of the mailbox learns more.
//!
//! Each use case charges its limits first thing, before any work (see [`crate::limits`]). Between a right
//! password and `arrive` stands the second factor of whoever has one.

mod arrive;
mod change;
pub(crate) mod code;
mod forgot;
mod login;
mod logout;
mod mark;
mod prove;
mod register;
mod resend;
mod reset;
mod second_factor;
pub(crate) mod token;
mod verify;
pub(crate) mod workspace;

use async_trait::async_trait;
use contract::{
    ClientError, FieldError,
    auth::{
        Admission, Again, AuthApi, ChangePassword, Forgot, Login, LoginOutcome, Mark, Register,
        Resend, Reset, Signups, Verified, Verify,
    },
    cx::RequestCx,
};
use domain::{email::Email, limit::Limit};

use crate::{ServiceError, Services, limits, mail, passwords::Passwords};
use code::Code;

/// The use cases of [`AuthApi`]. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    svc: Services,
    passwords: Passwords,
}

impl Auth {
    /// `passwords` is the process's only one: it bounds how many are worked on at once.
    pub fn new(svc: Services, passwords: Passwords) -> Self {
        Self { svc, passwords }
    }
}

#[async_trait]
impl AuthApi for Auth {
    fn signups(&self) -> Signups {
        self.svc.settings.signups
    }

    async fn register(&self, cx: &RequestCx, form: Register) -> Result<Mark, ClientError> {
        Ok(register::register(self, cx, form).await?)
    }

    async fn verify(
        &self,
        cx: &RequestCx,
        form: Verify,
        mark: Option<Mark>,
    ) -> Result<Verified, ClientError> {
        Ok(verify::verify(self, cx, form, mark).await?)
    }

    async fn resend(&self, cx: &RequestCx, form: Resend) -> Result<(), ClientError> {
        Ok(resend::resend(self, cx, form).await?)
    }

    async fn login(&self, cx: &RequestCx, form: Login) -> Result<LoginOutcome, ClientError> {
        Ok(login::login(self, cx, form).await?)
    }

    async fn forgot(&self, cx: &RequestCx, form: Forgot) -> Result<(), ClientError> {
        Ok(forgot::forgot(self, cx, form).await?)
    }

    async fn is_reset_open(&self, token: &str) -> Result<bool, ClientError> {
        Ok(reset::is_open(self, token).await?)
    }

    async fn reset(&self, cx: &RequestCx, form: Reset) -> Result<(), ClientError> {
        Ok(reset::reset(self, cx, form).await?)
    }

    async fn change_password(
        &self,
        cx: &RequestCx,
        form: ChangePassword,
    ) -> Result<Admission, ClientError> {
        Ok(change::change_password(self, cx, form).await?)
    }

    async fn count(&self, cx: &RequestCx, limit: Limit) -> Result<(), ClientError> {
        Ok(limits::by_client(&self.svc, cx, limit).await?)
    }

    async fn prove(&self, cx: &RequestCx, again: Again) -> Result<(), ClientError> {
        Ok(prove::prove(self, cx, again).await?)
    }

    async fn logout(&self, cx: &RequestCx) -> Result<(), ClientError> {
        Ok(logout::logout(self, cx).await?)
    }
}

/// A fresh code and the mail that brings it.
async fn code_mail(svc: &Services, email: &Email) -> Result<(Code, mail::Written), ServiceError> {
    let code = Code::fresh()?;
    let letter = mail::templates::verify(&svc.settings.base_url, code.as_str());
    let written = mail::write(svc, email, &letter, None).await?;
    Ok((code, written))
}

/// What is wrong with a form, field by field.
#[derive(Default)]
pub(crate) struct Complaints(Vec<FieldError>);

impl Complaints {
    /// The value of `field`, or its complaint noted.
    pub(crate) fn take<T, E: ToString>(&mut self, field: &str, checked: Result<T, E>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(why) => {
                self.0.push(FieldError { field: field.to_owned(), message: why.to_string() });
                None
            }
        }
    }

    /// All that was noted.
    pub(crate) fn refuse(self) -> ServiceError {
        ServiceError::Invalid(self.0)
    }
}
