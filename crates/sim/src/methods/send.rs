//! sendMessage, copyMessage, and what every way of sending has in common.

use std::sync::Arc;

use frankenstein::{
    methods::{CopyMessageParams, SendMessageParams},
    types::{ChatId, InlineKeyboardButton, ReplyMarkup, ReplyParameters},
};
use serde::Serialize;

use super::Method;
use crate::{
    bots::Bot,
    chats::{Author, Body, Chat, Kind, Message, Standing},
    entities::{self, Formatted, LONGEST_CAPTION, LONGEST_TEXT},
    ledger::{Entry, content_hash},
    limits,
    places::Place,
    reply::{self, Answer, Refusal},
    wire,
    world::World,
};

/// Most bytes of a button's data.
const LONGEST_DATA: usize = 64;
/// What a message above the free rate costs, in thousandths of a Star.
const PRICE: u64 = 100;
/// Most buttons below one message.
const MOST_BUTTONS: usize = 100;

/// A message that is about to be sent.
pub(super) struct Draft {
    pub method: Method,
    pub chat: ChatId,
    pub body: Body,
    pub keyboard: Option<ReplyMarkup>,
    pub reply: Option<Box<ReplyParameters>>,
    pub protected: bool,
    pub silent: bool,
    /// Whether it may cost Stars.
    pub paid: bool,
}

/// A message that was accepted, and what is needed to show it.
pub(super) struct Sent {
    pub message: Arc<Message>,
    kind: Kind,
    reply_to: Option<Arc<Message>>,
}

impl Sent {
    /// The whole message, as most methods answer.
    pub fn answer(&self, world: &World, bot: &Bot) -> Answer {
        let out =
            wire::message(&world.people, bot, &self.kind, &self.message, self.reply_to.as_deref());
        reply::ok(&out)
    }
}

pub(super) fn send_message(world: &World, bot: &Bot, ask: SendMessageParams) -> Answer {
    let served = Unserved {
        business: ask.business_connection_id.is_some(),
        thread: ask.message_thread_id.is_some() || ask.direct_messages_topic_id.is_some(),
        post: ask.suggested_post_parameters.is_some(),
    };
    served.check()?;
    let text = body_text(ask.text, ask.parse_mode, ask.entities)?;
    let draft = Draft {
        method: Method::SendMessage,
        chat: ask.chat_id,
        body: Body::Text(text),
        keyboard: checked_keyboard(ask.reply_markup)?,
        reply: ask.reply_parameters.map(Box::new),
        protected: ask.protect_content.unwrap_or(false),
        silent: ask.disable_notification.unwrap_or(false),
        paid: ask.allow_paid_broadcast.unwrap_or(false),
    };
    deliver(world, bot, draft)?.answer(world, bot)
}

pub(super) fn copy_message(world: &World, bot: &Bot, ask: CopyMessageParams) -> Answer {
    #[derive(Serialize)]
    struct MessageId {
        message_id: i32,
    }
    let served = Unserved {
        business: false,
        thread: ask.message_thread_id.is_some() || ask.direct_messages_topic_id.is_some(),
        post: ask.suggested_post_parameters.is_some(),
    };
    served.check()?;
    let from = chat_number(bot, &ask.from_chat_id)?;
    let original = {
        let mut room = bot.room.lock();
        let found = room.chat(from)?.find(ask.message_id).cloned();
        found.ok_or_else(|| Refusal::bad_request("message to copy not found"))?
    };
    let mut body = original.body.clone();
    match &mut body {
        Body::Media { caption, above, .. } => {
            if let Some(text) = ask.caption {
                *caption = body_caption(Some(text), ask.parse_mode, ask.caption_entities)?;
            }
            *above = ask.show_caption_above_media.unwrap_or(*above);
        }
        Body::Text(_) => {}
        Body::Joined(_) | Body::Left(_) | Body::MovedTo(_) | Body::MovedFrom(_) => {
            return Err(Refusal::bad_request("message can't be copied"));
        }
    }
    let draft = Draft {
        method: Method::CopyMessage,
        chat: ask.chat_id,
        body,
        keyboard: checked_keyboard(ask.reply_markup)?,
        reply: ask.reply_parameters.map(Box::new),
        protected: ask.protect_content.unwrap_or(false),
        silent: ask.disable_notification.unwrap_or(false),
        paid: ask.allow_paid_broadcast.unwrap_or(false),
    };
    let sent = deliver(world, bot, draft)?;
    reply::ok(&MessageId { message_id: sent.message.id })
}

