//! Chats between a bot and people: who may be written to, and what was said.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use frankenstein::types::ReplyMarkup;
use serde::{Deserialize, Serialize};

use crate::{
    clock::Moment, entities::Formatted, files::File, ledger::Ledger, limits::Bucket, names::Dice,
    reply::Refusal,
};

/// Whether a bot may write to a chat.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It may.
    Active,
    /// The person has blocked the bot.
    Blocked,
    /// The person's account is deleted.
    Deactivated,
    /// The bot has left the group, or was put out of it.
    Left,
    /// The bot is in the group or channel, hears it, and may not write there.
    Muted,
}

impl Standing {
    /// Whether the bot is in the chat, whatever it may do there.
    pub(crate) fn is_in(self) -> bool {
        matches!(self, Self::Active | Self::Muted)
    }
}

/// What kind of chat it is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Private,
    Group(Box<Group>),
}

/// A group or channel that a bot is in.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Negative, below -1,000,000,000,000 for a supergroup. Chosen by the simulator when 0.
    #[serde(default)]
    pub id: i64,
    /// What it is called.
    pub title: String,
    /// Its public name, without `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// A supergroup, as nearly all are; else one of the old, small kind.
    #[serde(default = "yes")]
    pub supergroup: bool,
    /// A channel: whoever may post speaks in its name, and bots are administrators.
    #[serde(default, skip_serializing_if = "is_false")]
    pub channel: bool,
    /// Whether the bot is one of the administrators of the group.
    #[serde(default, skip_serializing_if = "is_false")]
    pub admin: bool,
    /// The supergroup that this old group has become. Nothing is said here any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<i64>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Default for Group {
    /// A supergroup without a name, whose number is chosen by the simulator.
    fn default() -> Self {
        Self {
            id: 0,
            title: String::new(),
            username: None,
            supergroup: true,
            channel: false,
            admin: false,
            moved_to: None,
        }
    }
}

impl Group {
    /// What Telegram's refusals call it.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self { channel: true, .. } => "channel",
            Self { supergroup: true, .. } => "supergroup",
            Self { .. } => "group",
        }
    }
}

/// One chat as a bot knows it.
#[derive(Debug)]
pub(crate) struct Chat {
    pub kind: Kind,
    pub standing: Standing,
    pub pace: Bucket,
    /// The latest messages, oldest first.
    pub log: VecDeque<Arc<Message>>,
    /// Whether the bot has got a message through to it yet.
    pub reached: bool,
}

impl Chat {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            standing: Standing::Active,
            pace: Bucket::default(),
            log: VecDeque::new(),
            reached: false,
        }
    }

    pub fn find(&self, message: i32) -> Option<&Arc<Message>> {
        let at = self.log.binary_search_by_key(&message, |kept| kept.id).ok()?;
        self.log.get(at)
    }

    pub fn find_mut(&mut self, message: i32) -> Option<&mut Arc<Message>> {
        let at = self.log.binary_search_by_key(&message, |kept| kept.id).ok()?;
        self.log.get_mut(at)
    }

    pub fn keep(&mut self, message: Arc<Message>, at_most: usize) {
        if at_most == 0 {
            return;
        }
        while self.log.len() >= at_most {
            self.log.pop_front();
        }
        self.log.push_back(message);
    }

    /// Why the bot may not write here, in Telegram's words.
    pub fn may_write(&self) -> Result<(), Refusal> {
        self.may_see()?;
        match (self.standing, &self.kind) {
            (Standing::Muted, Kind::Group(group)) if group.channel => {
                Err(Refusal::bad_request("need administrator rights in the channel chat"))
            }
            (Standing::Muted, _) => {
                Err(Refusal::bad_request("not enough rights to send text messages to the chat"))
            }
            _ => Ok(()),
        }
    }

    /// Why the bot is not in this chat, in Telegram's words.
    pub fn may_see(&self) -> Result<(), Refusal> {
        let noun = match &self.kind {
            Kind::Private => None,
            Kind::Group(group) => {
                if let Some(to) = group.moved_to {
                    return Err(Refusal::moved(to));
                }
                Some(group.noun())
            }
        };
        match (self.standing, noun) {
            (Standing::Active | Standing::Muted, _) => Ok(()),
            (Standing::Deactivated, _) => Err(Refusal::forbidden("user is deactivated")),
            (Standing::Blocked, Some(noun)) => {
                Err(Refusal::forbidden(&format!("bot was kicked from the {noun} chat")))
            }
            (Standing::Blocked, None) => Err(Refusal::forbidden("bot was blocked by the user")),
            (Standing::Left, noun) => {
                let noun = noun.unwrap_or("private");
                Err(Refusal::forbidden(&format!("bot is not a member of the {noun} chat")))
            }
        }
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Author {
    Bot,
    Person(i64),
}

/// A message that was delivered.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub id: i32,
    pub chat: i64,
    pub at: Moment,
    pub edited: Option<Moment>,
    pub from: Author,
    pub body: Body,
    pub keyboard: Option<ReplyMarkup>,
    pub reply_to: Option<i32>,
    pub protected: bool,
    /// Whether phones stayed quiet.
    pub silent: bool,
}

