//! What is sent, and a request for it that is built once.

use std::fmt::{self, Write};

use bytes::{BufMut, Bytes, BytesMut};
use domain::ids::ChatId;
use domain::text;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Credentials;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A message on its way out: what it holds, and how it is to arrive.
#[derive(Clone)]
pub struct Outgoing {
    /// What it holds.
    pub content: Content,
    /// `reply_markup`: buttons, as the Bot API's JSON.
    pub buttons: Option<Box<RawValue>>,
    /// Whether it arrives without a sound.
    pub silent: bool,
    /// Whether forwarding and saving it is switched off.
    pub protected: bool,
    /// Whether it may cost Stars to go faster than Telegram's free rate.
    pub paid: bool,
    /// Whether the first link of a text shows a preview.
    pub link_preview: bool,
    /// The message of the same chat it answers. It is sent as well when that one is gone.
    pub reply_to: Option<i64>,
}

/// What a message holds. A medium is a `file_id`, or an https address Telegram fetches.
#[derive(Clone)]
pub enum Content {
    /// Text, 1 to 4,096 UTF-16 units.
    Text(text::Message),
    /// A photo and its caption.
    Photo(String, text::Message),
    /// A file and its caption.
    Document(String, text::Message),
    /// A video and its caption.
    Video(String, text::Message),
}

impl Content {
    const fn method(&self) -> &'static str {
        match self {
            Self::Text(_) => "sendMessage",
            Self::Photo(..) => "sendPhoto",
            Self::Document(..) => "sendDocument",
            Self::Video(..) => "sendVideo",
        }
    }
}

impl From<Content> for Outgoing {
    /// With sound, with a link preview, and without buttons.
    fn from(content: Content) -> Self {
        Self {
            content,
            buttons: None,
            silent: false,
            protected: false,
            paid: false,
            link_preview: true,
            reply_to: None,
        }
    }
}

impl From<text::Message> for Outgoing {
    fn from(text: text::Message) -> Self {
        Content::Text(text).into()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What people write to each other is nobody's business, the log's least of all.
        write!(f, "Outgoing({})", self.content.method())
    }
}

/// A request that is built once and sent to many: only the chat changes.
#[derive(Clone)]
pub struct Prepared {
    uri: Uri,
    /// The body after the chat's number.
    tail: Bytes,
}

impl Prepared {
    /// Builds the request for `message` as the bot of `who`.
    pub fn new(who: &Credentials, message: &Outgoing) -> Self {
        let tail = serde_json::to_vec(&Tail::of(message)).expect("texts and numbers are JSON");
        // The object's own brace gives way to the one before the chat's number.
        let tail = Bytes::from(tail).slice(1..);
        Self { uri: uri(who, message.content.method()), tail }
    }

    /// The request for one chat.
    pub(super) fn request(&self, chat: ChatId) -> Request<Full<Bytes>> {
        let mut body = BytesMut::with_capacity(self.tail.len() + 40);
        write!(body, "{{\"chat_id\":{chat},").expect("a buffer takes what fits its memory");
        body.put_slice(&self.tail);
        post(self.uri.clone(), body.freeze())
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({} bytes)", self.tail.len())
    }
}

/// The address of a method. It holds the token: it goes to the client and nowhere else.
pub(super) fn uri(who: &Credentials, method: &str) -> Uri {
    let text = format!("{}/bot{}/{method}", who.api.as_str(), who.token.expose());
    text.try_into().expect("a base, a token and a method make an address")
}

pub(super) fn post(uri: Uri, json: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(json));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    request.headers_mut().insert(CONTENT_TYPE, JSON);
    request
}

/// The parameters beside the chat. There is always one, so that the comma before it is right.
#[derive(Serialize)]
struct Tail<'a> {
    #[serde(flatten)]
    content: Params<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "is_false")]
    disable_notification: bool,
    #[serde(skip_serializing_if = "is_false")]
    protect_content: bool,
    #[serde(skip_serializing_if = "is_false")]
    allow_paid_broadcast: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_parameters: Option<ReplyTo>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Params<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        entities: &'a [text::Entity],
        #[serde(skip_serializing_if = "Option::is_none")]
        link_preview_options: Option<NoPreview>,
    },
    Medium {
        #[serde(skip_serializing_if = "Option::is_none")]
        photo: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        document: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        video: Option<&'a str>,
        #[serde(skip_serializing_if = "str::is_empty")]
        caption: &'a str,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        caption_entities: &'a [text::Entity],
    },
}

#[derive(Serialize)]
struct NoPreview {
    is_disabled: bool,
}

#[derive(Serialize)]
struct ReplyTo {
    message_id: i64,
    allow_sending_without_reply: bool,
}

