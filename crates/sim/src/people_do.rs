//! What people do, and what bots hear of it.

use std::{sync::Arc, time::Duration};

use frankenstein::types::{ReplyMarkup, User};
use serde::{Deserialize, Serialize};

use crate::{
    bots::Bot,
    chats::{Author, Body, Chat, Group, Kind, Message, Press, Standing},
    clock::Moment,
    entities,
    error::SimError,
    names::Dice,
    wire,
    world::World,
};

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
    /// Writes a message. Markup is not read; commands and links are found as Telegram's apps find them.
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
    /// Puts the bot out of the group.
    Kick {
        /// The group.
        group: i64,
    },
}

/// What people do about messages they get, as shares of all people from 0 to 1. Whether a person is one of those is
/// the same in every run.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reactions {
    /// Have blocked the bot by the time of its first message.
    pub blocked: f64,
    /// Have deleted their account by then.
    pub deactivated: f64,
    /// Write back within 20 s.
    pub replies: f64,
    /// Press the first button within 20 s, if there is one.
    pub clicks: f64,
    /// Send `/stop` within 20 s.
    pub stops: f64,
}

impl Reactions {
    /// As a bot with a normal audience sees them: 2 % have blocked it, 1 % are gone.
    pub const REALISTIC: Self = Self { blocked: 0.02, deactivated: 0.01, replies: 0.02, clicks: 0.1, stops: 0.005 };

    /// # Errors
    /// [`SimError::OutOfBounds`] when a share is none, or the first two make more than all.
    pub fn checked(self) -> Result<Self, SimError> {
        let shares = [self.blocked, self.deactivated, self.replies, self.clicks, self.stops];
        let sound = shares.iter().all(|share| (0.0..=1.0).contains(share)) && self.blocked + self.deactivated <= 1.0;
        sound.then_some(self).ok_or(SimError::OutOfBounds("shares lie between 0 and 1"))
    }

    /// Whether this person is unreachable, and how.
    pub(crate) fn fate(self, person: i64) -> Option<Standing> {
        let at = Dice(person.cast_unsigned() ^ 0x5eed).share();
        if at < self.blocked {
            Some(Standing::Blocked)
        } else if at < self.blocked + self.deactivated {
            Some(Standing::Deactivated)
        } else {
            None
        }
    }
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
    /// [`SimError::NoSuchBot`], [`SimError::NoSuchChat`], and [`SimError::CannotDo`] for what nobody in that position
    /// can do, such as writing to a bot that one has blocked.
    pub fn person_does(&self, bot: i64, person: i64, deed: &Deed) -> Result<(), SimError> {
        if !(1..1 << 52).contains(&person) || self.bots.is_bot(person) {
            return Err(SimError::OutOfBounds("people have numbers from 1 to 2^52, and bots are no people"));
        }
        let bot = self.bots.by_id(bot)?;
        if self.people.is_gone(person) {
            return Err(SimError::CannotDo("this account is deleted"));
        }
        self.touch();
        match deed {
            Deed::Start { payload } => self.start(&bot, person, payload),
            Deed::Text { text, group } => self.write(&bot, person, text, *group),
            Deed::Press { data, group } => self.press(&bot, person, data.as_deref(), group.unwrap_or(person)),
            Deed::Block => self.block(&bot, person),
            Deed::Unblock => self.unblock(&bot, person),
            Deed::Deactivate => {
                self.deactivate(person);
                Ok(())
            }
            Deed::Join { group } => {
                self.say(&bot, *group, person, Body::Joined(person))?;
                self.chat_member(&bot, *group, person, "chat_member", [LEFT, MEMBER]);
                Ok(())
            }
            Deed::Leave { group } => {
                self.say(&bot, *group, person, Body::Left(person))?;
                self.chat_member(&bot, *group, person, "chat_member", [MEMBER, LEFT]);
                Ok(())
            }
            Deed::Kick { group } => {
                self.set_standing(&bot, *group, Standing::Blocked)?;
                self.my_chat_member(&bot, *group, person, [MEMBER, KICKED]);
                Ok(())
            }
        }
    }

