//! The client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::ids::ChatId;
use http::Request;
use http_body_util::Full;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::answer::{Failure, read};
use super::http::Http;
use super::outgoing::{post, uri};
use super::port::Telegram;
use super::sends::Sends;
use super::wire::{PhotoSize, ProfilePhotos, SentMessage};
use super::{
    CallError, Command, Credentials, FileRef, Me, Picture, Prepared, RawUpdate, SendError, Sent,
    Unanswered, Webhook, WebhookInfo,
};

/// Longest any call may take, from connecting to the last byte.
const DEADLINE: Duration = Duration::from_secs(10);
/// Longest one poll may wait; Telegram's own limit.
const LONGEST_POLL: Duration = Duration::from_secs(50);
/// Most bytes of an answer.
const ANSWER: usize = 1 << 20;
/// Most bytes of an answer to `getUpdates`; a Bot API server stops at half of it.
const UPDATES: usize = 8 << 20;
/// Most bytes of a picture.
const PICTURE: usize = 1 << 20;
/// Pixels a small picture should be wide.
const SMALL: u32 = 160;

/// Calls Bot API servers over HTTP/1.1. One per process: connections are kept and shared.
#[derive(Clone)]
pub struct BotApi {
    http: Http,
    deadline: Duration,
    sends: Arc<Sends>,
}

impl BotApi {
    /// A client with no connections yet.
    pub fn new() -> Self {
        Self { http: Http::new(), deadline: DEADLINE, sends: Arc::default() }
    }

    /// Gives each call another deadline than 10 s.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// What became of the messages it sent, shared by its clones.
    pub fn sends(&self) -> Arc<Sends> {
        Arc::clone(&self.sends)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        who: &Credentials,
        method: &str,
        params: &(impl Serialize + Sync),
    ) -> Result<T, CallError> {
        Ok(self.ask(request(who, method, params), self.deadline, ANSWER).await?)
    }

    /// For methods that answer `true`.
    async fn order(
        &self,
        who: &Credentials,
        method: &str,
        params: &(impl Serialize + Sync),
    ) -> Result<(), CallError> {
        self.call::<bool>(who, method, params).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: Request<Full<Bytes>>,
        within: Duration,
        most: usize,
    ) -> Result<T, Failure> {
        read(&self.http.exchange(request, within, most).await?)
    }
}

impl Default for BotApi {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for BotApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BotApi").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

#[async_trait]
impl Telegram for BotApi {
    async fn get_me(&self, who: &Credentials) -> Result<Me, CallError> {
        self.call(who, "getMe", &json!({})).await
    }

    async fn set_webhook(&self, who: &Credentials, hook: &Webhook<'_>) -> Result<(), CallError> {
        self.order(who, "setWebhook", hook).await
    }

    async fn delete_webhook(&self, who: &Credentials, drop_pending: bool) -> Result<(), CallError> {
        self.order(who, "deleteWebhook", &json!({"drop_pending_updates": drop_pending})).await
    }

    async fn get_webhook_info(&self, who: &Credentials) -> Result<WebhookInfo, CallError> {
        self.call(who, "getWebhookInfo", &json!({})).await
    }

    async fn get_updates(
        &self,
        who: &Credentials,
        offset: i64,
        timeout: Duration,
        allowed: &[&str],
    ) -> Result<Vec<RawUpdate>, CallError> {
        let timeout = timeout.min(LONGEST_POLL);
        let params = json!({
            "offset": offset,
            "timeout": timeout.as_secs(),
            "allowed_updates": allowed,
        });
        let request = request(who, "getUpdates", &params);
        let raw: Vec<Box<RawValue>> = self.ask(request, timeout + self.deadline, UPDATES).await?;
        raw.into_iter().map(update).collect()
    }

    async fn send_prepared(&self, message: &Prepared, chat: ChatId) -> Result<Sent, SendError> {
        let flight = self.sends.begin();
        let sent = self.ask::<SentMessage>(message.request(chat), self.deadline, ANSWER).await;
        let sent = sent.map(Sent::from).map_err(SendError::from);
        flight.land(&sent);
        sent
    }

