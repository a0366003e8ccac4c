//! Looking after the instance as a whole.

use domain::{
    Timestamp,
    ids::{UserId, WorkspaceId},
    rights::Role,
};

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx, page::Page};

/// A client that is shut out (`limit.block`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Block {
    /// IPv4 address, or IPv6 network of 64 bits.
    pub client: String,
    /// Until when.
    pub until: Timestamp,
}

/// A line of what happened to accounts. Its texts are as they were written: whoever shows them writes out what
/// hides in them ([`domain::label::visible`]).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// What the owner of the account wants to be called; none where nobody has one, or it is gone.
    pub name: Option<String>,
    /// The account's address, likewise.
    pub email: Option<String>,
    /// Whether there was an account, and it is gone.
    pub is_gone: bool,
    /// What happened, as one sentence.
    pub sentence: String,
    /// The kind of event, as a word for filters (`account.signed_in`).
    pub kind: String,
    /// From where; empty where nobody's browser was.
    pub ip: String,
    /// With what.
    pub user_agent: String,
}

/// Which lines. Empty values narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// The address of an account.
    pub email: String,
    /// A word of [`LogLine::kind`].
    pub kind: String,
    /// [`Page::next`] of the page before.
    pub after: String,
}

impl LogFilter {
    /// What narrows the list, by the names it has in an address.
    pub fn pairs(&self) -> [(&'static str, &str); 2] {
        [("email", &self.email), ("kind", &self.kind)]
    }
}

/// `POST /instance/blocks/lift`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Lift {
    /// As [`Block::client`].
    #[serde(default)]
    pub client: String,
}

/// `POST /instance/invite`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Invite {
    /// Who may sign up.
    #[serde(default)]
    pub email: String,
}

/// `POST /instance/setup`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Setup {
    /// From the log of the start.
    #[serde(default)]
    pub token: String,
}

/// A workspace whose owners closed their accounts while others work in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownerless {
    /// Which.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// How many bots it has connected.
    pub bots: u64,
    /// Its people, the longest first.
    pub people: Vec<Heir>,
}

/// Somebody who could own a workspace that nobody owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heir {
    /// Who.
    pub user: UserId,
    /// What they want to be called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// As what they belong to it.
    pub role: Role,
}

/// `POST /instance/workspaces/owner`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct GiveOwner {
    /// Which workspace.
    #[serde(default)]
    pub workspace: String,
    /// Which of its people; `address` or nothing for whom [`Self::email`] names.
    #[serde(default)]
    pub user: String,
    /// The address of another account.
    #[serde(default)]
    pub email: String,
}

/// What instance admins do. All but [`InstanceApi::set_up`] need one, who has no right on anybody's
/// workspace by that.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait InstanceApi: Send + Sync {
    /// The clients that are shut out, the longest first.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for everybody else.
    async fn blocks(&self, cx: &RequestCx) -> Result<Vec<Block>, ClientError>;

    /// What happened to accounts, the newest first, 50 lines.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for everybody else.
    async fn log(&self, cx: &RequestCx, filter: &LogFilter) -> Result<Page<LogLine>, ClientError>;

    /// Lets a client in again.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] when it is not shut out (any more).
    async fn lift(&self, cx: &RequestCx, form: Lift) -> Result<(), ClientError>;

    /// Mails an invitation to sign up.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for what is no address.
    async fn invite(&self, cx: &RequestCx, form: Invite) -> Result<(), ClientError>;

    /// Workspaces that nobody owns any more, though people work in them.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for everybody else.
    async fn ownerless(&self, cx: &RequestCx) -> Result<Vec<Ownerless>, ClientError>;

    /// Gives one of them an owner. With a fresh proof.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] when it has one (again), or for somebody who is gone;
    /// [`ClientError::Invalid`] at `email`.
    async fn give_owner(&self, cx: &RequestCx, form: GiveOwner) -> Result<(), ClientError>;

    /// Makes the viewer the first instance admin.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for a wrong token; [`ClientError::Conflict`] when there is one already.
    async fn set_up(&self, cx: &RequestCx, form: Setup) -> Result<(), ClientError>;
}