    /// Somebody adds the bot to a group. Answers the group's number.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`], [`SimError::OutOfBounds`] for a number that is no group's.
    pub fn add_to_group(&self, bot: i64, by: i64, mut group: Group) -> Result<i64, SimError> {
        let bot = self.bots.by_id(bot)?;
        let mut room = bot.room.lock();
        if group.id == 0 {
            let base = if group.supergroup { -1_000_000_000_000 } else { 0 };
            let free = (1..).map(|n| base - n).find(|id| !room.chats.contains_key(id));
            group.id = free.unwrap_or(base - 1);
        }
        let id = group.id;
        if id >= 0 || (id < -1_000_000_000_000) != group.supergroup {
            let why = "a group has a negative number, a supergroup one below -1,000,000,000,000";
            return Err(SimError::OutOfBounds(why));
        }
        let chat = room.chats.entry(id).or_insert_with(|| Chat::new(Kind::Group(Box::new(group.clone()))));
        chat.standing = Standing::Active;
        room.met.insert(by);
        drop(room);
        self.touch();
        self.my_chat_member(&bot, id, by, [LEFT, MEMBER]);
        Ok(id)
    }

    /// A person is in a chat with the bot without any update telling so: what was before the simulation began.
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
            self.my_chat_member(bot, person, person, [KICKED, MEMBER]);
        }
        let text = if payload.is_empty() { "/start".to_owned() } else { format!("/start {payload}") };
        self.write(bot, person, &text, None)
    }

    fn write(&self, bot: &Bot, person: i64, text: &str, group: Option<i64>) -> Result<(), SimError> {
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
        if chat.standing != Standing::Active {
            return Err(SimError::CannotDo("the bot does not hear this chat (any more); start it first"));
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
        });
        chat.keep(message.clone(), self.rules.kept_messages);
        let kind = chat.kind.clone();
        // Pushed while the chat is locked, so that updates are numbered in the order of the messages.
        let out = wire::message(&self.people, bot, &kind, &message, None);
        bot.updates.push(message.at, "message", chat_id, &out);
        Ok(())
    }

    fn press(&self, bot: &Bot, person: i64, data: Option<&str>, chat_id: i64) -> Result<(), SimError> {
        let mut room = bot.room.lock();
        let chat = room.chats.get(&chat_id).ok_or(SimError::NoSuchChat(chat_id))?;
        let found = chat.log.iter().rev().find_map(|message| {
            let Some(ReplyMarkup::InlineKeyboardMarkup(inline)) = &message.keyboard
            else {
                return None;
            };
            let mut buttons = inline.inline_keyboard.iter().flatten().filter_map(|button| button.callback_data.as_ref());
            buttons.find(|with| data.is_none_or(|data| *with == data)).map(|data| (message.clone(), data.clone()))
        });
        let (message, data) = found.ok_or(SimError::CannotDo("there is no such button"))?;
        let kind = chat.kind.clone();
        let at = self.clock.now();
        let id = Dice(at.0 ^ (person.cast_unsigned() << 20) ^ room.next_message().unsigned_abs() as u64).roll().to_string();
        room.callbacks.open(id.clone(), Press { chat: chat_id, person, at, answer: None, alert: false });
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
            Standing::Active => self.my_chat_member(bot, person, person, [MEMBER, KICKED]),
            Standing::Blocked | Standing::Deactivated | Standing::Left => {}
        }
        Ok(())
    }

    fn unblock(&self, bot: &Bot, person: i64) -> Result<(), SimError> {
        match self.set_standing(bot, person, Standing::Active)? {
            Standing::Blocked => self.my_chat_member(bot, person, person, [KICKED, MEMBER]),
            Standing::Active | Standing::Deactivated | Standing::Left => {}
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

    fn set_standing(&self, bot: &Bot, chat: i64, standing: Standing) -> Result<Standing, SimError> {
        let mut room = bot.room.lock();
        let chat = room.chats.get_mut(&chat).ok_or(SimError::NoSuchChat(chat))?;
        Ok(std::mem::replace(&mut chat.standing, standing))
    }

    /// The bot's own place in a chat has changed.
    pub fn my_chat_member(&self, bot: &Bot, chat: i64, by: i64, places: [Place; 2]) {
        self.place_changed(bot, chat, by, wire::bot_user(bot), "my_chat_member", places);
    }

    fn chat_member(&self, bot: &Bot, chat: i64, person: i64, kind: &'static str, places: [Place; 2]) {
        self.place_changed(bot, chat, person, wire::person(&self.people, person), kind, places);
    }

    /// [`World::my_chat_member`] for a caller who has the chat in hand.
    pub fn place_of_bot_changed(&self, bot: &Bot, person: i64, chat: &Kind, places: [Place; 2]) {
        self.tell_place(bot, (person, chat), person, wire::bot_user(bot), "my_chat_member", places);
    }

    fn place_changed(&self, bot: &Bot, chat: i64, by: i64, who: User, kind: &str, places: [Place; 2]) {
        let Some(known) = bot.room.lock().chats.get(&chat).map(|chat| chat.kind.clone()) else { return };
        self.tell_place(bot, (chat, &known), by, who, kind, places);
    }

    fn tell_place(&self, bot: &Bot, chat: (i64, &Kind), by: i64, who: User, kind: &str, places: [Place; 2]) {
        #[derive(Serialize)]
        struct Out {
            chat: frankenstein::types::Chat,
            from: User,
            date: u64,
            old_chat_member: Member,
            new_chat_member: Member,
        }
        #[derive(Serialize)]
        struct Member {
            status: &'static str,
            user: User,
            #[serde(skip_serializing_if = "Option::is_none")]
            until_date: Option<u64>,
        }
        let at = self.clock.now();
        let member = |place: Place| Member {
            status: place.0,
            user: who.clone(),
            until_date: (place == KICKED).then_some(0),
        };
        let out = Out {
            chat: wire::chat(&self.people, chat.1, chat.0),
            from: wire::person(&self.people, by),
            date: at.unix_secs(),
            old_chat_member: member(places[0]),
            new_chat_member: member(places[1]),
        };
        bot.updates.push(at, kind, chat.0, &out);
    }

    /// Lets the person who just got `message` do what such people do.
    pub fn react(&self, bot: &Bot, message: &Message) {
        let Some(reactions) = *bot.reactions.read() else { return };
        if message.chat < 0 {
            return;
        }
        let mut dice = Dice(message.chat.cast_unsigned() ^ u64::from(message.id.unsigned_abs()) << 32);
        let has_button = matches!(&message.keyboard, Some(ReplyMarkup::InlineKeyboardMarkup(keys))
            if keys.inline_keyboard.iter().flatten().any(|button| button.callback_data.is_some()));
        let deeds = [
            (reactions.clicks, has_button, Deed::Press { data: None, group: None }),
            (reactions.replies, true, Deed::Text { text: dice.pick(&REPLIES).to_owned(), group: None }),
            (reactions.stops, true, Deed::Text { text: "/stop".to_owned(), group: None }),
        ];
        for (share, possible, deed) in deeds {
            if dice.share() < share && possible {
                self.agenda.note(soon(message.at, &mut dice), bot.id, message.chat, deed);
            }
        }
    }
}

/// # Errors
/// [`SimError::OutOfBounds`] for what Telegram's links cannot carry.
pub(crate) fn check_payload(payload: &str) -> Result<(), SimError> {
    let known = payload.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let fits = known && payload.len() <= 64;
    fits.then_some(()).ok_or(SimError::OutOfBounds("a payload has at most 64 of A-Z a-z 0-9 _ -"))
}

fn soon(now: Moment, dice: &mut Dice) -> Moment {
    now + Duration::from_millis(1_000 + u64::from(dice.below(19_000)))
}

/// What somebody is in a chat, as `status` says it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place(&'static str);

pub(crate) const MEMBER: Place = Place("member");
pub(crate) const KICKED: Place = Place("kicked");
pub(crate) const LEFT: Place = Place("left");

/// What people write back.
pub(crate) const REPLIES: [&str; 10] = [
    "Thanks!",
    "👍",
    "Спасибо 🙏",
    "How much is it?",
    "شكراً",
    "¿Hasta cuándo?",
    "ok",
    "👩‍👩‍👧‍👦❤️",
    "请问几点开始？",
    "When does it start, and may I bring a friend along who has never been there?",
];