    async fn answer_callback_query(
        &self,
        who: &Credentials,
        query: &str,
        note: Option<&str>,
    ) -> Result<(), CallError> {
        let mut params = json!({"callback_query_id": query});
        if let Some(note) = note {
            params["text"] = note.into();
        }
        self.order(who, "answerCallbackQuery", &params).await
    }

    async fn leave_chat(&self, who: &Credentials, chat: ChatId) -> Result<(), CallError> {
        self.order(who, "leaveChat", &json!({"chat_id": chat})).await
    }

    async fn set_my_commands(
        &self,
        who: &Credentials,
        commands: &[Command],
    ) -> Result<(), CallError> {
        self.order(who, "setMyCommands", &json!({"commands": commands})).await
    }

    async fn get_file(&self, who: &Credentials, file_id: &str) -> Result<FileRef, CallError> {
        self.call(who, "getFile", &json!({"file_id": file_id})).await
    }

    async fn download(
        &self,
        who: &Credentials,
        path: &str,
        most: usize,
    ) -> Result<Bytes, CallError> {
        let rejected = |code, why: &str| CallError::Rejected { code, description: why.into() };
        if !is_plain_path(path) {
            return Err(rejected(400, "not a path of a file"));
        }
        let text = format!("{}/file/bot{}/{path}", who.api.as_str(), who.token.expose());
        let mut request = Request::new(Full::default());
        *request.uri_mut() = text.try_into().map_err(|_| rejected(400, "not a path of a file"))?;
        let reply = self.http.exchange(request, self.deadline, most).await?;
        match (reply.status, &reply.body) {
            (200, Some(body)) => Ok(body.clone()),
            (200, None) => Err(CallError::Unanswered(Unanswered::Garbled)),
            // Anything else is an answer like any other; only the envelope's result is never read.
            _ => Err(read::<()>(&reply).map_or_else(Into::into, |()| rejected(404, "no file"))),
        }
    }

    async fn profile_picture(
        &self,
        who: &Credentials,
        user: ChatId,
    ) -> Result<Option<Picture>, CallError> {
        let params = json!({"user_id": user, "limit": 1});
        let found: ProfilePhotos = self.call(who, "getUserProfilePhotos", &params).await?;
        let Some(size) = found.photos.first().and_then(|sizes| small(sizes)) else {
            return Ok(None);
        };
        let Some(path) = self.get_file(who, &size.file_id).await?.file_path else {
            return Ok(None);
        };
        let jpeg = self.download(who, &path, PICTURE).await?;
        Ok(Some(Picture { jpeg }))
    }
}

fn request(
    who: &Credentials,
    method: &str,
    params: &(impl Serialize + Sync),
) -> Request<Full<Bytes>> {
    let json = serde_json::to_vec(params).expect("texts and numbers are JSON");
    post(uri(who, method), json.into())
}

/// An update's number, and its bytes as they came.
fn update(raw: Box<RawValue>) -> Result<RawUpdate, CallError> {
    #[derive(Deserialize)]
    struct Numbered {
        update_id: i64,
    }
    let Numbered { update_id } =
        serde_json::from_str(raw.get()).map_err(|_| CallError::Unanswered(Unanswered::Garbled))?;
    Ok(RawUpdate { update_id, json: Bytes::from(Box::<str>::from(raw).into_boxed_bytes()) })
}

/// The narrowest size that is wide enough, or else the widest.
fn small(sizes: &[PhotoSize]) -> Option<&PhotoSize> {
    let enough = sizes.iter().filter(|size| size.width >= SMALL).min_by_key(|size| size.width);
    enough.or_else(|| sizes.iter().max_by_key(|size| size.width))
}

/// Whether a path can stand in an address as it is, and leads nowhere but down.
fn is_plain_path(path: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/');
    !path.is_empty()
        && path.bytes().all(plain)
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}
