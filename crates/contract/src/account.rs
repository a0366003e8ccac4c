//! The viewer's own account and sessions.

use domain::{
    Timestamp,
    ids::{UserId, WorkspaceId},
};

#[cfg(feature = "server")]
use crate::{
    ClientError,
    auth::Admission,
    cx::{RequestCx, Viewer},
};

/// `POST /account`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Profile {
    /// How the person wants to be called, 1 to 80 characters.
    #[serde(default)]
    pub name: String,
    /// IANA name.
    #[serde(default)]
    pub time_zone: String,
}

/// `POST /account/address`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct NewAddress {
    /// The address that the account is to have.
    #[serde(default)]
    pub email: String,
}

/// `POST /account/address/verify`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct AddressCode {
    /// The six digits from the mail to the new address.
    #[serde(default)]
    pub code: String,
}

/// `POST /account/sessions/revoke`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Revoke {
    /// See [`Session::name`].
    #[serde(default)]
    pub session: String,
}

/// `POST /account/close`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Close {
    /// `on` when the person has ticked that they know what goes.
    #[serde(default)]
    pub sure: String,
}

/// What goes with an account that is closed, and what stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Leaving {
    /// Workspaces without another owner.
    pub goes: Vec<Going>,
    /// Names of the workspaces that go on without the person.
    pub stays: Vec<String>,
}

/// A workspace that goes with its only owner.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Going {
    /// Its name.
    pub name: String,
    /// Usernames of its connected bots.
    pub bots: Vec<String>,
    /// People in it beside the owner.
    pub others: u64,
    /// It has a subscription, which ends with it.
    pub pays: bool,
}

/// Something that happened to an account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Occasion {
    /// When.
    pub at: Timestamp,
    /// What, in words.
    pub what: String,
    /// Whether somebody was turned away.
    pub refused: bool,
    /// From where; empty where no browser was.
    pub ip: String,
    /// In which country that is, if the server knows countries.
    pub country: Option<String>,
    /// The browser's own description.
    pub user_agent: String,
}

/// One browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Session {
    /// Names it in forms; opens nothing.
    pub name: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
    /// From where it was last seen.
    pub ip: String,
    /// In which country that is, if the server knows countries.
    pub country: Option<String>,
    /// The browser's own description.
    pub user_agent: String,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last seen (exact to an hour).
    pub last_seen_at: Timestamp,
}

/// What a session remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SignedIn {
    /// Who.
    pub user: UserId,
    /// The current workspace, if one was chosen.
    pub workspace: Option<WorkspaceId>,
}

/// The viewer's own account.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait AccountApi: Send + Sync {
    /// The person behind a session, or none when the account or the membership is gone.
    ///
    /// # Errors
    /// [`ClientError::Unavailable`] when the database is away.
    async fn viewer(&self, session: SignedIn) -> Result<Option<Viewer>, ClientError>;

    /// The browsers in which the viewer is signed in, latest first.
    ///
    /// # Errors
    /// [`ClientError::Unauthenticated`] without a viewer.
    async fn sessions(&self, cx: &RequestCx) -> Result<Vec<Session>, ClientError>;

    /// What happened to the viewer's account within 30 days, latest first. At most 200.
    ///
    /// # Errors
    /// [`ClientError::Unauthenticated`] without a viewer.
    async fn history(&self, cx: &RequestCx) -> Result<Vec<Occasion>, ClientError>;

    /// Ends one of the viewer's sessions.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] when it has ended already, or is nobody's of theirs.
    async fn revoke(&self, cx: &RequestCx, which: Revoke) -> Result<(), ClientError>;

    /// Ends all of the viewer's sessions but the one that asks.
    ///
    /// # Errors
    /// [`ClientError::Unauthenticated`] without a viewer.
    async fn revoke_others(&self, cx: &RequestCx) -> Result<Admission, ClientError>;

    /// Changes name and time zone.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at the fields.
    async fn set_profile(&self, cx: &RequestCx, profile: Profile) -> Result<(), ClientError>;

    /// The address that waits for its code.
    ///
    /// # Errors
    /// [`ClientError::Unauthenticated`] without a viewer.
    async fn waiting_address(&self, cx: &RequestCx) -> Result<Option<String>, ClientError>;

    /// Mails a code to another address, and tells the one in force. The answer is the same for an
    /// address that has an account (its owner gets a mail that says so). Needs a fresh proof.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at the fields; [`ClientError::RateLimited`] within a minute of the last
    /// code.
    async fn ask_address(&self, cx: &RequestCx, form: NewAddress) -> Result<(), ClientError>;

    /// Mails another code to the address that waits.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] when none waits; [`ClientError::RateLimited`] within a minute of the
    /// last code.
    async fn resend_address(&self, cx: &RequestCx) -> Result<(), ClientError>;

    /// Takes the code: the address is in force.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for a code that is wrong, used, older than 15 minutes, or void after
    /// five wrong tries.
    async fn verify_address(&self, cx: &RequestCx, form: AddressCode) -> Result<(), ClientError>;

    /// What would go if the viewer closed the account.
    ///
    /// # Errors
    /// [`ClientError::Unauthenticated`] without a viewer.
    async fn leaving(&self, cx: &RequestCx) -> Result<Leaving, ClientError>;

    /// Closes the account: bots are disconnected, all sessions end, and in 30 days it is gone unless its
    /// owner signs in before. Needs a fresh proof.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at the fields; [`ClientError::Conflict`] while a bot's connection is
    /// being changed.
    async fn close(&self, cx: &RequestCx, form: Close) -> Result<(), ClientError>;
}
