//! Who belongs to which chat, and what bots hear when that changes.

use frankenstein::types::{Chat as ChatOut, User};
use serde::Serialize;

use crate::{
    bots::Bot,
    chats::{Chat, Group, Kind, Standing},
    error::SimError,
    wire,
    world::World,
};

/// What somebody is in a chat, as `status` says it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place(&'static str);

pub(crate) const MEMBER: Place = Place("member");
pub(crate) const KICKED: Place = Place("kicked");
pub(crate) const LEFT: Place = Place("left");

impl World {
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
        let chat =
            room.chats.entry(id).or_insert_with(|| Chat::new(Kind::Group(Box::new(group.clone()))));
        chat.standing = Standing::Active;
        room.met.insert(by);
        drop(room);
        self.touch();
        self.my_chat_member(&bot, id, by, [LEFT, MEMBER]);
        Ok(id)
    }

    /// The bot's own place in a chat has changed.
    pub fn my_chat_member(&self, bot: &Bot, chat: i64, by: i64, places: [Place; 2]) {
        self.place_changed(bot, chat, by, wire::bot_user(bot), "my_chat_member", places);
    }

    /// A person's place in a group has changed.
    pub fn chat_member(&self, bot: &Bot, chat: i64, person: i64, places: [Place; 2]) {
        self.place_changed(
            bot,
            chat,
            person,
            wire::person(&self.people, person),
            "chat_member",
            places,
        );
    }

    /// [`World::my_chat_member`] for a caller who has the chat in hand.
    pub fn place_of_bot_changed(&self, bot: &Bot, person: i64, chat: &Kind, places: [Place; 2]) {
        self.tell_place(bot, (person, chat), person, wire::bot_user(bot), "my_chat_member", places);
    }

    fn place_changed(
        &self,
        bot: &Bot,
        chat: i64,
        by: i64,
        who: User,
        kind: &str,
        places: [Place; 2],
    ) {
        let Some(known) = bot.room.lock().chats.get(&chat).map(|chat| chat.kind.clone()) else {
            return;
        };
        self.tell_place(bot, (chat, &known), by, who, kind, places);
    }

    fn tell_place(
        &self,
        bot: &Bot,
        chat: (i64, &Kind),
        by: i64,
        who: User,
        kind: &str,
        places: [Place; 2],
    ) {
        #[derive(Serialize)]
        struct Out {
            chat: ChatOut,
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
}
