//! Scripts: many people who find a bot over some time and then live with it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Moment,
    deeds::{Deed, check_payload},
    error::SimError,
    names::Dice,
    people::person_id,
    reactions::REPLIES,
    world::World,
};

/// Most people of one script.
const MOST_PEOPLE: u32 = 10_000_000;
/// Within how long after Start somebody does what habits say, when everybody starts at once.
const SHORTEST_LIFE_SECS: f64 = 30.0;

/// So many people, over so long.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// How many press Start, 1 to 10,000,000.
    pub count: u32,
    /// Evenly over so many seconds, at most a day; all at once when 0.
    pub over_secs: f64,
    /// What their links carried, in equal shares; nothing when empty.
    pub payloads: Vec<String>,
    /// Which people: the same seed gives the same people.
    pub seed: u32,
    /// The first of the seed's people to come; so a second script can go on where a first one
    /// ended.
    pub first: u32,
    /// They are there already: no update tells of them, and habits do not apply.
    pub quiet: bool,
    /// What they do after Start.
    pub habits: Habits,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            count: 1,
            over_secs: 0.0,
            payloads: Vec::new(),
            seed: 1,
            first: 0,
            quiet: false,
            habits: Habits::default(),
        }
    }
}

/// What people do by themselves some time after Start, as shares of all from 0 to 1.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Habits {
    /// Write something.
    pub write: f64,
    /// Send `/stop`.
    pub stop: f64,
    /// Block the bot.
    pub block: f64,
    /// Of those, unblock it again.
    pub unblock: f64,
    /// Delete their account.
    pub deactivate: f64,
}

impl Script {
    fn check(&self) -> Result<(), SimError> {
        let Habits { write, stop, block, unblock, deactivate } = self.habits;
        if !(1..=MOST_PEOPLE).contains(&self.count) || self.first > MOST_PEOPLE {
            return Err(SimError::OutOfBounds("a script has 1 to 10,000,000 people"));
        }
        if !(0.0..=86_400.0).contains(&self.over_secs) {
            return Err(SimError::OutOfBounds("a script lasts at most a day"));
        }
        if ![write, stop, block, unblock, deactivate]
            .iter()
            .all(|share| (0.0..=1.0).contains(share))
        {
            return Err(SimError::OutOfBounds("shares lie between 0 and 1"));
        }
        self.payloads.iter().try_for_each(|payload| check_payload(payload))
    }

    /// The numbers of its people.
    pub fn people(&self) -> impl Iterator<Item = i64> {
        let seed = self.seed;
        (self.first..self.first.saturating_add(self.count)).map(move |index| person_id(seed, index))
    }
}

/// A script that is being played.
#[derive(Debug)]
struct Running {
    bot: i64,
    script: Script,
    done: AtomicU32,
}

/// The scripts that are not over.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    running: Mutex<Vec<Arc<Running>>>,
    stop: Mutex<CancellationToken>,
}

impl Scripts {
    /// Ends them all.
    pub fn clear(&self) {
        std::mem::take(&mut *self.stop.lock()).cancel();
        self.running.lock().clear();
    }

    /// What is left of each, for the state file.
    pub fn save(&self) -> Vec<(i64, Script)> {
        let rest = |running: &Arc<Running>| {
            let done = running.done.load(Ordering::Acquire).min(running.script.count);
            let mut script = running.script.clone();
            let left = script.count - done;
            script.over_secs *= f64::from(left) / f64::from(script.count);
            script.first += done;
            script.count = left;
            (left > 0).then_some((running.bot, script))
        };
        self.running.lock().iter().filter_map(rest).collect()
    }
}

impl World {
    /// Begins a script.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`], [`SimError::OutOfBounds`].
    pub fn play(self: &Arc<Self>, bot: i64, script: Script) -> Result<(), SimError> {
        script.check()?;
        let target = self.bots.by_id(bot)?;
        if script.quiet {
            script.people().for_each(|person| self.has_started_before(&target, person));
            return Ok(());
        }
        let running = Arc::new(Running { bot, script, done: AtomicU32::new(0) });
        self.scripts.running.lock().push(running.clone());
        let begun = self.clock.now();
        let (world, stop) = (self.clone(), self.scripts.stop.lock().clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = world.stop.cancelled() => {}
                () = world.play_all(&running, begun) => {
                    world.scripts.running.lock().retain(|one| !Arc::ptr_eq(one, &running));
                }
            }
        });
        Ok(())
    }

    async fn play_all(&self, running: &Running, begun: Moment) {
        let script = &running.script;
        let between = script.over_secs / f64::from(script.count);
        let life = script.over_secs.max(SHORTEST_LIFE_SECS);
        for (n, person) in script.people().enumerate() {
            self.clock.sleep_until(begun + Duration::from_secs_f64(between * n as f64)).await;
            self.begin_life(running.bot, script, person, life);
            running.done.fetch_add(1, Ordering::AcqRel);
            if n % 64 == 63 {
                // A script without pauses must not keep a thread for itself.
                tokio::task::yield_now().await;
            }
        }
    }

    fn begin_life(&self, bot: i64, script: &Script, person: i64, life_secs: f64) {
        let mut dice = Dice(person.cast_unsigned() ^ bot.cast_unsigned());
        let payload = match script.payloads.as_slice() {
            [] => String::new(),
            payloads => payloads[dice.below(payloads.len() as u32) as usize].clone(),
        };
        if let Err(err) = self.person_does(bot, person, &Deed::Start { payload }) {
            tracing::debug!(bot.id = bot, %err, "a person could not start");
            return;
        }
        let now = self.clock.now();
        let later = |dice: &mut Dice, deed| {
            let when = now + Duration::from_secs_f64(2.0 + dice.share() * (life_secs - 2.0));
            self.agenda.note(when, bot, person, deed);
        };
        let habits = script.habits;
        let text = |text: &str| Deed::Text { text: text.to_owned(), group: None };
        if dice.share() < habits.write {
            let words = dice.pick(&REPLIES);
            later(&mut dice, text(words));
        }
        if dice.share() < habits.stop {
            later(&mut dice, text("/stop"));
        }
        if dice.share() < habits.block {
            later(&mut dice, Deed::Block);
            if dice.share() < habits.unblock {
                let after_all = now + Duration::from_secs_f64(life_secs + 1.0);
                self.agenda.note(after_all, bot, person, Deed::Unblock);
            }
        }
        if dice.share() < habits.deactivate {
            later(&mut dice, Deed::Deactivate);
        }
    }
}
