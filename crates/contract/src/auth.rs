//! Signing up, verifying, signing in.

use domain::ids::UserId;
#[cfg(feature = "server")]
use domain::limit::Limit;

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
    /// From the link of an invitation, where strangers may not sign up.
    #[serde(default)]
    pub invitation: String,
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

/// `POST /auth/forgot-password`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Forgot {
    /// The account's address.
    #[serde(default)]
    pub email: String,
}

/// `POST /auth/reset-password`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Reset {
    /// The secret of the link.
    #[serde(default)]
    pub token: String,
    /// See `auth.password-policy`.
    #[serde(default)]
    pub password: String,
}

/// `POST /account/password`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct ChangePassword {
    /// The password in force, however fresh the last proof is.
    #[serde(default)]
    pub again: String,
    /// The new one; see `auth.password-policy`.
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

/// Which password was typed in a browser: SHA-256 of the bcrypt hash that stands for it, in hexadecimal.
///
/// The session keeps it between signing up and proving the address. It opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mark(pub String);

/// Somebody who has proved who they are, and by which state of their credentials.
///
/// Whatever ends all sessions of a person (another password, another second factor, signing all others
/// out) begins another epoch, and with that ends what was admitted in an earlier one, even if it was on
/// its way at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Who.
    pub user: UserId,
    /// Which state of their credentials.
    pub epoch: i64,
}

/// What a right password leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// Signed in: the caller opens a session with a new id.
    SignedIn(Admission),
    /// Signed in, and with that the account stays that its owner had closed.
    Kept(Admission),
    /// The account has a second factor: the caller keeps in mind who owes it, and signs nobody in yet.
    SecondFactor(Admission),
    /// The address was never verified: a new code is on its way. The caller keeps the mark.
    Unverified(Mark),
}

/// What a right code leads to. The account is open either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The code came from the browser that chose the password in force: the caller opens a session.
    SignedIn(Admission),
    /// Somebody else may have chosen the password, so nobody knows it any more, and whoever has the
    /// mailbox chooses one.
    ChoosePassword {
        /// For `/auth/reset-password`.
        token: String,
    },
}

/// Who may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signups {
    /// Anyone who can reach the instance.
    Open,
    /// People who were invited.
    Invite,
    /// Nobody.
    Closed,
}

impl Signups {
    /// What is said to those who may not.
    pub const fn refusal(self) -> &'static str {
        match self {
            Self::Open | Self::Closed => "Sign-ups are closed on this Gannet.",
            Self::Invite => "Signing up on this Gannet takes an invitation.",
        }
    }
}

/// Signing up, verifying, signing in, and back in without the password. The second factor has
/// [`crate::second_factor`].
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait AuthApi: Send + Sync {
    /// Who may sign up on this instance.
    fn signups(&self) -> Signups;

    /// Makes an account and mails a code. The answer is the same for an address that has one already
    /// (its owner gets a mail that says so).
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at the fields; [`ClientError::Conflict`] with [`Signups::refusal`] for
    /// strangers where they may not sign up.
    async fn register(&self, cx: &RequestCx, form: Register) -> Result<Mark, ClientError>;

    /// Takes a code. The account is verified and has its first workspace. `mark` is what the session
    /// kept of the last password that was typed in it for an account nobody had proved.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for a code that is wrong, used, older than 15 minutes, or void after
    /// five wrong tries; alike for an unknown address.
    async fn verify(
        &self,
        cx: &RequestCx,
        form: Verify,
        mark: Option<Mark>,
    ) -> Result<Verified, ClientError>;

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

    /// Mails a link that sets a new password. The answer is the same for an address without a verified
    /// account.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for what is no address.
    async fn forgot(&self, cx: &RequestCx, form: Forgot) -> Result<(), ClientError>;

    /// Whether a link is in force. Looking uses nothing up.
    ///
    /// # Errors
    /// [`ClientError::Unavailable`] when the database is away.
    async fn is_reset_open(&self, token: &str) -> Result<bool, ClientError>;

    /// Sets a new password with a link, which is used up. All sessions of the person end, and nobody is
    /// signed in by it: the second factor stays in force.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at `token` for a link that is void, older than 60 minutes or used, and
    /// at `password`.
    async fn reset(&self, cx: &RequestCx, form: Reset) -> Result<(), ClientError>;

    /// Changes the viewer's password. All their other sessions end; the caller gives this one a new id.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at [`Again::FIELD`] and at `password`.
    async fn change_password(
        &self,
        cx: &RequestCx,
        form: ChangePassword,
    ) -> Result<Admission, ClientError>;

    /// Counts a request against the client that never gets as far as a use case: one that cannot be read,
    /// or comes too late. The use cases count all others themselves.
    ///
    /// # Errors
    /// [`ClientError::RateLimited`] after too many.
    async fn count(&self, cx: &RequestCx, limit: Limit) -> Result<(), ClientError>;

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
