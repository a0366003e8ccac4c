//! What people do about the messages they get.

use std::time::Duration;

use frankenstein::types::ReplyMarkup;
use serde::{Deserialize, Serialize};

use crate::{
    bots::Bot,
    chats::{Message, Standing},
    clock::Moment,
    deeds::Deed,
    error::SimError,
    names::Dice,
    world::World,
};

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

/// What people do about messages they get, as shares of all people from 0 to 1. Whether a person is
/// one of those is the same in every run.
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
    pub const REALISTIC: Self =
        Self { blocked: 0.02, deactivated: 0.01, replies: 0.02, clicks: 0.1, stops: 0.005 };

    /// # Errors
    /// [`SimError::OutOfBounds`] when a share is none, or the first two make more than all.
    pub fn checked(self) -> Result<Self, SimError> {
        let shares = [self.blocked, self.deactivated, self.replies, self.clicks, self.stops];
        let sound = shares.iter().all(|share| (0.0..=1.0).contains(share))
            && self.blocked + self.deactivated <= 1.0;
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

impl World {
    /// Lets the person who just got `message` do what such people do.
    pub fn react(&self, bot: &Bot, message: &Message) {
        let Some(reactions) = *bot.reactions.read() else { return };
        if message.chat < 0 {
            return;
        }
        let mut dice =
            Dice(message.chat.cast_unsigned() ^ u64::from(message.id.unsigned_abs()) << 32);
        let has_button = matches!(&message.keyboard, Some(ReplyMarkup::InlineKeyboardMarkup(keys))
            if keys.inline_keyboard.iter().flatten().any(|button| button.callback_data.is_some()));
        let deeds = [
            (reactions.clicks, has_button, Deed::Press { data: None, group: None }),
            (
                reactions.replies,
                true,
                Deed::Text { text: dice.pick(&REPLIES).to_owned(), group: None },
            ),
            (reactions.stops, true, Deed::Text { text: "/stop".to_owned(), group: None }),
        ];
        for (share, possible, deed) in deeds {
            if dice.share() < share && possible {
                self.agenda.note(soon(message.at, &mut dice), bot.id, message.chat, deed);
            }
        }
    }
}

fn soon(now: Moment, dice: &mut Dice) -> Moment {
    now + Duration::from_millis(1_000 + u64::from(dice.below(19_000)))
}
