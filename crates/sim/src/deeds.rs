//! What people do to bots.

use std::sync::Arc;

use frankenstein::types::{ReplyMarkup, User};
use serde::{Deserialize, Serialize};

use crate::{
    bots::Bot,
    chats::{Author, Body, Chat, Group, Kind, Message, Press, Standing},
    entities,
    error::SimError,
    names::Dice,
    places::Place,
    wire,
    world::World,
};

/// Why somebody cannot say anything.
const DEAF: &str = "the bot does not hear this chat (any more); start it first";

/// Something a person does to a bot.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Deed {
    /// Presses Start, perhaps behind a link with a payload; unblocks the bot first if need be.
    Start {
        /// What follows `?start=` in the link; empty for none.
        #[serde(default)]
        payload: String,
    },
    /// Writes a message. Markup is not read; commands and links are found as Telegram's apps find
    /// them.
    Text {
        /// What is written.
        text: String,
        /// In which group; to the bot alone when absent.
        #[serde(default)]
        group: Option<i64>,
    },
    /// Presses a button below a message.
    Press {
        /// The button's data; the first button of the latest message with buttons when absent.
        #[serde(default)]
        data: Option<String>,
        /// In which group; in the chat with the bot when absent.
        #[serde(default)]
        group: Option<i64>,
    },
    /// Blocks the bot.
    Block,
    /// Unblocks it.
    Unblock,
    /// Deletes the account, towards all bots and for good.
    Deactivate,
    /// Joins a group that the bot is in.
    Join {
        /// The group.
        group: i64,
    },
    /// Leaves it.
    Leave {
        /// The group.
        group: i64,
    },
    /// Puts the bot out of the group or channel.
    Kick {
        /// The group.
        group: i64,
    },
    /// Makes the bot an administrator of the group, or lets it post in the channel.
    Promote {
        /// The group or channel.
        group: i64,
    },
    /// Takes that back: in a group the bot is a member like others, in a channel it may not post.
    Demote {
        /// The group or channel.
        group: i64,
    },
    /// Keeps the bot from writing in the group or channel, or lets it write again.
    Mute {
        /// The group or channel.
        group: i64,
        /// Whether it may not write from now on.
        muted: bool,
    },
    /// Turns an old group into a supergroup, which has another number.
    Upgrade {
        /// The group.
        group: i64,
    },
}

#[derive(Serialize)]
struct CallbackOut<'a> {
    id: &'a str,
    from: User,
    message: wire::MessageOut<'a>,
    chat_instance: String,
    data: &'a str,
}

impl World {
    /// Lets a person do something.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`], [`SimError::NoSuchChat`], and [`SimError::CannotDo`] for what
    /// nobody in that position can do, such as writing to a bot that one has blocked.
    pub fn person_does(&self, bot: i64, person: i64, deed: &Deed) -> Result<(), SimError> {
        if !(1..1 << 52).contains(&person) || self.bots.is_bot(person) {
            return Err(SimError::OutOfBounds(
                "people have numbers from 1 to 2^52, and bots are no people",
            ));
        }
        let bot = self.bots.by_id(bot)?;
        if self.people.is_gone(person) {
            return Err(SimError::CannotDo("this account is deleted"));
        }
        self.touch();
        match deed {
            Deed::Start { payload } => self.start(&bot, person, payload),
            Deed::Text { text, group } => self.write(&bot, person, text, *group),
            Deed::Press { data, group } => {
                self.press(&bot, person, data.as_deref(), group.unwrap_or(person))
            }
            Deed::Block => self.block(&bot, person),
            Deed::Unblock => self.unblock(&bot, person),
            Deed::Deactivate => {
                self.deactivate(person);
                Ok(())
            }
            Deed::Join { group } => {
                self.say(&bot, *group, person, Body::Joined(person))?;
                self.chat_member(&bot, *group, person, [Place::Left, Place::Member]);
                Ok(())
            }
            Deed::Leave { group } => {
                self.say(&bot, *group, person, Body::Left(person))?;
                self.chat_member(&bot, *group, person, [Place::Member, Place::Left]);
                Ok(())
            }
            Deed::Kick { group } => {
                self.place_bot(&bot, *group, person, |_, standing| *standing = Standing::Blocked)
            }
            Deed::Promote { group } => self.place_bot(&bot, *group, person, |group, standing| {
                group.admin = true;
                *standing = Standing::Active;
            }),
            Deed::Demote { group } => self.place_bot(&bot, *group, person, |group, standing| {
                group.admin = false;
                if group.channel {
                    *standing = Standing::Muted;
                }
            }),
            Deed::Mute { group, muted } => self.place_bot(&bot, *group, person, |_, standing| {
                *standing = if *muted { Standing::Muted } else { Standing::Active };
            }),
            Deed::Upgrade { group } => self.upgrade(&bot, *group, person),
        }
    }

