//! The viewer's own account and sessions.

use domain::{
    Timestamp,
    ids::{UserId, WorkspaceId},
};

#[cfg(feature = "server")]
use crate::{
    ClientError,
    cx::{RequestCx, Viewer},
};

/// One browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Session {
    /// From where it was last seen.
    pub ip: String,
    /// The browser's own description.
    pub user_agent: String,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last seen (exact to a day).
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
}
