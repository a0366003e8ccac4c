//! Signing up, verifying, signing in.

use domain::ids::UserId;

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx};

/// `POST /auth/register`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Register {
    /// Where the code goes.
    #[serde(default)]
    pub email: String,
    /// See `auth.password-policy`.
    #[serde(default)]
    pub password: String,
    /// How the person wants to be called, 1 to 80 characters.
    #[serde(default)]
    pub name: String,
}

/// `POST /auth/verify`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Verify {
    /// The address that is verified.
    #[serde(default)]
    pub email: String,
    /// The six digits from the mail.
    #[serde(default)]
    pub code: String,
}

/// `POST /auth/resend`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Resend {
    /// The address that signed up.
    #[serde(default)]
    pub email: String,
}

/// `POST /auth/login`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Login {
    /// The account's address.
    #[serde(default)]
    pub email: String,
    /// Its password.
    #[serde(default)]
    pub password: String,
}

/// What a form asks for once more before it changes something that would let others in.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Again {
    /// The viewer's password, or a code of their second factor.
    #[serde(default)]
    pub again: String,
}

impl Again {
    /// The field's name in the form.
    pub const FIELD: &'static str = "again";
}

/// What a right password leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// Signed in: the caller opens a session with a new id.
    SignedIn(UserId),
    /// The account has a second factor: the caller keeps in mind who owes it, and signs nobody in yet.
    SecondFactor(UserId),
    /// The address was never verified: a new code is on its way.
    Unverified,
}

/// Signing up, verifying, signing in. Limits take their place in here; the second factor has
/// [`crate::second_factor`].
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait AuthApi: Send + Sync {
    /// Makes an account and mails a code. The answer is the same for an address that has one already
    /// (its owner gets a mail that says so).
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at the fields; [`ClientError::Forbidden`] when sign-ups are closed.
    async fn register(&self, cx: &RequestCx, form: Register) -> Result<(), ClientError>;

    /// Takes a code. The account is verified, has its first workspace, and is signed in by the caller.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for a code that is wrong, used, older than 15 minutes, or void after
    /// five wrong tries; alike for an unknown address.
    async fn verify(&self, cx: &RequestCx, form: Verify) -> Result<UserId, ClientError>;

    /// Mails a new code if the address waits for one. The answer is the same if it does not.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for what is no address; [`ClientError::RateLimited`] within a minute
    /// of the last one.
    async fn resend(&self, cx: &RequestCx, form: Resend) -> Result<(), ClientError>;

    /// Checks a password.
    ///
    /// # Errors
    /// [`ClientError::Invalid`], alike for a wrong password and an unknown address;
    /// [`ClientError::Unavailable`] when too many passwords are being checked already.
    async fn login(&self, cx: &RequestCx, form: Login) -> Result<LoginOutcome, ClientError>;

    /// Has the viewer prove once more who they are. The caller notes it in the session.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at [`Again::FIELD`]; [`ClientError::Unauthenticated`] without a viewer.
    async fn prove(&self, cx: &RequestCx, again: Again) -> Result<(), ClientError>;

    /// Records that the viewer signed out.
    ///
    /// # Errors
    /// [`ClientError::Unavailable`] when the database is away.
    async fn logout(&self, cx: &RequestCx) -> Result<(), ClientError>;
}