    /// A person is in a chat with the bot without any update telling so: what was before the
    /// simulation began.
    pub fn has_started_before(&self, bot: &Bot, person: i64) {
        bot.room.lock().chats.entry(person).or_insert_with(|| Chat::new(Kind::Private));
        self.touch();
    }

    fn start(&self, bot: &Bot, person: i64, payload: &str) -> Result<(), SimError> {
        check_payload(payload)?;
        let was = {
            let mut room = bot.room.lock();
            let chat = room.chats.entry(person).or_insert_with(|| Chat::new(Kind::Private));
            let was = std::mem::replace(&mut chat.standing, Standing::Active);
            // Who comes back does not turn away a second time by mere chance.
            chat.reached |= was == Standing::Blocked;
            was
        };
        if was == Standing::Blocked {
            self.my_chat_member(bot, person, person, [Place::Kicked, Place::Member]);
        }
        let text =
            if payload.is_empty() { "/start".to_owned() } else { format!("/start {payload}") };
        self.write(bot, person, &text, None)
    }

    fn write(
        &self,
        bot: &Bot,
        person: i64,
        text: &str,
        group: Option<i64>,
    ) -> Result<(), SimError> {
        let given = entities::Formatted { text: text.to_owned(), entities: Vec::new() };
        let text = entities::mend(given, entities::LONGEST_TEXT, "empty", "long")
            .map_err(|_| SimError::OutOfBounds("a message has 1 to 4096 characters"))?;
        self.say(bot, group.unwrap_or(person), person, Body::Text(text))
    }

    /// A message of a person appears in a chat.
    fn say(&self, bot: &Bot, chat_id: i64, person: i64, body: Body) -> Result<(), SimError> {
        let mut room = bot.room.lock();
        if chat_id != person {
            room.met.insert(person);
        }
        let id = room.next_message();
        let chat = room.chats.get_mut(&chat_id).ok_or(SimError::NoSuchChat(chat_id))?;
        let moved = matches!(&chat.kind, Kind::Group(group) if group.moved_to.is_some());
        if !chat.standing.is_in() || moved {
            return Err(SimError::CannotDo(DEAF));
        }
        let kind = chat.kind.clone();
        let is_channel = matches!(&kind, Kind::Group(group) if group.channel);
        // Nobody is told who comes to a channel, and who goes.
        if is_channel && matches!(body, Body::Joined(_) | Body::Left(_)) {
            return Ok(());
        }
        let message = Arc::new(Message {
            id,
            chat: chat_id,
            at: self.clock.now(),
            edited: None,
            from: Author::Person(person),
            body,
            keyboard: None,
            reply_to: None,
            protected: false,
            silent: false,
        });
        chat.keep(message.clone(), self.rules.kept_messages);
        // Pushed while the chat is locked, so that updates are numbered in the order of the
        // messages.
        let out = wire::message(&self.people, bot, &kind, &message, None);
        let update = if is_channel { "channel_post" } else { "message" };
        bot.updates.push(message.at, update, chat_id, &out);
        Ok(())
    }

    fn press(
        &self,
        bot: &Bot,
        person: i64,
        data: Option<&str>,
        chat_id: i64,
    ) -> Result<(), SimError> {
        let mut room = bot.room.lock();
        let chat = room.chats.get(&chat_id).ok_or(SimError::NoSuchChat(chat_id))?;
        if !chat.standing.is_in() {
            return Err(SimError::CannotDo(DEAF));
        }
        let found = chat.log.iter().rev().find_map(|message| {
            let Some(ReplyMarkup::InlineKeyboardMarkup(inline)) = &message.keyboard else {
                return None;
            };
            let mut buttons = inline
                .inline_keyboard
                .iter()
                .flatten()
                .filter_map(|button| button.callback_data.as_ref());
            buttons
                .find(|with| data.is_none_or(|data| *with == data))
                .map(|data| (message.clone(), data.clone()))
        });
        let (message, data) = found.ok_or(SimError::CannotDo("there is no such button"))?;
        let kind = chat.kind.clone();
        let at = self.clock.now();
        let press = Press { chat: chat_id, person, at, answer: None, alert: false };
        let id = room.callbacks.open(press);
        drop(room);
        let out = CallbackOut {
            id: &id,
            from: wire::person(&self.people, person),
            message: wire::message(&self.people, bot, &kind, &message, None),
            chat_instance: Dice(chat_id.cast_unsigned()).roll().cast_signed().to_string(),
            data: &data,
        };
        bot.updates.push(at, "callback_query", chat_id, &out);
        Ok(())
    }

