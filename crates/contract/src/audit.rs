//! Reading the audit log.

use domain::Timestamp;

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx, page::Page};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who: a person's name, or the part of Gannet that acted.
    pub actor: String,
    /// What, as one sentence without the actor.
    pub sentence: String,
    /// The kind of event, as a word for filters (`broadcast.sent`).
    pub kind: String,
    /// The bot it is about, by slug.
    pub bot: Option<String>,
    /// From where.
    pub ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// The details as JSON, indented; secrets are not among them.
    pub details: String,
}

/// Which lines to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Filter {
    /// A bot's slug; empty for all.
    #[serde(default)]
    pub bot: String,
    /// [`Page::next`] of the page before.
    #[serde(default)]
    pub after: String,
}

/// Reading the audit log of the current workspace.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait AuditApi: Send + Sync {
    /// A page, newest first, 50 rows. Owners and admins see all of it, others the bots on which they
    /// hold Audit, and [`ClientError::Forbidden`] without any.
    async fn list(&self, cx: &RequestCx, filter: &Filter) -> Result<Page<Entry>, ClientError>;
}
