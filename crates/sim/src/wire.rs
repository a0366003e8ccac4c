//! What a message looks like to the bot that sent or received it.

use frankenstein::types::{
    Chat as ChatOut, ChatType, Document, InlineKeyboardMarkup, MessageEntity, PhotoSize,
    ReplyMarkup, User, Video,
};
use serde::Serialize;

use crate::{
    bots::Bot,
    chats::{Author, Body, Kind, Message},
    files::Shape,
    people::People,
};

/// A message as the Bot API shows it. Only what we ever fill in.
#[derive(Serialize)]
pub(crate) struct MessageOut<'a> {
    message_id: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_chat: Option<ChatOut>,
    chat: ChatOut,
    date: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit_date: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to_message: Option<Box<MessageOut<'a>>>,
    #[serde(skip_serializing_if = "is_false")]
    has_protected_content: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    entities: &'a [MessageEntity],
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    caption_entities: &'a [MessageEntity],
    #[serde(skip_serializing_if = "is_false")]
    show_caption_above_media: bool,
    #[serde(skip_serializing_if = "is_false")]
    has_media_spoiler: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<Vec<PhotoSize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video: Option<Video>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_chat_members: Option<[User; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_chat_member: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    migrate_to_chat_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    migrate_from_chat_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<&'a InlineKeyboardMarkup>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// `message` in a chat of this `kind` as `bot` sees it; `reply_to` is the message it answers, when
/// that is still kept.
pub(crate) fn message<'a>(
    people: &People,
    bot: &Bot,
    kind: &Kind,
    message: &'a Message,
    reply_to: Option<&'a Message>,
) -> MessageOut<'a> {
    let from = match message.from {
        Author::Bot => bot_user(bot),
        Author::Person(id) => person(people, id),
    };
    // In a channel everybody speaks in its name.
    let is_channel = matches!(kind, Kind::Group(group) if group.channel);
    let mut out = MessageOut {
        message_id: message.id,
        from: (!is_channel).then_some(from),
        sender_chat: is_channel.then(|| chat(people, kind, message.chat)),
        chat: chat(people, kind, message.chat),
        date: message.at.unix_secs(),
        edit_date: message.edited.map(|at| at.unix_secs()),
        reply_to_message: reply_to
            .map(|earlier| Box::new(self::message(people, bot, kind, earlier, None))),
        has_protected_content: message.protected,
        text: None,
        entities: &[],
        caption: None,
        caption_entities: &[],
        show_caption_above_media: false,
        has_media_spoiler: false,
        photo: None,
        document: None,
        video: None,
        new_chat_members: None,
        left_chat_member: None,
        migrate_to_chat_id: None,
        migrate_from_chat_id: None,
        reply_markup: match &message.keyboard {
            Some(ReplyMarkup::InlineKeyboardMarkup(inline)) => Some(inline),
            _ => None,
        },
    };
    match &message.body {
        Body::Text(text) => {
            out.text = Some(&text.text);
            out.entities = &text.entities;
        }
        Body::Media { file, caption, above, spoiler } => {
            out.caption = (!caption.text.is_empty()).then_some(&caption.text);
            out.caption_entities = &caption.entities;
            out.show_caption_above_media = *above;
            out.has_media_spoiler = *spoiler;
            match file.shape {
                Shape::Photo { .. } => out.photo = Some(file.photo_sizes()),
                Shape::Document => out.document = Some(file.document()),
                Shape::Video { .. } => out.video = Some(file.video()),
            }
        }
        Body::Joined(id) => out.new_chat_members = Some([person(people, *id)]),
        Body::Left(id) => out.left_chat_member = Some(person(people, *id)),
        Body::MovedTo(id) => out.migrate_to_chat_id = Some(*id),
        Body::MovedFrom(id) => out.migrate_from_chat_id = Some(*id),
    }
    out
}

/// A bot as it appears in messages.
pub(crate) fn bot_user(bot: &Bot) -> User {
    let about = bot.about.read();
    User::builder()
        .id(bot.id.unsigned_abs())
        .is_bot(true)
        .first_name(about.name.as_str())
        .username(about.username.as_str())
        .build()
}

/// A person as bots see them. A deleted account has no name left.
pub(crate) fn person(people: &People, id: i64) -> User {
    if people.is_gone(id) {
        return User::builder().id(id.unsigned_abs()).is_bot(false).first_name("").build();
    }
    let profile = people.profile(id);
    User::builder()
        .id(id.unsigned_abs())
        .is_bot(false)
        .first_name(profile.first_name)
        .maybe_last_name(profile.last_name)
        .maybe_username(profile.username)
        .maybe_language_code(profile.language_code)
        .build()
}

/// A chat as it appears in messages.
pub(crate) fn chat(people: &People, kind: &Kind, id: i64) -> ChatOut {
    match kind {
        Kind::Private => {
            let user = person(people, id);
            ChatOut::builder()
                .id(id)
                .type_field(ChatType::Private)
                .first_name(user.first_name)
                .maybe_last_name(user.last_name)
                .maybe_username(user.username)
                .build()
        }
        Kind::Group(group) => {
            let type_field = match group.noun() {
                "channel" => ChatType::Channel,
                "supergroup" => ChatType::Supergroup,
                _ => ChatType::Group,
            };
            ChatOut::builder()
                .id(id)
                .type_field(type_field)
                .title(group.title.as_str())
                .maybe_username(group.username.clone())
                .build()
        }
    }
}
