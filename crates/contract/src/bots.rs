//! Connecting bots, and looking after the connection.

use domain::{
    Timestamp,
    bot::{Api, Delivery, Slug},
    broadcast,
    ids::WorkspaceId,
    rights::{Right, Rights},
};

use crate::approvals::Waiting;
#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx};

/// One bot on the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BotCard {
    /// Its place in URLs.
    pub slug: Slug,
    /// Its name in Telegram.
    pub name: String,
    /// Whether it lives in the sandbox.
    pub api: Api,
    /// Subscribers who can be written to.
    pub active: u64,
    /// New subscribers a day, the oldest first, 14 days with today the last.
    pub growth: Vec<u64>,
    /// The most recent broadcast that was started.
    pub last_broadcast: Option<LastBroadcast>,
    /// What holds the bot up, for a person; none when all is well.
    pub trouble: Option<String>,
    /// Whether nothing of it is edited or sent for now.
    pub read_only: bool,
    /// Requests for approval that wait for the viewer.
    pub waiting: Vec<Waiting>,
}

/// The last broadcast of a bot, in one line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LastBroadcast {
    /// The beginning of its text.
    pub excerpt: String,
    /// Where it stands.
    pub status: broadcast::Status,
    /// When it was started.
    pub started_at: Timestamp,
    /// People it goes to.
    pub total: u64,
    /// What has become of them so far.
    pub tally: broadcast::Tally,
}

/// What `getMe` said of a token, before anything is saved.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TokenPreview {
    /// The bot's name.
    pub name: String,
    /// Its username, without `@`.
    pub username: String,
    /// Its picture as a `data:` URL, if it has one.
    pub picture: Option<String>,
    /// Stands for the token in the form that connects the bot: sealed for the one who pasted it, good
    /// for ten minutes.
    pub ticket: String,
    /// The host of another program that receives the bot's messages now. Connecting takes them away from
    /// it, and needs [`Connect::take_over`].
    pub held_by: Option<String>,
}

/// A bot as its pages show it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BotView {
    /// Its place in URLs.
    pub slug: Slug,
    /// Its name in Telegram.
    pub name: String,
    /// Its username, in Telegram's spelling.
    pub username: String,
    /// Whether it lives in the sandbox.
    pub api: Api,
    /// Telegram's number, the public half of the token.
    pub telegram_id: i64,
    /// The last four characters of the token.
    pub token_last4: String,
    /// What the viewer may do with it.
    pub rights: Rights,
    /// Answer to `/start`, in our markup.
    pub welcome: String,
    /// Answer to `/stop`, in our markup.
    pub goodbye: String,
    /// Token for `if_unmodified_since`.
    pub version: String,
    /// People by status: active, paused, unsubscribed, blocked, deactivated.
    pub counts: Counts,
    /// New subscribers a day, the oldest first, 14 days with today the last.
    pub growth: Vec<u64>,
    /// Sources with their subscribers, the largest first, at most ten.
    pub sources: Vec<(String, u64)>,
    /// People from the sandbox who are still on their way.
    pub sandbox_people: Option<u64>,
    /// Whether nothing of it is edited or sent for now.
    pub read_only: bool,
    /// Most messages a second that it was asked to send; none: as many as the instance allows.
    pub rate: Option<u32>,
    /// Most messages a second that the instance allows.
    pub fastest: u32,
}

/// Subscribers by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// See [`domain::subscriber::Status::Active`].
    pub active: u64,
    /// See [`domain::subscriber::Status::Paused`].
    pub paused: u64,
    /// See [`domain::subscriber::Status::Unsubscribed`].
    pub unsubscribed: u64,
    /// See [`domain::subscriber::Status::Blocked`].
    pub blocked: u64,
    /// See [`domain::subscriber::Status::Deactivated`].
    pub deactivated: u64,
}

/// The connection between Telegram and us.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Connection {
    /// How updates arrive.
    pub delivery: Delivery,
    /// When the last update arrived.
    pub last_update_at: Option<Timestamp>,
    /// Updates that wait at Telegram; none when Telegram did not answer.
    pub pending: Option<u64>,
    /// Updates that have arrived and are not in effect yet, counted up to [`Connection::MOST`].
    pub waiting: u64,
    /// When the oldest of those arrived.
    pub waiting_since: Option<Timestamp>,
    /// Telegram's last complaint about our webhook, or our last failure to reach Telegram.
    pub last_error: Option<String>,
    /// What is wrong, for a person; none when all is well.
    pub trouble: Option<String>,
}

impl Connection {
    /// Most updates that are counted of those that wait here.
    pub const MOST: u64 = 1_000;
}

/// `POST /bots/connect`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Connect {
    /// A token, or BotFather's whole message.
    #[serde(default)]
    pub token: String,
    /// `yes` to take the bot's messages away from another program; see [`TokenPreview::held_by`].
    #[serde(default)]
    pub take_over: String,
}

/// `POST /bots/{slug}/settings`: the bot's own answers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Texts {
    /// Answer to `/start`, in our markup; empty for none.
    #[serde(default)]
    pub welcome: String,
    /// Answer to `/stop`, in our markup; empty for none.
    #[serde(default)]
    pub goodbye: String,
    /// The version that was read; see [`BotView::version`].
    #[serde(default)]
    pub if_unmodified_since: String,
}

