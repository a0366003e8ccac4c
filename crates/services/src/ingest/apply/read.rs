//! What an update says, as far as Gannet looks at it.

mod places;

use domain::{
    ids::ChatId,
    label,
    start::{Command, Payload},
};
use serde::Deserialize;

use places::Member;
pub(super) use places::{Heard, Place};

/// How Telegram calls a chat with a person.
const PRIVATE: &str = "private";

/// Most characters of a name that are kept.
const NAME: usize = 128;

/// Most bytes of a language's tag.
const LANGUAGE: usize = 35;

/// Most bytes of a username.
const USERNAME: usize = 32;

/// What an update is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Somebody did something in a private chat.
    Person(Profile, What),
    /// Something is heard from a group or channel.
    Chat(Place, Heard),
}

impl Seen {
    /// The payload, if Start was pressed with one.
    pub fn payload(&self) -> Option<&str> {
        match self {
            Self::Person(_, What::Started(payload)) => payload.as_ref().map(Payload::as_str),
            Self::Person(..) | Self::Chat(..) => None,
        }
    }
}

/// A person as Telegram describes them, made fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    /// The chat; for a person it is the person's own number.
    pub chat: ChatId,
    /// First and last name; never empty.
    pub name: String,
    /// Username without `@`.
    pub username: Option<String>,
    /// The language of their Telegram.
    pub language: Option<String>,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Pressed Start.
    Started(Option<Payload>),
    /// Wrote `/stop`.
    Stopped,
    /// Wrote something else, or pressed a button.
    Active,
    /// Blocked the bot.
    Blocked,
    /// Took the block back.
    Unblocked,
}

#[derive(Deserialize)]
struct Update {
    message: Option<Message>,
    channel_post: Option<Post>,
    callback_query: Option<Callback>,
    my_chat_member: Option<Membership>,
}

#[derive(Deserialize)]
struct Message {
    chat: Chat,
    from: Option<User>,
    text: Option<String>,
    migrate_to_chat_id: Option<ChatId>,
    migrate_from_chat_id: Option<ChatId>,
}

#[derive(Deserialize)]
struct Post {
    chat: Chat,
}

#[derive(Deserialize)]
struct Callback {
    from: User,
    message: Option<Pressed>,
}

#[derive(Deserialize)]
struct Pressed {
    chat: Chat,
}

#[derive(Deserialize)]
struct Membership {
    chat: Chat,
    from: User,
    new_chat_member: Member,
}

#[derive(Deserialize)]
struct Chat {
    id: ChatId,
    #[serde(rename = "type")]
    kind: String,
    title: Option<String>,
    username: Option<String>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    is_bot: bool,
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    language_code: Option<String>,
}

/// Reads an update for the bot called `username`. None: nothing that concerns us.
///
/// # Errors
/// Why it cannot be understood, in a few words.
pub(super) fn read(body: &[u8], username: &str) -> Result<Option<Seen>, &'static str> {
    let update: Update = serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => "not as the Bot API describes an update",
        _ => "not JSON",
    })?;
    Ok(match update {
        Update { message: Some(Message { chat, migrate_to_chat_id: Some(to), .. }), .. } => {
            places::heard(chat, Heard::Became(to))
        }
        Update {
            message: Some(Message { chat, migrate_from_chat_id: Some(from), .. }), ..
        } => places::heard(chat, Heard::Was(from)),
        Update { message: Some(Message { chat, .. }), .. } if chat.kind != PRIVATE => {
            places::heard(chat, Heard::Something)
        }
        Update { channel_post: Some(Post { chat }), .. } => places::heard(chat, Heard::Something),
        Update { message: Some(Message { chat, from: Some(from), text, .. }), .. } => {
            let command = text.and_then(|text| Command::parse(&text, username));
            seen(
                &chat,
                from,
                match command {
                    Some(Command::Start(payload)) => What::Started(payload),
                    Some(Command::Stop) => What::Stopped,
                    None => What::Active,
                },
            )
        }
        Update { callback_query: Some(Callback { from, message: Some(message) }), .. } => {
            seen(&message.chat, from, What::Active)
        }
        Update { my_chat_member: Some(Membership { chat, new_chat_member, .. }), .. }
            if chat.kind != PRIVATE =>
        {
            let heard = new_chat_member.heard(&chat.kind);
            heard.and_then(|heard| places::heard(chat, heard))
        }
        Update { my_chat_member: Some(Membership { chat, from, new_chat_member }), .. } => {
            match new_chat_member.status.as_str() {
                "kicked" => seen(&chat, from, What::Blocked),
                "member" => seen(&chat, from, What::Unblocked),
                _ => None,
            }
        }
        Update { .. } => None,
    })
}

