//! The link of an invitation: which workspace, and a secret.

use domain::ids::WorkspaceId;

use crate::{ServiceError, auth::token::Token};

/// What stands in a link: the workspace says behind whose fence to look, the secret opens it.
pub(super) struct Key {
    pub(super) workspace: WorkspaceId,
    secret: Token,
}

impl Key {
    pub(super) fn fresh(workspace: WorkspaceId) -> Result<Self, ServiceError> {
        Ok(Self { workspace, secret: Token::fresh()? })
    }

    /// Reads what stood in a link; none when it was never one of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (workspace, secret) = text.trim().split_once('.')?;
        Some(Self { workspace: workspace.parse().ok()?, secret: Token::parse(secret)? })
    }

    pub(super) fn text(&self) -> String {
        format!("{}.{}", self.workspace, self.secret.as_str())
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        self.secret.hash()
    }
}
