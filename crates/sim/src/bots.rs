//! Bots: what BotFather would know of them, and everything they do.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use frankenstein::types::BotCommand;
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};

use crate::{
    chats::Room, error::SimError, files::Files, ledger::Ledger, names::Dice, reactions::Reactions,
    updates::Updates, webhook::Hook,
};

/// Characters behind the colon of a token.
const SECRET_LENGTH: usize = 35;
/// What a token of the simulator begins with behind the colon, so that nobody takes it for a real
/// one.
const SECRET_PREFIX: &str = "SANDBOX-";

/// A bot to be made. Whatever is left out is chosen.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewBot {
    /// `digits:35 characters`, as BotFather would give.
    pub token: Option<String>,
    /// Without `@`; must end with `bot`.
    pub username: Option<String>,
    /// 1 to 64 characters.
    pub name: Option<String>,
}

/// What there is to know about a bot.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BotCard {
    /// Telegram's number for it.
    pub id: i64,
    /// Valid until it is rotated.
    pub token: String,
    /// Without `@`.
    pub username: String,
    /// What people see.
    pub name: String,
}

/// What a bot tells about itself, as its methods left it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct About {
    pub username: String,
    pub name: String,
    /// By language; the empty one is for all others.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    #[serde(default)]
    pub descriptions: BTreeMap<String, String>,
    #[serde(default)]
    pub short_descriptions: BTreeMap<String, String>,
    /// By scope and language.
    #[serde(default)]
    pub commands: BTreeMap<String, Vec<BotCommand>>,
}

/// One bot.
#[derive(Debug)]
pub(crate) struct Bot {
    pub id: i64,
    pub token: RwLock<String>,
    pub about: RwLock<About>,
    pub room: Mutex<Room>,
    pub updates: Updates,
    pub hook: Hook,
    pub files: Mutex<Files>,
    pub reactions: RwLock<Option<Reactions>>,
}

impl Bot {
    pub fn new(id: i64, token: String, about: About, next_update: u32) -> Self {
        Self {
            id,
            token: RwLock::new(token),
            about: RwLock::new(about),
            room: Mutex::default(),
            updates: Updates::new(next_update),
            hook: Hook::default(),
            files: Mutex::default(),
            reactions: RwLock::new(None),
        }
    }

    /// What was accepted so far.
    pub fn ledger(&self) -> Ledger {
        self.room.lock().ledger.clone()
    }

    pub fn card(&self) -> BotCard {
        let about = self.about.read();
        let (username, name) = (about.username.clone(), about.name.clone());
        BotCard { id: self.id, token: self.token.read().clone(), username, name }
    }
}

/// All bots, by token and by number.
#[derive(Debug, Default)]
pub(crate) struct Bots(RwLock<Registry>);

#[derive(Debug, Default)]
struct Registry {
    by_token: HashMap<String, Arc<Bot>>,
    by_id: BTreeMap<i64, Arc<Bot>>,
}

impl Bots {
    pub fn by_token(&self, token: &str) -> Option<Arc<Bot>> {
        self.0.read().by_token.get(token).cloned()
    }

    pub fn by_id(&self, id: i64) -> Result<Arc<Bot>, SimError> {
        self.0.read().by_id.get(&id).cloned().ok_or(SimError::NoSuchBot(id))
    }

    pub fn is_bot(&self, id: i64) -> bool {
        self.0.read().by_id.contains_key(&id)
    }

    pub fn all(&self) -> Vec<Arc<Bot>> {
        self.0.read().by_id.values().cloned().collect()
    }

    /// Makes a bot.
    ///
    /// # Errors
    /// [`SimError::BadBot`] for a token or username that BotFather would not give,
    /// [`SimError::Taken`] for one that another bot has.
    pub fn create(&self, new: NewBot) -> Result<Arc<Bot>, SimError> {
        let mut bots = self.0.write();
        let (id, token) = match new.token {
            Some(token) => (token_id(&token).ok_or(SimError::BadBot("token"))?, token),
            None => {
                // Above what Telegram has given to bots so far.
                let id = (0..).map(|n| 900_000_000_001 + n).find(|id| !bots.by_id.contains_key(id));
                let id = id.ok_or(SimError::BadBot("token"))?;
                (id, new_token(id)?)
            }
        };
        let username = new.username.unwrap_or_else(|| chosen_username(id));
        if !is_bot_username(&username) {
            return Err(SimError::BadBot("username"));
        }
        let name = new.name.unwrap_or_else(|| username.replace('_', " "));
        if name.trim().is_empty() || name.chars().count() > 64 {
            return Err(SimError::BadBot("name"));
        }
        let same_name = |bot: &Arc<Bot>| bot.about.read().username.eq_ignore_ascii_case(&username);
        if bots.by_id.contains_key(&id) || bots.by_id.values().any(same_name) {
            return Err(SimError::Taken(username));
        }
        let about = About { username, name, ..About::default() };
        let first_update = 100_000_000 + Dice(id.cast_unsigned()).below(800_000_000);
        let bot = Arc::new(Bot::new(id, token.clone(), about, first_update));
        bots.by_token.insert(token, bot.clone());
        bots.by_id.insert(id, bot.clone());
        Ok(bot)
    }

