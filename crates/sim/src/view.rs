//! What an onlooker sees of chats: the simulator's own questions, not the bot's.

use frankenstein::types::ReplyMarkup;
use serde::Serialize;
use serde_json::Value;

use crate::{
    bots::Bot,
    chats::{Author, Body, Kind, Message, Press, Standing},
    error::SimError,
    people::People,
    wire,
};

/// A chat and what is kept of it.
#[derive(Clone, Debug, Serialize)]
pub struct ChatView {
    /// The person's or group's number.
    pub id: i64,
    /// How the bot stands with it.
    pub standing: Standing,
    /// The latest messages, oldest first.
    pub messages: Vec<Seen>,
    /// Presses of buttons in this chat, oldest first.
    pub presses: Vec<Press>,
}

/// A chat in a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct ChatSummary {
    /// The person's or group's number.
    pub id: i64,
    /// How the bot stands with it.
    pub standing: Standing,
    /// Messages that are kept of it.
    pub kept: usize,
}

/// A message as people see it.
#[derive(Clone, Debug, Serialize)]
pub struct Seen {
    /// Its number.
    pub id: i32,
    /// Whether the bot wrote it.
    pub from_bot: bool,
    /// The text or the caption; empty when there is none.
    pub text: String,
    /// `text`, `photo`, `document`, `video`, `joined`, `left` or `moved`.
    pub kind: &'static str,
    /// What the buttons below it say, row by row.
    pub buttons: Vec<Vec<String>>,
    /// Whether phones stayed quiet: the Bot API does not show that.
    pub silent: bool,
    /// The message as the Bot API shows it.
    pub message: Value,
}

/// One chat of a bot.
///
/// # Errors
/// [`SimError::NoSuchChat`].
pub(crate) fn chat(people: &People, bot: &Bot, id: i64) -> Result<ChatView, SimError> {
    let (kind, standing, log, presses) = {
        let room = bot.room.lock();
        let chat = room.chats.get(&id).ok_or(SimError::NoSuchChat(id))?;
        let presses = room
            .callbacks
            .iter()
            .filter(|(_, press)| press.chat == id)
            .map(|(_, press)| press.clone());
        (chat.kind.clone(), chat.standing, chat.log.clone(), presses.collect())
    };
    let messages = log.iter().map(|message| seen(people, bot, &kind, message)).collect();
    Ok(ChatView { id, standing, messages, presses })
}

/// All chats of a bot by number, from `after` on, at most `limit`.
pub(crate) fn chats(bot: &Bot, after: i64, limit: usize) -> Vec<ChatSummary> {
    let room = bot.room.lock();
    let later = room.chats.iter().filter(|(id, _)| **id > after);
    let mut chats: Vec<_> = later
        .map(|(id, chat)| ChatSummary { id: *id, standing: chat.standing, kept: chat.log.len() })
        .collect();
    chats.sort_unstable_by_key(|chat| chat.id);
    chats.truncate(limit);
    chats
}

fn seen(people: &People, bot: &Bot, kind: &Kind, message: &Message) -> Seen {
    let (what, text) = match &message.body {
        Body::Text(text) => ("text", text.text.clone()),
        Body::Media { file, caption, .. } => (
            match file.shape.name() {
                "Photo" => "photo",
                "Video" => "video",
                _ => "document",
            },
            caption.text.clone(),
        ),
        Body::Joined(_) => ("joined", String::new()),
        Body::Left(_) => ("left", String::new()),
        Body::MovedTo(_) | Body::MovedFrom(_) => ("moved", String::new()),
    };
    Seen {
        id: message.id,
        from_bot: message.from == Author::Bot,
        text,
        kind: what,
        buttons: buttons(message.keyboard.as_ref()),
        silent: message.silent,
        message: serde_json::to_value(wire::message(people, bot, kind, message, None))
            .unwrap_or_default(),
    }
}

fn buttons(keyboard: Option<&ReplyMarkup>) -> Vec<Vec<String>> {
    match keyboard {
        Some(ReplyMarkup::InlineKeyboardMarkup(inline)) => {
            let row = |row: &Vec<_>| row.iter().map(label).collect();
            inline.inline_keyboard.iter().map(row).collect()
        }
        Some(ReplyMarkup::ReplyKeyboardMarkup(keys)) => keys
            .keyboard
            .iter()
            .map(|row| row.iter().map(|key| key.text.clone()).collect())
            .collect(),
        _ => Vec::new(),
    }
}

fn label(button: &frankenstein::types::InlineKeyboardButton) -> String {
    button.text.clone()
}