/// What a message holds.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Text(Formatted),
    Media {
        file: Arc<File>,
        caption: Formatted,
        above: bool,
        spoiler: bool,
    },
    Joined(i64),
    Left(i64),
    /// The group has become this supergroup.
    MovedTo(i64),
    /// The supergroup was this group.
    MovedFrom(i64),
}

/// Everything one bot has to do with chats, behind one lock that is held for microseconds.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub chats: HashMap<i64, Chat>,
    /// People the bot has seen in groups only: they exist, but it may not write to them first.
    pub met: HashSet<i64>,
    pub pace: Bucket,
    /// For messages that are paid for.
    pub paid_pace: Bucket,
    /// The bot's balance, in thousandths of a Star.
    pub stars: u64,
    pub ledger: Ledger,
    pub callbacks: Callbacks,
    last_message: i32,
}

impl Room {
    /// The number of the next message. One sequence for all chats of a bot, as in Telegram's
    /// private chats.
    pub fn next_message(&mut self) -> i32 {
        self.last_message += 1;
        self.last_message
    }

    pub fn last_message(&self) -> i32 {
        self.last_message
    }

    /// Goes on numbering after `last`.
    pub fn resume_after(&mut self, last: i32) {
        self.last_message = last;
    }

    /// The chat that a bot asks for.
    ///
    /// # Errors
    /// 400 when it does not exist, 403 when a person was met in a group but never wrote to the bot.
    pub fn chat(&mut self, id: i64) -> Result<&mut Chat, Refusal> {
        let met = self.met.contains(&id);
        self.chats.get_mut(&id).ok_or_else(|| {
            if met {
                Refusal::forbidden("bot can't initiate conversation with a user")
            } else {
                Refusal::bad_request("chat not found")
            }
        })
    }
}

/// Presses of buttons that wait for the bot's answer.
#[derive(Debug, Default)]
pub(crate) struct Callbacks {
    open: HashMap<String, Press>,
    order: VecDeque<String>,
    made: u64,
}

/// One press of a button.
#[derive(Clone, Debug, Serialize)]
pub struct Press {
    /// Where the button was pressed.
    pub chat: i64,
    /// Who pressed it.
    pub person: i64,
    /// When.
    pub at: Moment,
    /// What the bot answered, when it has: the text, which may be empty.
    pub answer: Option<String>,
    /// Whether that was to be shown as an alert.
    pub alert: bool,
}

impl Callbacks {
    /// Presses that are remembered.
    const MOST: usize = 10_000;

    /// Remembers a press; answers the number that the bot refers to it by.
    pub fn open(&mut self, press: Press) -> String {
        if self.order.len() >= Self::MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.open.remove(&oldest);
        }
        self.made += 1;
        let id = Dice(press.at.0 ^ press.person.cast_unsigned() ^ (self.made << 48)).roll();
        let id = id.to_string();
        self.order.push_back(id.clone());
        self.open.insert(id.clone(), press);
        id
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut Press> {
        self.open.get_mut(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Press)> {
        self.order.iter().filter_map(|id| self.open.get_key_value(id))
    }
}
