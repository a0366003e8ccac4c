//! What bots can learn and do about chats and their members.

use std::time::Duration;

use frankenstein::methods::{
    AnswerCallbackQueryParams, GetChatMemberParams, GetChatParams, LeaveChatParams,
    SendChatActionParams,
};
use serde_json::json;

use super::{Method, send::chat_number};
use crate::{
    bots::Bot,
    chats::{Kind, Standing},
    ledger::{Entry, content_hash},
    params::Params,
    places::Place,
    reply::{self, Answer, Refusal},
    wire,
    world::World,
};

/// How long a press of a button can be answered.
const ANSWERABLE: Duration = Duration::from_secs(5 * 60);
/// Most characters of what is shown for a press.
const LONGEST_ANSWER: usize = 200;

pub(super) fn send_chat_action(bot: &Bot, params: &Params<'_>) -> Answer {
    let ask: SendChatActionParams = params.typed().map_err(|refusal| {
        let about_action = refusal.description.contains("unknown variant");
        if about_action {
            Refusal::bad_request("Wrong parameter action in request")
        } else {
            refusal
        }
    })?;
    if ask.business_connection_id.is_some() {
        return Err(Refusal::bad_request("business connection not found"));
    }
    let id = chat_number(bot, &ask.chat_id)?;
    bot.room.lock().chat(id)?.may_write()?;
    reply::yes()
}

pub(super) fn answer_callback_query(
    world: &World,
    bot: &Bot,
    ask: AnswerCallbackQueryParams,
) -> Answer {
    let text = ask.text.unwrap_or_default();
    if text.chars().count() > LONGEST_ANSWER {
        return Err(Refusal::bad_request("MESSAGE_TOO_LONG"));
    }
    let room = &mut *bot.room.lock();
    let at = world.clock.now();
    let open = room.callbacks.get_mut(&ask.callback_query_id);
    let press = open.filter(|press| at.since(press.at) <= ANSWERABLE).ok_or_else(|| {
        Refusal::bad_request("query is too old and response timeout expired or query ID is invalid")
    })?;
    let (method, hash) = (Method::AnswerCallbackQuery, content_hash(&[text.as_bytes()]));
    room.ledger.append(Entry { at, chat: press.chat, message: 0, method, hash });
    press.answer = Some(text);
    press.alert = ask.show_alert.unwrap_or(false);
    reply::yes()
}

pub(super) fn leave_chat(world: &World, bot: &Bot, ask: &LeaveChatParams) -> Answer {
    let id = chat_number(bot, &ask.chat_id)?;
    let was = {
        let mut room = bot.room.lock();
        let chat = room.chat(id)?;
        chat.may_see()?;
        if matches!(chat.kind, Kind::Private) {
            let why = "chat member status can't be changed in private chats";
            return Err(Refusal::bad_request(why));
        }
        let was = Place::of(chat);
        chat.standing = Standing::Left;
        was
    };
    // It is the bot itself who did it, so it is told as it is for any member.
    world.my_chat_member(bot, id, bot.id, [was, Place::Left]);
    world.touch();
    reply::yes()
}

pub(super) fn get_chat(world: &World, bot: &Bot, ask: &GetChatParams) -> Answer {
    let id = chat_number(bot, &ask.chat_id)?;
    let kind = {
        let mut room = bot.room.lock();
        let chat = room.chat(id)?;
        if matches!(chat.kind, Kind::Group(_)) {
            chat.may_see()?;
        }
        chat.kind.clone()
    };
    let chat = wire::chat(&world.people, &kind, id);
    let mut full = serde_json::to_value(&chat).unwrap_or_default();
    if let Some(username) = &chat.username {
        full["active_usernames"] = json!([username]);
    }
    full["accent_color_id"] = json!(id.rem_euclid(7));
    full["max_reaction_count"] = json!(11);
    let takes_gifts = matches!(kind, Kind::Private);
    full["accepted_gift_types"] = json!({
        "unlimited_gifts": takes_gifts,
        "limited_gifts": takes_gifts,
        "unique_gifts": takes_gifts,
        "premium_subscription": takes_gifts,
        "gifts_from_channels": takes_gifts,
    });
    reply::ok(&full)
}

pub(super) fn get_chat_member(world: &World, bot: &Bot, ask: &GetChatMemberParams) -> Answer {
    let id = chat_number(bot, &ask.chat_id)?;
    let user = i64::try_from(ask.user_id).unwrap_or(i64::MAX);
    let (place, known) = {
        let mut room = bot.room.lock();
        let met = room.met.contains(&user);
        let chat = room.chat(id)?;
        let place = if user == bot.id { Place::of(chat) } else { Place::Member };
        (place, user == id || user == bot.id || (id < 0 && met))
    };
    if !known {
        return Err(Refusal::bad_request("user not found"));
    }
    let who = if user == bot.id { wire::bot_user(bot) } else { wire::person(&world.people, user) };
    reply::ok(&place.member(&who))
}
