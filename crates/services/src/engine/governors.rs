//! One governor per bot for everything this process sends in its name.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    ids::{BotId, ChatId},
    pacing::{self, Governor},
};
use tokio::time::Instant;

/// The governors of this process. One holder of a bot's lease sends its broadcasts and replies; test
/// messages that another process sends beside it are few, and Telegram's 429 is honoured everywhere.
#[derive(Debug)]
pub struct Governors {
    most: u32,
    epoch: Instant,
    bots: Mutex<HashMap<BotId, Kept>>,
}

/// A bot's governor, and what its rate is made of.
#[derive(Debug)]
struct Kept {
    governor: Governor,
    /// The rate that the bot was asked for.
    own: Option<u32>,
    /// The rate that is being paid for.
    paid: Option<u32>,
}

/// A place in a bot's second.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// When its message may go out.
    pub at: Instant,
    number: u64,
}

impl Governors {
    /// Governors for at most `most` messages a second and bot.
    pub fn new(most: u32) -> Arc<Self> {
        Arc::new(Self { most, epoch: Instant::now(), bots: Mutex::default() })
    }

    /// The bot was asked for this rate, or for none of its own. Gives the one that counts. Whoever sends for a bot
    /// says so whenever they have looked.
    pub fn follow(&self, bot: BotId, own: Option<u32>) -> u32 {
        self.change(bot, |kept| kept.own = own)
    }

    /// What is sent for the bot from here on is paid for at this rate, or is not. Gives the rate that counts: one that
    /// the bot was asked to keep counts all the same.
    pub fn pay(&self, bot: BotId, rate: Option<u32>) -> u32 {
        self.change(bot, |kept| kept.paid = rate)
    }

    fn change(&self, bot: BotId, change: impl FnOnce(&mut Kept)) -> u32 {
        self.with_kept(bot, |kept, _| {
            change(kept);
            let rate = pacing::rate(kept.own, kept.paid.unwrap_or(self.most));
            kept.governor.set_rate(rate);
            rate
        })
    }

    /// The bot's next place. It is taken with the answer.
    pub fn reserve(&self, bot: BotId, chat: ChatId) -> Place {
        let place = self.with(bot, |governor, now| governor.reserve(chat, now));
        Place { at: self.epoch + place.at, number: place.number }
    }

    /// The message of a place was sent at `sent`, and has been answered now.
    pub fn answered(&self, bot: BotId, place: Place, sent: Instant) {
        let sent = sent.saturating_duration_since(self.epoch);
        self.with(bot, |governor, now| governor.answered(place.number, sent, now));
    }

    /// Waits for the bot's next place.
    pub async fn place(&self, bot: BotId, chat: ChatId) {
        loop {
            tokio::time::sleep_until(self.reserve(bot, chat).at).await;
            if !self.is_silent(bot) {
                return;
            }
        }
    }

    /// Whether Telegram has asked this bot for silence that is not over.
    pub fn is_silent(&self, bot: BotId) -> bool {
        self.with(bot, |governor, now| governor.is_silent(now))
    }

    /// Telegram asked this bot for silence.
    pub fn slow_down(&self, bot: BotId, retry_after: Duration) {
        self.with(bot, |governor, now| governor.slow_down(retry_after, now));
    }

    /// How long the bot's next place is away.
    pub fn wait(&self, bot: BotId) -> Duration {
        self.with(bot, |governor, now| governor.free_at().saturating_sub(now))
    }

    /// Forgets a bot that has nothing to send any more; what it sent last no longer limits it.
    pub fn forget(&self, bot: BotId) {
        let mut bots = self.bots.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.epoch.elapsed();
        let is_past = |kept: &Kept| kept.governor.free_at() + Duration::from_secs(1) < now;
        if bots.get(&bot).is_some_and(is_past) {
            bots.remove(&bot);
        }
    }

    fn with<T>(&self, bot: BotId, act: impl FnOnce(&mut Governor, Duration) -> T) -> T {
        self.with_kept(bot, |kept, now| act(&mut kept.governor, now))
    }

    fn with_kept<T>(&self, bot: BotId, act: impl FnOnce(&mut Kept, Duration) -> T) -> T {
        let mut bots = self.bots.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = bots.entry(bot).or_insert_with(|| Kept {
            governor: Governor::new(self.most),
            own: None,
            paid: None,
        });
        act(kept, self.epoch.elapsed())
    }
}
