//! Messages that change or vanish after they were sent.

use std::{sync::Arc, time::Duration};

use frankenstein::{
    methods::{
        DeleteMessageParams, EditMessageCaptionParams, EditMessageReplyMarkupParams,
        EditMessageTextParams,
    },
    types::{ChatId, InlineKeyboardMarkup, ReplyMarkup},
};

use super::{
    Method,
    send::{body_caption, body_hash, body_text, chat_number, checked_keyboard},
    wanted,
};
use crate::{
    bots::Bot,
    chats::{Author, Body, Message},
    ledger::{Entry, content_hash},
    reply::{self, Answer, Refusal},
    wire,
    world::World,
};

/// How long a bot may take a message back.
const DELETABLE: Duration = Duration::from_secs(48 * 60 * 60);

/// Which message is meant.
struct Which {
    business: bool,
    inline: bool,
    chat: Option<ChatId>,
    message: Option<i32>,
}

pub(super) fn edit_text(world: &World, bot: &Bot, ask: EditMessageTextParams) -> Answer {
    let which = Which {
        business: ask.business_connection_id.is_some(),
        inline: ask.inline_message_id.is_some(),
        chat: ask.chat_id,
        message: ask.message_id,
    };
    if ask.rich_message.is_some() {
        return Err(Refusal::bad_request("rich messages are not served by the simulator"));
    }
    let text = body_text(ask.text.unwrap_or_default(), ask.parse_mode, ask.entities)?;
    let method = Method::EditMessageText;
    edit(world, bot, method, which, ask.reply_markup, |body| match body {
        Body::Text(old) => {
            *old = text.clone();
            Ok(())
        }
        _ => Err(Refusal::bad_request("there is no text in the message to edit")),
    })
}

pub(super) fn edit_caption(world: &World, bot: &Bot, ask: EditMessageCaptionParams) -> Answer {
    let which = Which {
        business: ask.business_connection_id.is_some(),
        inline: ask.inline_message_id.is_some(),
        chat: ask.chat_id,
        message: ask.message_id,
    };
    let text = body_caption(ask.caption, ask.parse_mode, ask.caption_entities)?;
    let method = Method::EditMessageCaption;
    edit(world, bot, method, which, ask.reply_markup, |body| match body {
        Body::Media { caption, above, .. } => {
            *caption = text.clone();
            *above = ask.show_caption_above_media.unwrap_or(false);
            Ok(())
        }
        _ => Err(Refusal::bad_request("there is no caption in the message to edit")),
    })
}

pub(super) fn edit_reply_markup(
    world: &World,
    bot: &Bot,
    ask: EditMessageReplyMarkupParams,
) -> Answer {
    let which = Which {
        business: ask.business_connection_id.is_some(),
        inline: ask.inline_message_id.is_some(),
        chat: ask.chat_id,
        message: ask.message_id,
    };
    edit(world, bot, Method::EditMessageReplyMarkup, which, ask.reply_markup, |_| Ok(()))
}

fn edit(
    world: &World,
    bot: &Bot,
    method: Method,
    which: Which,
    keyboard: Option<InlineKeyboardMarkup>,
    change: impl FnOnce(&mut Body) -> Result<(), Refusal>,
) -> Answer {
    if which.business {
        return Err(Refusal::bad_request("business connection not found"));
    }
    if which.inline {
        return Err(Refusal::bad_request("MESSAGE_ID_INVALID"));
    }
    let chat = wanted(which.chat, "Chat_id is empty")?;
    let message = wanted(which.message, "Message identifier is not specified")?;
    let keyboard = checked_keyboard(keyboard.map(ReplyMarkup::InlineKeyboardMarkup))?;
    let chat = chat_number(bot, &chat)?;
    let (edited, kind, earlier) = {
        let room = &mut *bot.room.lock();
        let at = world.clock.now();
        let id = chat;
        let chat = room.chat(id)?;
        chat.may_write()?;
        let kind = chat.kind.clone();
        let kept = chat
            .find_mut(message)
            .ok_or_else(|| Refusal::bad_request("message to edit not found"))?;
        if kept.from != Author::Bot {
            return Err(Refusal::bad_request("message can't be edited"));
        }
        let mut new = Message::clone(kept);
        change(&mut new.body)?;
        new.keyboard = keyboard;
        if same(kept, &new) {
            return Err(Refusal::bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same as a \
                 current content and reply markup of the message",
            ));
        }
        new.edited = Some(at);
        *kept = Arc::new(new);
        let edited = kept.clone();
        let earlier = edited.reply_to.and_then(|id| chat.find(id)).cloned();
        let hash = body_hash(&edited.body);
        room.ledger.append(Entry { at, chat: id, message, method, hash });
        (edited, kind, earlier)
    };
    reply::ok(&wire::message(&world.people, bot, &kind, &edited, earlier.as_deref()))
}

fn same(old: &Message, new: &Message) -> bool {
    let same_body = match (&old.body, &new.body) {
        (Body::Text(old), Body::Text(new)) => old == new,
        (
            Body::Media { caption: old, above: was, .. },
            Body::Media { caption: new, above: is, .. },
        ) => old == new && was == is,
        _ => false,
    };
    same_body && old.keyboard == new.keyboard
}

pub(super) fn delete_message(world: &World, bot: &Bot, ask: &DeleteMessageParams) -> Answer {
    let id = chat_number(bot, &ask.chat_id)?;
    let room = &mut *bot.room.lock();
    let chat = room.chat(id)?;
    let place = chat.log.iter().position(|kept| kept.id == ask.message_id);
    let place = place.ok_or_else(|| Refusal::bad_request("message to delete not found"))?;
    let at = world.clock.now();
    if at.since(chat.log[place].at) > DELETABLE {
        return Err(Refusal::bad_request("message can't be deleted for everyone"));
    }
    chat.log.remove(place);
    let (message, hash) = (ask.message_id, content_hash(&[]));
    room.ledger.append(Entry { at, chat: id, message, method: Method::DeleteMessage, hash });
    reply::yes()
}
