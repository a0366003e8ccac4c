//! Looking after the instance as a whole.

use domain::{
    Timestamp,
    ids::{UserId, WorkspaceId},
    rights::Role,
};

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx};

/// A client that is shut out (`limit.block`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Block {
    /// IPv4 address, or IPv6 network of 64 bits.
    pub client: String,
    /// Until when.
    pub until: Timestamp,
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
