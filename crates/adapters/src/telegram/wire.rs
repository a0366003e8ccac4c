//! What goes over the wire, as far as Gannet looks at it.

use std::fmt;

use bytes::Bytes;
use domain::Timestamp;
use domain::ids::TelegramBotId;
use jiff::fmt::serde::timestamp::second;
use serde::{Deserialize, Serialize};

/// The bot itself (`getMe`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Me {
    /// Telegram's number of the bot.
    pub id: TelegramBotId,
    /// Its shown name.
    pub first_name: String,
    /// Its name in links, without the `@`.
    pub username: String,
    /// Whether it can be added to groups.
    #[serde(default)]
    pub can_join_groups: bool,
    /// Whether it sees all messages of its groups.
    #[serde(default)]
    pub can_read_all_group_messages: bool,
}

/// Where Telegram shall send a bot's updates (`setWebhook`).
#[derive(Clone, Copy, Serialize)]
pub struct Webhook<'a> {
    /// The address; it holds a secret path.
    pub url: &'a str,
    /// What Telegram puts into `X-Telegram-Bot-Api-Secret-Token`: 1 to 256 of `A-Z a-z 0-9 _ -`.
    #[serde(rename = "secret_token")]
    pub secret: &'a str,
    /// Kinds of updates wanted. Telegram remembers the last list that was not empty.
    pub allowed_updates: &'a [&'a str],
    /// Most connections at once, 1 to 100.
    pub max_connections: u8,
    /// Whether to throw away what waits.
    #[serde(rename = "drop_pending_updates")]
    pub drop_pending: bool,
}

impl fmt::Debug for Webhook<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("allowed_updates", &self.allowed_updates)
            .field("max_connections", &self.max_connections)
            .field("drop_pending", &self.drop_pending)
            .finish_non_exhaustive()
    }
}

/// What Telegram says of the webhook (`getWebhookInfo`).
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct WebhookInfo {
    /// The address in force; empty when there is none. May hold a secret path.
    pub url: String,
    /// Updates that wait to be delivered.
    pub pending_update_count: u64,
    /// When delivering last failed.
    #[serde(default, deserialize_with = "second::optional::deserialize")]
    pub last_error_date: Option<Timestamp>,
    /// Why delivering last failed, in Telegram's words.
    pub last_error_message: Option<String>,
    /// When Telegram's servers last failed to pass updates on among themselves.
    #[serde(default, deserialize_with = "second::optional::deserialize")]
    pub last_synchronization_error_date: Option<Timestamp>,
    /// Most connections at once.
    pub max_connections: Option<u32>,
    /// Kinds of updates that are delivered; none: the usual ones.
    pub allowed_updates: Option<Vec<String>>,
}

impl fmt::Debug for WebhookInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookInfo")
            .field("is_set", &!self.url.is_empty())
            .field("pending_update_count", &self.pending_update_count)
            .field("last_error_date", &self.last_error_date)
            .field("last_error_message", &self.last_error_message)
            .finish_non_exhaustive()
    }
}

/// One update, as the bytes that came.
#[derive(Clone, PartialEq, Eq)]
pub struct RawUpdate {
    /// Its number; each is one more than the last, or starts anew after a quiet week.
    pub update_id: i64,
    /// The JSON object.
    pub json: Bytes,
}

impl fmt::Debug for RawUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawUpdate({}, {} bytes)", self.update_id, self.json.len())
    }
}

/// A message that Telegram took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its number in the chat.
    pub message_id: i64,
    /// The medium in it, by which it can be sent again without another upload.
    pub file_id: Option<String>,
}

/// A file Telegram keeps (`getFile`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FileRef {
    /// By this it is sent again.
    pub file_id: String,
    /// Its length, when Telegram knows.
    pub file_size: Option<u64>,
    /// Where to download it, for an hour; none when it is too big for that (20 MB).
    pub file_path: Option<String>,
}

/// A picture, small enough to keep.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// JPEG, as Telegram makes all profile pictures.
    pub jpeg: Bytes,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} bytes)", self.jpeg.len())
    }
}

/// An entry of the bot's menu (`setMyCommands`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The word after the slash: 1 to 32 of `a-z 0-9 _`.
    pub command: String,
    /// What it does, 1 to 256 characters.
    pub description: String,
}

/// What `sendMessage` and its kin answer with.
#[derive(Deserialize)]
pub(super) struct SentMessage {
    message_id: i64,
    #[serde(default)]
    photo: Vec<FileId>,
    document: Option<FileId>,
    video: Option<FileId>,
}

#[derive(Deserialize)]
struct FileId {
    file_id: String,
}

impl From<SentMessage> for Sent {
    fn from(message: SentMessage) -> Self {
        let SentMessage { message_id, mut photo, document, video } = message;
        // Telegram lists the sizes of a photo from small to large.
        let file = photo.pop().or(video).or(document);
        Self { message_id, file_id: file.map(|file| file.file_id) }
    }
}

/// What `getUserProfilePhotos` answers with: pictures, each in several sizes.
#[derive(Deserialize)]
pub(super) struct ProfilePhotos {
    pub(super) photos: Vec<Vec<PhotoSize>>,
}

#[derive(Deserialize)]
pub(super) struct PhotoSize {
    pub(super) file_id: String,
    pub(super) width: u32,
}