    /// Puts back a bot from the state file.
    pub fn restore(&self, bot: Arc<Bot>) {
        let mut bots = self.0.write();
        bots.by_token.insert(bot.token.read().clone(), bot.clone());
        bots.by_id.insert(bot.id, bot);
    }

    /// A new token; the old one is refused from now on.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn rotate(&self, id: i64) -> Result<String, SimError> {
        let bot = self.by_id(id)?;
        let mut bots = self.0.write();
        let new = new_token(id)?;
        let old = std::mem::replace(&mut *bot.token.write(), new.clone());
        bots.by_token.remove(&old);
        bots.by_token.insert(new.clone(), bot.clone());
        Ok(new)
    }

    /// The bot is deleted, as with BotFather's `/deletebot`.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn remove(&self, id: i64) -> Result<Arc<Bot>, SimError> {
        let mut bots = self.0.write();
        let bot = bots.by_id.remove(&id).ok_or(SimError::NoSuchBot(id))?;
        bots.by_token.remove(&*bot.token.read());
        Ok(bot)
    }
}

/// The number in a token, if it is shaped like one: at least six digits, a colon, 35 characters.
pub(crate) fn token_id(token: &str) -> Option<i64> {
    let (digits, secret) = token.split_once(':')?;
    let sound = digits.len() >= 6
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
        && secret.len() == SECRET_LENGTH
        && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    // Numbers of accounts have at most 52 bits.
    digits.parse().ok().filter(|id| sound && *id < 1_i64 << 52)
}

fn new_token(id: i64) -> Result<String, SimError> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut random = [0; SECRET_LENGTH - SECRET_PREFIX.len()];
    getrandom::fill(&mut random)
        .map_err(|err| SimError::Machine(format!("no randomness: {err}")))?;
    let secret: String =
        random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect();
    Ok(format!("{id}:{SECRET_PREFIX}{secret}"))
}

fn is_bot_username(name: &str) -> bool {
    (5..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.to_ascii_lowercase().ends_with("bot")
}

fn chosen_username(id: i64) -> String {
    const KINDS: [&str; 6] = ["news", "shop", "club", "market", "school", "garden"];
    let mut dice = Dice(id.cast_unsigned());
    format!("sandbox_{}_{}_bot", dice.pick(&KINDS), id % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_well_formed_and_say_what_they_are() {
        let bots = Bots::default();
        let (a, b) = (bots.create(NewBot::default()), bots.create(NewBot::default()));
        let (a, b) = (a.expect("it needs nothing").card(), b.expect("it needs nothing").card());
        assert_ne!((a.id, &a.username), (b.id, &b.username));
        assert_eq!(token_id(&a.token), Some(a.id));
        assert!(a.token.contains(":SANDBOX-"), "{}", a.token);
        let long = "A".repeat(35);
        for broken in [
            "",
            "123456",
            "12345:x",
            &format!("12345:{long}"),
            &format!("0123456:{long}"),
            &format!("1234567:{long}A"),
        ] {
            assert_eq!(token_id(broken), None, "{broken}");
        }
    }

    #[test]
    fn names_and_tokens_belong_to_one_bot() {
        let bots = Bots::default();
        let named = |name: &str| NewBot { username: Some(name.into()), ..NewBot::default() };
        let bot = bots.create(named("gannet_bot")).expect("the name is free").card();
        assert!(matches!(bots.create(named("Gannet_Bot")), Err(SimError::Taken(_))));
        let same_token = NewBot { token: Some(bot.token.clone()), ..named("other_bot") };
        assert!(matches!(bots.create(same_token), Err(SimError::Taken(_))));
        for bad in
            ["gannet", "a_bot", "1gannet_bot", "gannet-bot", &format!("{}bot", "a".repeat(30))]
        {
            assert!(
                matches!(bots.create(named(bad)), Err(SimError::BadBot("username")))
                    || bad == "a_bot",
                "{bad}"
            );
        }
        let new = bots.rotate(bot.id).expect("it exists");
        assert!(bots.by_token(&bot.token).is_none() && bots.by_token(&new).is_some());
    }
}
