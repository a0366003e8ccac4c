//! What updates say of groups and channels.

use domain::{
    chat::{self, Kind, LONGEST_TITLE, Standing},
    ids::ChatId,
    label,
};
use serde::Deserialize;

use super::{Chat, Seen, USERNAME, is_word};

/// A group or channel as Telegram describes it, made fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Place {
    /// Its number, below zero.
    pub chat: ChatId,
    /// What it is.
    pub kind: Kind,
    /// What it is called; never empty.
    pub title: String,
    /// Its public name without `@`.
    pub username: Option<String>,
}

/// What is heard from a group or channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Heard {
    /// Somebody said something there, so the bot is there.
    Something,
    /// The bot's own place there is another one; why it cannot write, if so.
    Stands(Standing, Option<&'static str>),
    /// The group is this supergroup from now on.
    Became(ChatId),
    /// The supergroup was this group.
    Was(ChatId),
}

/// The bot's own place in a chat (Bot API, `ChatMember`).
#[derive(Deserialize)]
pub(super) struct Member {
    pub status: String,
    is_member: Option<bool>,
    can_send_messages: Option<bool>,
    can_post_messages: Option<bool>,
}

impl Member {
    /// What the place means for writing in a chat of this kind. None for a status that is not known yet: nothing
    /// follows from it.
    pub fn heard(&self, kind: &str) -> Option<Heard> {
        const NOT_THERE: &str = "the bot is not a member";
        const PUT_OUT: &str = "the bot was put out";
        const NO_POSTS: &str = "the bot may not post";
        const RESTRICTED: &str = "the bot is restricted";
        let is_channel = kind == Kind::Channel.as_str();
        let (standing, why) = match self.status.as_str() {
            "creator" => (Standing::Writable, None),
            "administrator" if is_channel && self.can_post_messages != Some(true) => {
                (Standing::Muted, Some(NO_POSTS))
            }
            "administrator" => (Standing::Writable, None),
            "member" if is_channel => (Standing::Muted, Some(NO_POSTS)),
            "member" => (Standing::Writable, None),
            "restricted" if self.is_member == Some(false) => (Standing::Gone, Some(NOT_THERE)),
            "restricted" if self.can_send_messages == Some(true) => (Standing::Writable, None),
            "restricted" => (Standing::Muted, Some(RESTRICTED)),
            "left" => (Standing::Gone, Some(NOT_THERE)),
            "kicked" => (Standing::Gone, Some(PUT_OUT)),
            _ => return None,
        };
        Some(Heard::Stands(standing, why))
    }
}

