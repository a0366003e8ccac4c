//! Reading the audit log.

use domain::{Timestamp, ids::UserId};

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx, page::Page};

/// One line. Its texts are as they were written: whoever shows them writes out what hides in them
/// ([`domain::label::visible`]).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who: a person's name, or the part of Gannet that acted.
    pub actor: String,
    /// Which person, if it was one.
    pub actor_id: Option<UserId>,
    /// What, as one sentence without the actor.
    pub sentence: String,
    /// The kind of event, as a word for filters (`broadcast.sent`).
    pub kind: String,
    /// The bot it is about, by slug.
    pub bot: Option<String>,
    /// What else it is about, by id.
    pub resource: Option<String>,
    /// From where.
    pub ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// Whether the two are gone with the account of whoever did it.
    pub is_erased: bool,
    /// In which request.
    pub request_id: Option<String>,
    /// Its place in the chain; none for lines that are older than the chain.
    pub seq: Option<i64>,
    /// The details one by one.
    pub facts: Vec<Detail>,
    /// The details as JSON; secrets are not among them.
    pub details: String,
}

/// One of a line's details.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Detail {
    /// What it is called.
    pub name: String,
    /// What it was, where it was something else before.
    pub before: Option<String>,
    /// What it is.
    pub value: String,
}

/// Which lines to list. Empty values narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Filter {
    /// A person's id.
    pub person: String,
    /// A bot's slug.
    pub bot: String,
    /// A word of [`Choices::kinds`].
    pub kind: String,
    /// The id of what it is about.
    pub resource: String,
    /// The first day, as `2026-11-26` in the viewer's time zone.
    pub from: String,
    /// The last day, likewise.
    pub to: String,
    /// [`Page::next`] of the page before.
    pub after: String,
}

impl Filter {
    /// What narrows the list, by the names it has in an address.
    pub fn pairs(&self) -> [(&'static str, &str); 6] {
        [
            ("person", &self.person),
            ("bot", &self.bot),
            ("kind", &self.kind),
            ("resource", &self.resource),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }
}

/// What the log can be narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Choices {
    /// People of the workspace by name; none for those who see the log of some bots only.
    pub people: Vec<(UserId, String)>,
    /// The words of all kinds of events.
    pub kinds: Vec<String>,
}

/// Reading the audit log of the current workspace.
///
/// Owners and admins see all of it, others the bots on which they hold Audit, and
/// [`ClientError::Forbidden`] without any. [`ClientError::Invalid`] at `from` or `to` for what is no day.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait AuditApi: Send + Sync {
    /// A page, newest first, 50 rows.
    async fn list(&self, cx: &RequestCx, filter: &Filter) -> Result<Page<Entry>, ClientError>;
    /// The same in pages of 500 rows, to be handed on one by one.
    async fn export(&self, cx: &RequestCx, filter: &Filter) -> Result<Page<Entry>, ClientError>;
    /// What it can be narrowed to.
    async fn choices(&self, cx: &RequestCx) -> Result<Choices, ClientError>;
}