/// `POST /bots/{slug}/read-only`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct ReadOnly {
    /// [`ReadOnly::ON`] or [`ReadOnly::OFF`].
    #[serde(default)]
    pub read_only: String,
}

impl ReadOnly {
    /// Nothing is edited or sent from now on.
    pub const ON: &'static str = "on";
    /// Everything may be again.
    pub const OFF: &'static str = "off";

    /// What is asked for; none for another word.
    pub fn wanted(&self) -> Option<bool> {
        match self.read_only.as_str() {
            Self::ON => Some(true),
            Self::OFF => Some(false),
            _ => None,
        }
    }
}

/// `POST /bots/{slug}/rate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Pace {
    /// Most messages a second, 1 to [`BotView::fastest`]; empty for as many as the instance allows.
    #[serde(default)]
    pub rate: String,
}

/// `POST /bots/{slug}/move`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Relocate {
    /// Which of the viewer's workspaces the bot goes to.
    #[serde(default)]
    pub workspace: String,
}

impl Relocate {
    /// What the page calls its password field, beside that of the form for another token.
    pub const AGAIN: &'static str = "again-move";
}

/// A workspace that a bot could go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Which.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// Connecting bots, and looking after the connection. Everything but the first four needs a right on
/// the bot and answers [`ClientError::Forbidden`] without it.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait BotsApi: Send + Sync {
    /// The viewer's bots in the current workspace, by name.
    async fn list(&self, cx: &RequestCx) -> Result<Vec<BotCard>, ClientError>;

    /// Whether sandbox bots are offered on this instance.
    fn sandbox_offered(&self) -> bool;

    /// Asks Telegram whose token this is. Saves nothing.
    async fn preview(&self, cx: &RequestCx, form: &Connect) -> Result<TokenPreview, ClientError>;

    /// Connects a bot and starts receiving its updates. Twice is as good as once: it is there then.
    async fn connect(&self, cx: &RequestCx, form: &Connect) -> Result<Slug, ClientError>;

    /// Makes a bot in the sandbox, connects it, and lets 1,000 people press Start. `once` is made with
    /// the page: the same text leads to the bot that it made before. Empty for another bot each time.
    async fn connect_sandbox(&self, cx: &RequestCx, once: &str) -> Result<Slug, ClientError>;

    /// One bot.
    async fn view(&self, cx: &RequestCx, slug: &str) -> Result<BotView, ClientError>;

    /// The bot's name and the viewer's rights: what every page of the bot has in its frame.
    async fn frame(&self, cx: &RequestCx, slug: &str) -> Result<BotFrame, ClientError>;

    /// The state of its connection, asked from Telegram now.
    async fn connection(&self, cx: &RequestCx, slug: &str) -> Result<Connection, ClientError>;

    /// Registers webhook or polling anew, with a new secret.
    async fn repair(&self, cx: &RequestCx, slug: &str) -> Result<(), ClientError>;

    /// Changes the answers to `/start` and `/stop`. [`ClientError::Conflict`] while the bot is read-only.
    async fn set_texts(&self, cx: &RequestCx, slug: &str, texts: Texts) -> Result<(), ClientError>;

    /// Makes the bot read-only, or takes that back. Needs Manage.
    async fn set_read_only(
        &self,
        cx: &RequestCx,
        slug: &str,
        form: ReadOnly,
    ) -> Result<(), ClientError>;

    /// Has it send more slowly than the instance allows, or as fast again. A broadcast that is being sent follows
    /// within a second. Needs Manage.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at `rate`.
    async fn set_rate(&self, cx: &RequestCx, slug: &str, form: Pace) -> Result<(), ClientError>;

    /// Puts a new token of the same bot into force.
    async fn rotate(&self, cx: &RequestCx, slug: &str, form: &Connect) -> Result<(), ClientError>;

    /// Where the bot could go: the viewer's other workspaces, if they own the one it is in too.
    async fn destinations(
        &self,
        cx: &RequestCx,
        slug: &str,
    ) -> Result<Vec<Destination>, ClientError>;

    /// Moves it there with everything that is its own; what members were granted ends. For the owner of both,
    /// with a fresh proof. Gives where it is then, for the caller to make it the current workspace.
    /// [`ClientError::Conflict`] while a broadcast is being sent.
    async fn relocate(
        &self,
        cx: &RequestCx,
        slug: &str,
        form: Relocate,
    ) -> Result<WorkspaceId, ClientError>;

    /// Removes webhook and token; subscribers are kept for 30 days. `typed` must be the username.
    async fn disconnect(&self, cx: &RequestCx, slug: &str, typed: &str) -> Result<(), ClientError>;
}

/// What every page of a bot shows around its content.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BotFrame {
    /// Its place in URLs.
    pub slug: Slug,
    /// Its name in Telegram.
    pub name: String,
    /// Whether it lives in the sandbox.
    pub api: Api,
    /// What the viewer may do with it.
    pub rights: Rights,
    /// Whether nothing of it is edited or sent for now.
    pub read_only: bool,
    /// Requests for approval that wait for the viewer.
    pub waiting: Vec<Waiting>,
}

impl BotFrame {
    /// Whether the viewer may write drafts and texts of it now.
    pub fn may_edit(&self) -> bool {
        self.rights.allow(Right::Edit) && !self.read_only
    }

    /// Whether the viewer may send in its name now.
    pub fn may_send(&self) -> bool {
        self.rights.allow(Right::Send) && !self.read_only
    }
}
