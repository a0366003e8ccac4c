//! The people who talk to a bot.

use domain::{
    Timestamp,
    broadcast::Outcome,
    ids::{BroadcastId, ChatId},
    subscriber::Status,
};

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx, page::Page};

/// What the list is narrowed to. Everything travels in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Filter {
    /// The beginning of a name, a username (with or without `@`) or a Telegram number.
    #[serde(default)]
    pub q: String,
    /// A [`Status`]; anything else means all.
    #[serde(default)]
    pub status: String,
    /// An exact source.
    #[serde(default)]
    pub source: String,
    /// [`Page::next`] of the page before.
    #[serde(default)]
    pub after: String,
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// Telegram's number.
    pub chat: ChatId,
    /// First and last name.
    pub name: String,
    /// Username without `@`.
    pub username: Option<String>,
    /// See [`Status`].
    pub status: Status,
    /// The payload of the first `/start`.
    pub source: Option<String>,
    /// The language of the person's Telegram.
    pub language: Option<String>,
    /// When they first pressed Start.
    pub since: Timestamp,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Person {
    /// As in the list.
    pub row: Row,
    /// When they last wrote or pressed something.
    pub last_active_at: Timestamp,
    /// When the status last changed.
    pub status_since: Timestamp,
    /// What was sent to them, newest first, at most 50.
    pub deliveries: Vec<PersonDelivery>,
}

/// One broadcast that this person was in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PersonDelivery {
    /// Which.
    pub broadcast: BroadcastId,
    /// The beginning of its text.
    pub excerpt: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in Telegram's words or ours.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// The people who talk to a bot. Needs [`domain::rights::Right::View`].
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait SubscribersApi: Send + Sync {
    /// A page of the list, newest first, 50 rows.
    async fn list(
        &self,
        cx: &RequestCx,
        slug: &str,
        filter: &Filter,
    ) -> Result<Page<Row>, ClientError>;

    /// One person. [`ClientError::NotFound`] for a number that never pressed Start.
    async fn person(&self, cx: &RequestCx, slug: &str, chat: ChatId)
    -> Result<Person, ClientError>;
}