/// Only people in private chats are subscribers: no groups, no channels, no other bots.
fn seen(chat: &Chat, from: User, what: What) -> Option<Seen> {
    if chat.kind != PRIVATE || from.is_bot {
        return None;
    }
    let username = from.username.filter(|name| is_word(name, USERNAME, b'_'));
    let name =
        label::clean(&format!("{} {}", from.first_name, from.last_name.unwrap_or_default()), NAME);
    let name = match (name.is_empty(), &username) {
        (false, _) => name,
        (true, Some(username)) => username.clone(),
        (true, None) => format!("#{}", chat.id),
    };
    let language = from.language_code.filter(|tag| is_word(tag, LANGUAGE, b'-'));
    Some(Seen::Person(Profile { chat: chat.id, name, username, language }, what))
}

fn is_word(text: &str, longest: usize, and: u8) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == and)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn what(update: &Value) -> Result<Option<What>, &'static str> {
        let seen = read(update.to_string().as_bytes(), "acme_bot")?;
        Ok(seen.and_then(|seen| match seen {
            Seen::Person(_, what) => Some(what),
            Seen::Chat(..) => None,
        }))
    }

    fn message(kind: &str, text: &str) -> Value {
        json!({
            "update_id": 1,
            "message": {
                "message_id": 1, "date": 0, "text": text,
                "chat": {"id": 7, "type": kind, "first_name": "Ann"},
                "from": {"id": 7, "is_bot": false, "first_name": "Ann", "language_code": "pt-BR"},
            },
        })
    }

    fn membership(kind: &str, status: &str) -> Value {
        json!({
            "update_id": 1,
            "my_chat_member": {
                "chat": {"id": 7, "type": kind}, "date": 0,
                "from": {"id": 7, "is_bot": false, "first_name": "Ann"},
                "old_chat_member": {"status": "member"},
                "new_chat_member": {"status": status, "user": {"id": 1, "is_bot": true, "first_name": "Acme"}},
            },
        })
    }

    #[test]
    fn each_kind_of_update_says_one_thing() {
        let press = json!({
            "update_id": 1,
            "callback_query": {
                "id": "1", "chat_instance": "1", "data": "x",
                "from": {"id": 7, "is_bot": false, "first_name": "Ann"},
                "message": {"message_id": 1, "date": 0, "chat": {"id": 7, "type": "private"}},
            },
        });
        let cases = [
            (message("private", "/start"), Some(What::Started(None))),
            (message("private", "/start spring"), Some(What::Started(Payload::new("spring")))),
            (message("private", "/stop"), Some(What::Stopped)),
            (message("private", "hello"), Some(What::Active)),
            (message("group", "/start"), None),
            (message("supergroup", "/stop"), None),
            (press, Some(What::Active)),
            (membership("private", "kicked"), Some(What::Blocked)),
            (membership("private", "member"), Some(What::Unblocked)),
            (membership("group", "kicked"), None),
            (json!({"update_id": 1, "poll": {"id": "1"}}), None),
            (json!({"update_id": 1}), None),
        ];
        for (update, want) in cases {
            assert_eq!(what(&update), Ok(want), "{update}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_a_reason() {
        let strange = "not as the Bot API describes an update";
        assert_eq!(read(b"", "acme_bot"), Err("not JSON"));
        assert_eq!(read(b"{\"update_id\":1", "acme_bot"), Err("not JSON"));
        assert_eq!(what(&json!({"update_id": 1, "message": []})), Err(strange));
        assert_eq!(what(&json!({"update_id": 1, "message": {"chat": {"id": "7"}}})), Err(strange));
    }

    #[test]
    fn people_are_named_by_whatever_can_be_shown() {
        let person = |user: Value| {
            let mut update = message("private", "hi");
            update["message"]["from"] = user;
            match read(update.to_string().as_bytes(), "acme_bot") {
                Ok(Some(Seen::Person(person, _))) => person,
                other => panic!("{other:?}"),
            }
        };
        let ann = person(json!({
            "id": 7, "is_bot": false, "first_name": "Ann\u{202e}\0", "last_name": " Lee\n",
            "username": "ann_lee", "language_code": "en",
        }));
        assert_eq!(ann.name, "Ann Lee");
        assert_eq!(
            (ann.username.as_deref(), ann.language.as_deref()),
            (Some("ann_lee"), Some("en"))
        );

        let hidden = person(
            json!({"id": 7, "first_name": "\u{3164}", "username": "ann", "language_code": "<script>"}),
        );
        assert_eq!((hidden.name.as_str(), hidden.language), ("ann", None));
        let nobody =
            person(json!({"id": 7, "first_name": "", "username": "a b", "language_code": ""}));
        assert_eq!((nobody.name.as_str(), nobody.username), ("#7", None));
        let long = person(json!({"id": 7, "first_name": "ж".repeat(9_999)}));
        assert_eq!(long.name.chars().count(), NAME);
    }
}
