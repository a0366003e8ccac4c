//! The sandbox inside this process: a Telegram of our own, with people in it.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::{Mutex, PoisonError},
};

use adapters::telegram::{ApiBase, BotToken};
use async_trait::async_trait;
use domain::ids::ChatId;
use services::sandbox::Sandbox;
use sim::{Deed, Habits, NewBot, Profile, Reactions, Script, Sim, SimConfig, SimHandle, person_id};

use crate::refusal::Refusal;

/// The people of people who look at their own bot: a seed that no script uses.
const VIEWERS: u32 = 3_999;
/// Where people come from, so that a newcomer sees sources at once.
const SOURCES: [&str; 4] = ["", "website", "newsletter", "friends"];

/// What an audience is like: some have gone when a message comes, some answer.
const REACTIONS: Reactions =
    Reactions { blocked: 0.02, deactivated: 0.01, replies: 0.03, clicks: 0.05, stops: 0.005 };

/// A simulator that lives as long as gannet; bots and people survive a restart in a file.
pub struct InProcess {
    sim: SimHandle,
    base: ApiBase,
    /// How many people each bot has had, by Telegram's number of it.
    came: Mutex<HashMap<i64, u32>>,
}

impl InProcess {
    /// Starts it on a loopback port of its own, with its state in `data_dir`.
    ///
    /// # Errors
    /// No port, or a state file that cannot be used.
    pub async fn start(data_dir: &Path) -> Result<Self, Refusal> {
        let state = Some(data_dir.join("sandbox.json"));
        let refuse = |what: String| Refusal::new(format!("the sandbox cannot start: {what}"));
        // Nobody but gannet moves it: whoever is on this machine would read every token there.
        let config = SimConfig { state, control: false, ..SimConfig::default() };
        let sim = Sim::start(config).await.map_err(|err| refuse(err.to_string()))?;
        let base = ApiBase::parse(&sim.base_url()).map_err(|err| refuse(err.to_string()))?;
        Ok(Self { sim, base, came: Mutex::default() })
    }

    /// The numbers of the next `count` people of `bot`: those of its own seed, in order.
    fn next_people(&self, bot: i64, count: u32) -> u32 {
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        let first = came.entry(bot).or_default();
        let this = *first;
        *first = first.saturating_add(count);
        this
    }
}

#[async_trait]
impl Sandbox for InProcess {
    fn base(&self) -> ApiBase {
        self.base.clone()
    }

    async fn create_bot(&self, username: &str, name: &str) -> Result<BotToken, String> {
        let new = NewBot {
            token: None,
            username: Some(username.to_owned()),
            name: Some(name.to_owned()),
        };
        let bot = self.sim.create_bot(new).map_err(|err| err.to_string())?;
        self.sim.set_reactions(bot.id, REACTIONS).map_err(|err| err.to_string())?;
        BotToken::parse(&bot.token).map_err(|err| err.to_string())
    }

    async fn send_people(&self, token: &BotToken, count: u32, secs: u32) -> Result<(), String> {
        let bot = token.telegram_id();
        let script = Script {
            count,
            over_secs: f64::from(secs),
            payloads: SOURCES.map(str::to_owned).to_vec(),
            seed: seed_of(bot),
            first: self.next_people(bot, count),
            quiet: false,
            habits: Habits::default(),
        };
        self.sim.people(bot, script).map_err(|err| err.to_string())
    }

    async fn press_start(
        &self,
        token: &BotToken,
        name: &str,
        payload: &str,
    ) -> Result<ChatId, String> {
        let person = person_id(VIEWERS, index_of(name));
        let profile = Profile {
            first_name: name.to_owned(),
            last_name: None,
            username: None,
            language_code: None,
        };
        self.sim.name_person(person, profile);
        let start = Deed::Start { payload: payload.to_owned() };
        self.sim.person_does(token.telegram_id(), person, &start).map_err(|err| err.to_string())?;
        Ok(person)
    }
}

/// Bots have audiences of their own.
fn seed_of(bot: i64) -> u32 {
    u32::try_from(bot.rem_euclid(i64::from(VIEWERS))).unwrap_or(1)
}

/// The same name is the same person.
fn index_of(name: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    // Numbers of people have nine digits to differ in.
    u32::try_from(hasher.finish() % 900_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_else_on_this_machine_can_move_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let sandbox = InProcess::start(dir.path()).await.expect("it starts");
        sandbox.create_bot("quiet_bot", "Quiet").await.expect("a bot");
        let bots = format!("{}/sim/bots", sandbox.sim.base_url());
        let answer = reqwest::get(bots).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 404);
        assert!(!answer.text().await.expect("a text").contains("quiet_bot"));
    }
}
