//! The port.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::ids::ChatId;

use super::{
    CallError, Command, Credentials, FileRef, Me, Outgoing, Picture, Prepared, RawUpdate,
    SendError, Sent, Webhook, WebhookInfo,
};

/// A Bot API, as Gannet uses it. Each call is bounded: 10 s, connecting included.
///
/// Dropping the future of a send leaves its outcome unknown.
#[async_trait]
pub trait Telegram: Send + Sync {
    /// Who the token belongs to.
    ///
    /// # Errors
    /// [`CallError::Unauthorized`] when Telegram does not know the token.
    async fn get_me(&self, who: &Credentials) -> Result<Me, CallError>;

    /// Has updates delivered to an address from now on.
    ///
    /// # Errors
    /// [`CallError::Rejected`] when Telegram will not deliver there. After
    /// [`CallError::Unanswered`] either webhook may be in force.
    async fn set_webhook(&self, who: &Credentials, hook: &Webhook<'_>) -> Result<(), CallError>;

    /// Ends delivery, which makes way for `get_updates`.
    ///
    /// # Errors
    /// See [`CallError`].
    async fn delete_webhook(&self, who: &Credentials, drop_pending: bool) -> Result<(), CallError>;

    /// What Telegram says of the delivery.
    ///
    /// # Errors
    /// See [`CallError`].
    async fn get_webhook_info(&self, who: &Credentials) -> Result<WebhookInfo, CallError>;

    /// Waits up to `timeout` (whole seconds, at most 50 s) for updates numbered `offset` or higher, at most 100,
    /// and forgets the ones before. Answered within `timeout` and 10 s.
    ///
    /// # Errors
    /// [`CallError::Conflict`] when a webhook is set or another program polls.
    async fn get_updates(
        &self,
        who: &Credentials,
        offset: i64,
        timeout: Duration,
        allowed: &[&str],
    ) -> Result<Vec<RawUpdate>, CallError>;

    /// Sends one message to one chat.
    ///
    /// # Errors
    /// [`SendError`] says what to do next.
    async fn send(
        &self,
        who: &Credentials,
        chat: ChatId,
        message: &Outgoing,
    ) -> Result<Sent, SendError> {
        self.send_prepared(&Prepared::new(who, message), chat).await
    }

    /// Sends a message that was prepared for many to one chat.
    ///
    /// # Errors
    /// [`SendError`] says what to do next.
    async fn send_prepared(&self, message: &Prepared, chat: ChatId) -> Result<Sent, SendError>;

    /// Ends the waiting of a pressed button, with a note of at most 200 characters.
    ///
    /// # Errors
    /// [`CallError::Rejected`] when the press is too long ago.
    async fn answer_callback_query(
        &self,
        who: &Credentials,
        query: &str,
        note: Option<&str>,
    ) -> Result<(), CallError>;

    /// Leaves a group.
    ///
    /// # Errors
    /// See [`CallError`].
    async fn leave_chat(&self, who: &Credentials, chat: ChatId) -> Result<(), CallError>;

    /// Sets the bot's menu, at most 100 entries.
    ///
    /// # Errors
    /// [`CallError::Rejected`] when an entry is not as [`Command`] says.
    async fn set_my_commands(
        &self,
        who: &Credentials,
        commands: &[Command],
    ) -> Result<(), CallError>;

    /// Where a file can be downloaded.
    ///
    /// # Errors
    /// [`CallError::Rejected`] for an unknown file.
    async fn get_file(&self, who: &Credentials, file_id: &str) -> Result<FileRef, CallError>;

    /// Downloads at most `most` bytes from a path that [`get_file`](Self::get_file) gave.
    ///
    /// # Errors
    /// [`CallError::Unanswered`] when it is longer, [`CallError::Rejected`] when it is gone.
    async fn download(
        &self,
        who: &Credentials,
        path: &str,
        most: usize,
    ) -> Result<Bytes, CallError>;

    /// The current profile picture of a user or bot, in a small size; nothing when there is none.
    ///
    /// # Errors
    /// See [`CallError`].
    async fn profile_picture(
        &self,
        who: &Credentials,
        user: ChatId,
    ) -> Result<Option<Picture>, CallError>;
}
