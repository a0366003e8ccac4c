//! Groups and channels that a bot is in.

use domain::{
    Timestamp,
    chat::{Kind, Standing},
    ids::ChatId,
};

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx, page::Page};

/// One group or channel.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Chat {
    /// Telegram's number, below zero.
    pub chat: ChatId,
    /// What it is.
    pub kind: Kind,
    /// What it is called; never empty.
    pub title: String,
    /// Its public name, without `@`.
    pub username: Option<String>,
    /// Whether the bot can write there.
    pub standing: Standing,
    /// Why not, in Telegram's words or ours.
    pub reason: Option<String>,
    /// When that last changed.
    pub standing_since: Timestamp,
    /// When the bot came, or was first heard from there.
    pub since: Timestamp,
}

/// Groups and channels of a bot. Needs [`domain::rights::Right::View`].
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait ChatsApi: Send + Sync {
    /// A page of the list, those that the bot came to last first, 50 rows.
    async fn list(
        &self,
        cx: &RequestCx,
        slug: &str,
        after: &str,
    ) -> Result<Page<Chat>, ClientError>;
}