/// What is heard from a chat, if it is a group or channel with a number that one can have.
pub(super) fn heard(chat: Chat, heard: Heard) -> Option<Seen> {
    let kind: Kind = chat.kind.parse().ok()?;
    if !chat::is_chat(chat.id) {
        return None;
    }
    let username = chat.username.filter(|name| is_word(name, USERNAME, b'_'));
    let title = label::clean(&chat.title.unwrap_or_default(), LONGEST_TITLE);
    let title = match (title.is_empty(), &username) {
        (false, _) => title,
        (true, Some(username)) => username.clone(),
        (true, None) => format!("#{}", chat.id),
    };
    Some(Seen::Chat(Place { chat: chat.id, kind, title, username }, heard))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{super::read, *};

    fn seen(update: &Value) -> Option<(Place, Heard)> {
        match read(update.to_string().as_bytes(), "acme_bot") {
            Ok(Some(Seen::Chat(place, heard))) => Some((place, heard)),
            Ok(None) => None,
            other => panic!("{other:?}"),
        }
    }

    fn chat(kind: &str, id: i64) -> Value {
        json!({"id": id, "type": kind, "title": "Team", "username": "acme_team"})
    }

    fn membership(kind: &str, member: Value) -> Option<Heard> {
        let update = json!({"update_id": 1, "my_chat_member": {
            "chat": chat(kind, -1_001_234_567_890), "date": 0,
            "from": {"id": 7, "is_bot": false, "first_name": "Ann"},
            "old_chat_member": {"status": "left"}, "new_chat_member": member,
        }});
        seen(&update).map(|(_, heard)| heard)
    }

    #[test]
    fn the_bots_place_says_whether_it_may_write() {
        use Standing::{Gone, Muted, Writable};
        let cases = [
            ("supergroup", json!({"status": "member"}), Writable),
            ("group", json!({"status": "administrator"}), Writable),
            ("supergroup", json!({"status": "creator"}), Writable),
            ("channel", json!({"status": "administrator", "can_post_messages": true}), Writable),
            ("channel", json!({"status": "administrator", "can_post_messages": false}), Muted),
            ("channel", json!({"status": "administrator"}), Muted),
            ("channel", json!({"status": "member"}), Muted),
            (
                "supergroup",
                json!({"status": "restricted", "is_member": true, "can_send_messages": true}),
                Writable,
            ),
            (
                "supergroup",
                json!({"status": "restricted", "is_member": true, "can_send_messages": false}),
                Muted,
            ),
            (
                "supergroup",
                json!({"status": "restricted", "is_member": false, "can_send_messages": true}),
                Gone,
            ),
            ("group", json!({"status": "left"}), Gone),
            ("channel", json!({"status": "kicked", "until_date": 0}), Gone),
        ];
        for (kind, member, want) in cases {
            let Some(Heard::Stands(standing, why)) = membership(kind, member.clone()) else {
                panic!("{kind} {member}")
            };
            assert_eq!(standing, want, "{kind} {member}");
            assert_eq!(why.is_some(), want != Writable, "{kind} {member}");
        }
        assert_eq!(membership("group", json!({"status": "of a version to come"})), None);
    }

    #[test]
    fn what_is_said_in_a_group_says_that_the_bot_is_there_and_where_it_moves() {
        let message = |chat: Value, more: Value| {
            let mut message = json!({"message_id": 1, "date": 0, "chat": chat});
            message
                .as_object_mut()
                .expect("an object")
                .extend(more.as_object().expect("an object").clone());
            json!({"update_id": 1, "message": message})
        };
        let (old, new) = (-1_234_i64, -1_001_234_567_890_i64);
        let heard = |update: &Value| seen(update).map(|(_, heard)| heard);
        let group = chat("group", old);
        assert_eq!(heard(&message(group.clone(), json!({"text": "hi"}))), Some(Heard::Something));
        let moved = message(group, json!({"migrate_to_chat_id": new}));
        assert_eq!(heard(&moved), Some(Heard::Became(new)));
        let came = message(chat("supergroup", new), json!({"migrate_from_chat_id": old}));
        assert_eq!(heard(&came), Some(Heard::Was(old)));
        let post = json!({"update_id": 1, "channel_post": {"chat": chat("channel", new)}});
        assert_eq!(heard(&post), Some(Heard::Something));
    }

    #[test]
    fn hostile_titles_and_numbers_do_no_harm() {
        let of = |id: i64, title: Value| {
            let chat = json!({"id": id, "type": "supergroup", "title": title, "username": "<b>"});
            seen(&json!({"update_id": 1, "channel_post": {"chat": chat}})).map(|(place, _)| place)
        };
        let far = -chat::FARTHEST;
        let place = of(far, json!("\u{202e}evil\0 <script>\n")).expect("a chat");
        assert_eq!((place.chat, place.title.as_str()), (far, "evil <script>"));
        assert_eq!(place.username, None);
        assert_eq!(of(-5, json!("\u{3164}")).expect("a chat").title, "#-5");
        assert_eq!(of(-5, Value::Null).expect("a chat").title, "#-5");
        let long = of(-5, json!("ж".repeat(9_999))).expect("a chat");
        assert_eq!(long.title.chars().count(), LONGEST_TITLE);
        for number in [i64::MIN, far - 1, 0, 7, i64::MAX] {
            assert_eq!(of(number, json!("x")), None, "{number}");
        }
    }
}