/// Reads and mends the text of a message.
pub(super) fn body_text(
    text: String,
    mode: Option<frankenstein::ParseMode>,
    given: Option<Vec<frankenstein::types::MessageEntity>>,
) -> Result<Formatted, Refusal> {
    if text.is_empty() {
        return Err(Refusal::bad_request("Message text is empty"));
    }
    let text = entities::parse(text, mode, given)?;
    entities::mend(text, LONGEST_TEXT, "Message text is empty", "message is too long")
}

/// Reads and mends a caption, which may be empty.
pub(super) fn body_caption(
    text: Option<String>,
    mode: Option<frankenstein::ParseMode>,
    given: Option<Vec<frankenstein::types::MessageEntity>>,
) -> Result<Formatted, Refusal> {
    let text = entities::parse(text.unwrap_or_default(), mode, given)?;
    entities::mend(text, LONGEST_CAPTION, "", "message caption is too long")
}

/// What a request asks for that no bot of the simulator has.
pub(super) struct Unserved {
    pub business: bool,
    pub thread: bool,
    pub post: bool,
}

impl Unserved {
    pub fn check(&self) -> Result<(), Refusal> {
        if self.business {
            return Err(Refusal::bad_request("business connection not found"));
        }
        if self.thread {
            return Err(Refusal::bad_request("message thread not found"));
        }
        if self.post {
            return Err(Refusal::bad_request("suggested posts can't be sent to the chat"));
        }
        Ok(())
    }
}

/// The number of the chat that is meant; `@name` finds public groups.
pub(super) fn chat_number(bot: &Bot, chat: &ChatId) -> Result<i64, Refusal> {
    let name = match chat {
        ChatId::Integer(id) => return Ok(*id),
        ChatId::String(name) => name.strip_prefix('@'),
    };
    let has_name = |chat: &Chat| match &chat.kind {
        Kind::Group(group) => group
            .username
            .as_deref()
            .zip(name)
            .is_some_and(|(is, asked)| is.eq_ignore_ascii_case(asked)),
        Kind::Private => false,
    };
    let room = bot.room.lock();
    let found = room.chats.iter().find(|(_, chat)| has_name(chat));
    found.map(|(id, _)| *id).ok_or_else(|| Refusal::bad_request("chat not found"))
}

/// The keyboard, if people can use it.
pub(super) fn checked_keyboard(
    keyboard: Option<ReplyMarkup>,
) -> Result<Option<ReplyMarkup>, Refusal> {
    let Some(ReplyMarkup::InlineKeyboardMarkup(inline)) = &keyboard else { return Ok(keyboard) };
    let mut count = 0;
    for button in inline.inline_keyboard.iter().flatten() {
        check_button(button)?;
        count += 1;
    }
    match count {
        0 => Ok(None),
        1..=MOST_BUTTONS => Ok(keyboard),
        _ => Err(Refusal::bad_request("reply markup is too long")),
    }
}

fn check_button(button: &InlineKeyboardButton) -> Result<(), Refusal> {
    if button.text.trim().is_empty() {
        return Err(Refusal::bad_request("Keyboard button text must be non-empty"));
    }
    if let Some(url) = button.url.as_ref().filter(|url| !url.is_empty()) {
        let why = || format!("inline keyboard button URL '{url}' is invalid: Wrong HTTP URL");
        return entities::fixed_url(url).map(drop).ok_or_else(|| Refusal::bad_request(why()));
    }
    if let Some(data) = button.callback_data.as_ref().filter(|data| !data.is_empty()) {
        return if data.len() > LONGEST_DATA {
            Err(Refusal::bad_request("BUTTON_DATA_INVALID"))
        } else {
            Ok(())
        };
    }
    let does_else = button.login_url.is_some()
        || button.web_app.is_some()
        || button.switch_inline_query.is_some()
        || button.switch_inline_query_current_chat.is_some()
        || button.switch_inline_query_chosen_chat.is_some()
        || button.copy_text.is_some()
        || button.callback_game.is_some()
        || button.pay.is_some();
    let why =
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard";
    does_else.then_some(()).ok_or_else(|| Refusal::bad_request(why))
}