impl<'a> Tail<'a> {
    fn of(message: &'a Outgoing) -> Self {
        let content = match &message.content {
            Content::Text(text::Message { text, entities }) => Params::Text {
                text,
                entities,
                link_preview_options: (!message.link_preview)
                    .then_some(NoPreview { is_disabled: true }),
            },
            Content::Photo(file, caption) => Params::medium([Some(file), None, None], caption),
            Content::Document(file, caption) => Params::medium([None, Some(file), None], caption),
            Content::Video(file, caption) => Params::medium([None, None, Some(file)], caption),
        };
        Self {
            content,
            reply_markup: message.buttons.as_deref(),
            disable_notification: message.silent,
            protect_content: message.protected,
            allow_paid_broadcast: message.paid,
            reply_parameters: message
                .reply_to
                .map(|message_id| ReplyTo { message_id, allow_sending_without_reply: true }),
        }
    }
}

impl<'a> Params<'a> {
    fn medium(files: [Option<&'a String>; 3], caption: &'a text::Message) -> Self {
        let [photo, document, video] = files.map(|file| file.map(String::as_str));
        let text::Message { text: caption, entities: caption_entities } = caption;
        Self::Medium { photo, document, video, caption, caption_entities }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use domain::text::{Entity, Style};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::super::tests::spec;
    use super::super::{ApiBase, BotToken};
    use super::*;

    fn who() -> Credentials {
        let token = BotToken::parse("123456:TEST-not_a_token-TEST-not_a_token").unwrap();
        Credentials { api: ApiBase::parse("http://127.0.0.1:8081/api/").unwrap(), token }
    }

    async fn sent(message: &Outgoing, chat: ChatId) -> (String, Value) {
        let request = Prepared::new(&who(), message).request(chat);
        let path = request.uri().path().to_owned();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap();
        spec::fits(message.content.method(), &body);
        (path, body)
    }

    fn bold(text: &str) -> text::Message {
        let entities = vec![Entity { style: Style::Bold, offset: 0, length: 2 }];
        text::Message { text: text.into(), entities }
    }

    #[tokio::test]
    async fn a_plain_text_is_the_chat_and_the_text() {
        let text = text::Message { text: "Hé \"you\"\n".into(), entities: vec![] };
        let (path, body) = sent(&text.into(), -1_001_234).await;
        assert_eq!(path, "/api/bot123456:TEST-not_a_token-TEST-not_a_token/sendMessage");
        assert_eq!(body, json!({"chat_id": -1_001_234, "text": "Hé \"you\"\n"}));
    }

    #[tokio::test]
    async fn every_choice_has_its_parameter() {
        let buttons = r#"{"inline_keyboard":[[{"text":"Go","url":"https://example.org"}]]}"#;
        let message = Outgoing {
            buttons: Some(RawValue::from_string(buttons.into()).unwrap()),
            silent: true,
            protected: true,
            paid: true,
            link_preview: false,
            reply_to: Some(7),
            ..bold("hello").into()
        };
        let (_, body) = sent(&message, 5).await;
        let want = json!({
            "chat_id": 5,
            "text": "hello",
            "entities": [{"type": "bold", "offset": 0, "length": 2}],
            "link_preview_options": {"is_disabled": true},
            "reply_markup": {"inline_keyboard": [[{"text": "Go", "url": "https://example.org"}]]},
            "disable_notification": true,
            "protect_content": true,
            "allow_paid_broadcast": true,
            "reply_parameters": {"message_id": 7, "allow_sending_without_reply": true},
        });
        assert_eq!(body, want);
    }

    #[tokio::test]
    async fn media_go_by_their_own_methods() {
        let none = text::Message::default();
        let entity = json!([{"type": "bold", "offset": 0, "length": 2}]);
        let cases = [
            (
                Content::Photo("AgAD".into(), bold("look")),
                "sendPhoto",
                json!({"chat_id": 5, "photo": "AgAD", "caption": "look", "caption_entities": entity}),
            ),
            (
                Content::Document("https://example.org/a.pdf".into(), none.clone()),
                "sendDocument",
                json!({"chat_id": 5, "document": "https://example.org/a.pdf"}),
            ),
            (
                Content::Video("BAAD".into(), none),
                "sendVideo",
                json!({"chat_id": 5, "video": "BAAD"}),
            ),
        ];
        for (content, method, want) in cases {
            let (path, body) = sent(&content.into(), 5).await;
            assert!(path.ends_with(method), "{path}");
            assert_eq!(body, want);
        }
    }

    #[test]
    fn neither_text_nor_token_is_printed() {
        let message = Outgoing::from(bold("private words"));
        let printed = format!("{message:?} {:?} {:?}", Prepared::new(&who(), &message), who());
        assert!(!printed.contains("private") && !printed.contains("TEST"), "{printed}");
    }
}
