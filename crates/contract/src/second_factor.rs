//! A second factor: the codes of an authenticator app, and backup codes for whoever has lost it.

use crate::auth::Admission;
#[cfg(feature = "server")]
use crate::{ClientError, auth::LoginOutcome, cx::RequestCx};

/// `POST /auth/2fa` and `POST /account/two-factor/confirm`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Code {
    /// Six digits of the app. At sign-in a backup code does as well.
    #[serde(default)]
    pub code: String,
}

/// `POST /account/two-factor/off` and `POST /account/two-factor/codes`: both, whatever was proved before.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Both {
    /// The viewer's password.
    #[serde(default)]
    pub password: String,
    /// Six digits of the app, or a backup code.
    #[serde(default)]
    pub code: String,
}

/// `POST /w/security`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Rule {
    /// Anything but nothing: members need a second factor.
    #[serde(default)]
    pub required: String,
}

/// What is said where no sign-in waits for a code, or none any more.
pub const LATE: &str =
    "The code comes within ten minutes after the password. Please sign in again.";

impl Rule {
    /// The field's name in the form.
    pub const FIELD: &'static str = "required";
}

/// How things stand with the viewer's second factor.
#[derive(Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is none, or what was begun may not be shown any more.
    Off,
    /// It waits for the first code. Only to whoever has proved within ten minutes who they are.
    Begun(Enrolment),
    /// It is asked for at each sign-in.
    On {
        /// Backup codes that were not used.
        codes_left: usize,
    },
}

/// What an authenticator app takes. Shown until the first code, and never again.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret in base32, in groups of four.
    pub key: String,
    /// The same as an `otpauth://` link, with name and address.
    pub link: String,
}

/// Eight codes, each good for one time without the app. Shown once.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct BackupCodes {
    /// In groups of four letters and digits.
    pub codes: Vec<String>,
}

/// Somebody who gave the right password within ten minutes and owes the second factor. Sent along with
/// a request; it opens nothing but `/auth/2fa`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Whose password it was, and which.
    pub admission: Admission,
}

/// The second factor.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait SecondFactorApi: Send + Sync {
    /// Takes the code that a sign-in waits for: [`LoginOutcome::SignedIn`] or [`LoginOutcome::Kept`].
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at `code`, alike for a wrong and a used one;
    /// [`ClientError::RateLimited`] after too many.
    async fn sign_in(
        &self,
        cx: &RequestCx,
        pending: Pending,
        form: Code,
    ) -> Result<LoginOutcome, ClientError>;

    /// How things stand with the viewer's.
    ///
    /// # Errors
    /// [`ClientError::Unauthenticated`] without a viewer.
    async fn standing(&self, cx: &RequestCx) -> Result<Standing, ClientError>;

    /// Draws a secret; one that was begun before is forgotten.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] without a fresh proof; [`ClientError::Conflict`] when there is a
    /// second factor already.
    async fn begin(&self, cx: &RequestCx) -> Result<(), ClientError>;

    /// Takes the first code: the second factor is on, and all other sessions have ended. The caller
    /// gives this one a new id.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for a wrong code or without a fresh proof; [`ClientError::Conflict`]
    /// when nothing was begun.
    async fn confirm(
        &self,
        cx: &RequestCx,
        form: Code,
    ) -> Result<(BackupCodes, Admission), ClientError>;

    /// Puts new backup codes in the place of the old.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at the fields; [`ClientError::Conflict`] without a second factor.
    async fn renew_codes(&self, cx: &RequestCx, form: Both) -> Result<BackupCodes, ClientError>;

    /// Removes the second factor with its backup codes.
    ///
    /// # Errors
    /// As [`SecondFactorApi::renew_codes`].
    async fn turn_off(&self, cx: &RequestCx, form: Both) -> Result<(), ClientError>;

    /// Whether the current workspace asks its members for one.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for all but its owners.
    async fn is_required(&self, cx: &RequestCx) -> Result<bool, ClientError>;

    /// Sets that.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for all but owners; [`ClientError::Invalid`] without a fresh proof;
    /// [`ClientError::Conflict`] from an owner who has none.
    async fn set_rule(&self, cx: &RequestCx, rule: Rule) -> Result<(), ClientError>;
}