/// Puts a message into its chat and into the ledger, if chat and limits allow it.
pub(super) fn deliver(world: &World, bot: &Bot, draft: Draft) -> Result<Sent, Refusal> {
    let id = chat_number(bot, &draft.chat)?;
    if world.bots.is_bot(id) {
        return Err(Refusal::forbidden("bot can't send messages to bots"));
    }
    let hash = body_hash(&draft.body);
    let at = world.clock.now();
    let sent = {
        let room = &mut *bot.room.lock();
        let number = room.last_message() + 1;
        room.chat(id)?;
        let Some(chat) = room.chats.get_mut(&id) else {
            return Err(Refusal::bad_request("chat not found"));
        };
        let limits = *world.limits.read();
        let per_chat = if id < 0 { limits.group } else { limits.chat };
        if draft.paid && room.stars < PRICE {
            return Err(Refusal::bad_request("BALANCE_TOO_LOW"));
        }
        // What is within the free rate costs nothing, whoever pays.
        let costs = draft.paid && !room.pace.is_free(limits.bot, at);
        let (pace, per_bot) = match costs {
            true => (&mut room.paid_pace, limits.paid),
            false => (&mut room.pace, limits.bot),
        };
        limits::take(at, &mut [(pace, per_bot), (&mut chat.pace, per_chat)])
            .map_err(Refusal::too_many)?;
        meet_fate(world, bot, id, chat);
        chat.may_write()?;
        if costs {
            room.stars -= PRICE;
        }
        let reply_to = answered(chat, draft.reply.as_deref())?;
        let message = Arc::new(Message {
            id: number,
            chat: id,
            at,
            edited: None,
            from: Author::Bot,
            body: draft.body,
            keyboard: draft.keyboard,
            reply_to: reply_to.as_ref().map(|message| message.id),
            protected: draft.protected,
            silent: draft.silent,
        });
        chat.keep(message.clone(), world.rules.kept_messages);
        chat.reached = true;
        let kind = chat.kind.clone();
        room.resume_after(number);
        room.ledger.append(Entry { at, chat: id, message: number, method: draft.method, hash });
        Sent { message, kind, reply_to }
    };
    world.touch();
    world.react(bot, &sent.message);
    Ok(sent)
}

/// Before the first message gets through, some people turn out to be unreachable.
fn meet_fate(world: &World, bot: &Bot, person: i64, chat: &mut Chat) {
    if chat.standing == Standing::Active && world.people.is_gone(person) {
        chat.standing = Standing::Deactivated;
    }
    if chat.reached || person < 0 || chat.standing != Standing::Active {
        return;
    }
    let reactions = *bot.reactions.read();
    let Some(fate) = reactions.and_then(|reactions| reactions.fate(person)) else {
        chat.reached = true;
        return;
    };
    chat.standing = fate;
    if fate == Standing::Blocked {
        world.place_of_bot_changed(bot, person, &chat.kind, [Place::Member, Place::Kicked]);
    } else {
        world.people.deactivate(person);
    }
    world.touch();
}

fn answered(chat: &Chat, reply: Option<&ReplyParameters>) -> Result<Option<Arc<Message>>, Refusal> {
    let Some((reply, id)) = reply.and_then(|reply| Some((reply, reply.message_id?))) else {
        return Ok(None);
    };
    match chat.find(id) {
        Some(message) => Ok(Some(message.clone())),
        None if reply.allow_sending_without_reply.unwrap_or(false) => Ok(None),
        None => Err(Refusal::bad_request("message to be replied not found")),
    }
}

pub(super) fn body_hash(body: &Body) -> u64 {
    match body {
        Body::Text(text) => content_hash(&[text.text.as_bytes()]),
        Body::Media { file, caption, .. } => {
            content_hash(&[file.unique.as_bytes(), &[0], caption.text.as_bytes()])
        }
        Body::Joined(_) | Body::Left(_) | Body::MovedTo(_) | Body::MovedFrom(_) => 0,
    }
}