    fn block(&self, bot: &Bot, person: i64) -> Result<(), SimError> {
        match self.set_standing(bot, person, Standing::Blocked)? {
            Standing::Active => {
                self.my_chat_member(bot, person, person, [Place::Member, Place::Kicked])
            }
            Standing::Blocked | Standing::Deactivated | Standing::Left | Standing::Muted => {}
        }
        Ok(())
    }

    fn unblock(&self, bot: &Bot, person: i64) -> Result<(), SimError> {
        match self.set_standing(bot, person, Standing::Active)? {
            Standing::Blocked => {
                self.my_chat_member(bot, person, person, [Place::Kicked, Place::Member])
            }
            Standing::Active | Standing::Deactivated | Standing::Left | Standing::Muted => {}
        }
        Ok(())
    }

    /// Telegram tells nobody that an account was deleted; bots learn it when they write to it.
    pub fn deactivate(&self, person: i64) {
        self.people.deactivate(person);
        for bot in self.bots.all() {
            if let Some(chat) = bot.room.lock().chats.get_mut(&person) {
                chat.standing = Standing::Deactivated;
            }
        }
        self.touch();
    }

    /// Changes the bot's place in a group or channel that it is in, and tells it.
    fn place_bot(
        &self,
        bot: &Bot,
        id: i64,
        by: i64,
        change: impl FnOnce(&mut Group, &mut Standing),
    ) -> Result<(), SimError> {
        let places = {
            let mut room = bot.room.lock();
            let chat = room.chats.get_mut(&id).ok_or(SimError::NoSuchChat(id))?;
            if !chat.standing.is_in() {
                return Err(SimError::CannotDo(DEAF));
            }
            let before = Place::of(chat);
            let Kind::Group(group) = &mut chat.kind else {
                return Err(SimError::CannotDo("this is no group"));
            };
            change(group, &mut chat.standing);
            [before, Place::of(chat)]
        };
        self.my_chat_member(bot, id, by, places);
        Ok(())
    }

    /// An old group becomes a supergroup: the bot hears of it in both, the last thing that is said in the one and
    /// the first in the other.
    fn upgrade(&self, bot: &Bot, id: i64, by: i64) -> Result<(), SimError> {
        let to = {
            let mut room = bot.room.lock();
            let far = |n: i64| -1_000_000_000_000 - n;
            let to = (1..).map(far).find(|id| !room.chats.contains_key(id)).unwrap_or(far(1));
            let chat = room.chats.get_mut(&id).ok_or(SimError::NoSuchChat(id))?;
            let standing = chat.standing;
            let Kind::Group(group) = &chat.kind else {
                return Err(SimError::CannotDo("this is no group"));
            };
            if group.noun() != "group" || group.moved_to.is_some() || !standing.is_in() {
                return Err(SimError::CannotDo(
                    "only a group of the old kind becomes a supergroup",
                ));
            }
            let new = Group { id: to, supergroup: true, ..Group::clone(group) };
            room.chats.insert(to, Chat { standing, ..Chat::new(Kind::Group(Box::new(new))) });
            to
        };
        self.say(bot, id, by, Body::MovedTo(to))?;
        self.say(bot, to, by, Body::MovedFrom(id))?;
        let mut room = bot.room.lock();
        if let Some(Chat { kind: Kind::Group(group), .. }) = room.chats.get_mut(&id) {
            group.moved_to = Some(to);
        }
        Ok(())
    }

    fn set_standing(&self, bot: &Bot, chat: i64, standing: Standing) -> Result<Standing, SimError> {
        let mut room = bot.room.lock();
        let chat = room.chats.get_mut(&chat).ok_or(SimError::NoSuchChat(chat))?;
        Ok(std::mem::replace(&mut chat.standing, standing))
    }
}

/// # Errors
/// [`SimError::OutOfBounds`] for what Telegram's links cannot carry.
pub(crate) fn check_payload(payload: &str) -> Result<(), SimError> {
    let known = payload.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let fits = known && payload.len() <= 64;
    fits.then_some(()).ok_or(SimError::OutOfBounds("a payload has at most 64 of A-Z a-z 0-9 _ -"))
}
