//! Looking after the instance as a whole.

use domain::Timestamp;

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

    /// Makes the viewer the first instance admin.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for a wrong token; [`ClientError::Conflict`] when there is one already.
    async fn set_up(&self, cx: &RequestCx, form: Setup) -> Result<(), ClientError>;
}
