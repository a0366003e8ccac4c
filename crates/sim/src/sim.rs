//! Starting, steering and stopping a simulator.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::net::TcpListener;

use crate::{
    agenda::Agenda,
    bots::{BotCard, NewBot},
    chats::Group,
    clock::Clock,
    control,
    deeds::Deed,
    error::SimError,
    faults::{Fault, Listed},
    ledger::{Duplicate, Entry, Stats},
    ledger_file::{self, LedgerFile},
    limits::Limits,
    listen,
    names::Profile,
    reactions::Reactions,
    scripts::Script,
    serve, state,
    view::{self, ChatSummary, ChatView},
    world::{Rules, World, retire},
};

/// How long everything that goes on may take to end.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// How a simulator is run.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// Where it listens; port 0 takes a free one. Default 127.0.0.1:0.
    pub listen: SocketAddr,
    /// Whether `listen` may be more than loopback: anybody who can connect can then talk to the
    /// bots (and, from this machine, control the simulator). Default no.
    pub listen_anywhere: bool,
    /// Whether unknown parameters and quoted numbers are refused, which Telegram lets pass. Default
    /// yes.
    pub strict: bool,
    /// Telegram's by default.
    pub limits: Limits,
    /// Whether webhooks may be plain HTTP and on any port. Default yes.
    pub allow_http_webhooks: bool,
    /// Messages that are kept of each chat, at most; 0 for a sink that only counts. Default 100.
    pub kept_messages: usize,
    /// Longest that a webhook may take to answer. Default 60 s.
    pub webhook_timeout: Duration,
    /// A file that every accepted message is appended to.
    pub ledger: Option<PathBuf>,
    /// A file that bots, people and waiting updates are kept in, so that they survive a restart.
    pub state: Option<PathBuf>,
    /// Whether `/sim/…` is served, to this machine only. Default yes.
    pub control: bool,
    /// The time it lives in. Default [`Clock::system`].
    pub clock: Clock,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            listen_anywhere: false,
            strict: true,
            limits: Limits::TELEGRAM,
            allow_http_webhooks: true,
            kept_messages: 100,
            webhook_timeout: Duration::from_secs(60),
            ledger: None,
            state: None,
            control: true,
            clock: Clock::system(),
        }
    }
}

/// The simulator; [`Sim::start`] makes one that runs.
#[derive(Debug)]
pub struct Sim;

impl Sim {
    /// Listens and serves on the current runtime until [`SimHandle::shutdown`], or until the handle
    /// is dropped.
    ///
    /// # Errors
    /// [`SimError::NotLoopback`], [`SimError::Listen`], and [`SimError::File`] for a state or
    /// ledger file that cannot be used.
    pub async fn start(config: SimConfig) -> Result<SimHandle, SimError> {
        if !config.listen_anywhere && !config.listen.ip().to_canonical().is_loopback() {
            return Err(SimError::NotLoopback(config.listen));
        }
        let cannot = |source| SimError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let ledger = config.ledger.as_deref().map(LedgerFile::open).transpose()?;
        let rules = Rules {
            strict: config.strict,
            allow_http_webhooks: config.allow_http_webhooks,
            kept_messages: config.kept_messages,
            webhook_timeout: config.webhook_timeout,
            control: config.control,
        };
        let world = Arc::new(World::new(rules, config.clock, config.limits));
        if let Some(path) = &config.state {
            state::load(&world, path)?;
            world.tasks.spawn(state::keep(world.clone(), path.clone()));
        }
        if let Some(file) = ledger {
            world.tasks.spawn(ledger_file::keep(world.clone(), file));
        }
        world.tasks.spawn(Agenda::run(world.clone()));
        let control = control::router(world.clone());
        let door = serve::Door { world: world.clone(), control };
        let (stop, tasks) = (world.stop.clone(), world.tasks.clone());
        world.tasks.spawn(listen::accept(listener, stop, tasks, door));
        Ok(SimHandle { world, address, state: config.state })
    }
}

/// A simulator that runs. Dropping it stops the simulator without waiting.
#[derive(Debug)]
pub struct SimHandle {
    world: Arc<World>,
    address: SocketAddr,
    state: Option<PathBuf>,
}

impl Drop for SimHandle {
    fn drop(&mut self) {
        self.world.stop.cancel();
    }
}

impl SimHandle {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What goes before `/bot<token>/<method>`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The time it lives in.
    pub fn clock(&self) -> &Clock {
        &self.world.clock
    }

    /// Makes a bot.
    ///
    /// # Errors
    /// [`SimError::BadBot`] for a token or name that BotFather would not give, [`SimError::Taken`]
    /// for another's.
    pub fn create_bot(&self, new: NewBot) -> Result<BotCard, SimError> {
        let bot = self.world.bots.create(new)?;
        self.world.touch();
        Ok(bot.card())
    }

    /// All bots, by number.
    pub fn bots(&self) -> Vec<BotCard> {
        self.world.bots.all().iter().map(|bot| bot.card()).collect()
    }

    /// A new token for a bot; the old one is refused from now on.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn rotate_token(&self, bot: i64) -> Result<String, SimError> {
        self.world.touch();
        self.world.bots.rotate(bot)
    }

    /// Deletes a bot, as BotFather does on demand.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn remove_bot(&self, bot: i64) -> Result<(), SimError> {
        retire(&*self.world.bots.remove(bot)?);
        self.world.touch();
        Ok(())
    }

    /// Lets many people find a bot.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`], [`SimError::OutOfBounds`].
    pub fn people(&self, bot: i64, script: Script) -> Result<(), SimError> {
        self.world.play(bot, script)
    }

    /// Lets one person do something.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`], [`SimError::NoSuchChat`], [`SimError::OutOfBounds`], and
    /// [`SimError::CannotDo`] for what nobody in that position can do.
    pub fn person_does(&self, bot: i64, person: i64, deed: &Deed) -> Result<(), SimError> {
        self.world.person_does(bot, person, deed)
    }

    /// Gives a person names of your choice instead of made-up ones.
    pub fn name_person(&self, person: i64, profile: Profile) {
        self.world.people.name(person, profile);
        self.world.touch();
    }

    /// Lets `by` add a bot to a group; answers the group's number.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`], [`SimError::OutOfBounds`].
    pub fn add_to_group(&self, bot: i64, by: i64, group: Group) -> Result<i64, SimError> {
        self.world.add_to_group(bot, by, group)
    }

    /// Puts so many thousandths of a Star onto a bot's balance. Gives the balance.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn give_stars(&self, bot: i64, thousandths: u64) -> Result<u64, SimError> {
        let bot = self.world.bots.by_id(bot)?;
        let mut room = bot.room.lock();
        room.stars = room.stars.saturating_add(thousandths);
        self.world.touch();
        Ok(room.stars)
    }

    /// What people do about the messages of a bot from now on.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`], [`SimError::OutOfBounds`].
    pub fn set_reactions(&self, bot: i64, reactions: Reactions) -> Result<(), SimError> {
        *self.world.bots.by_id(bot)?.reactions.write() = Some(reactions.checked()?);
        self.world.touch();
        Ok(())
    }

    /// Puts any update into a bot's queue: `content` as it would stand in the update under `kind`,
    /// in the lane of `chat`. Answers its number, or `None` when the bot does not want the kind.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn inject(
        &self,
        bot: i64,
        kind: &str,
        chat: i64,
        content: &serde_json::Value,
    ) -> Result<Option<u32>, SimError> {
        let bot = self.world.bots.by_id(bot)?;
        self.world.touch();
        Ok(bot.updates.push(self.world.clock.now(), kind, chat, content))
    }

    /// A chat and what is kept of it.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`], [`SimError::NoSuchChat`].
    pub fn chat(&self, bot: i64, chat: i64) -> Result<ChatView, SimError> {
        view::chat(&self.world.people, &*self.world.bots.by_id(bot)?, chat)
    }

    /// The chats of a bot with numbers above `after`, lowest first, at most `limit`.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn chats(&self, bot: i64, after: i64, limit: usize) -> Result<Vec<ChatSummary>, SimError> {
        Ok(view::chats(&*self.world.bots.by_id(bot)?, after, limit))
    }

    /// What was accepted from a bot, from entry number `from` on, at most `limit`.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn ledger(&self, bot: i64, from: usize, limit: usize) -> Result<Vec<Entry>, SimError> {
        Ok(self.world.bots.by_id(bot)?.room.lock().ledger.read(from, limit))
    }

    /// The same in a few numbers.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn stats(&self, bot: i64) -> Result<Stats, SimError> {
        Ok(self.world.bots.by_id(bot)?.ledger().stats())
    }

    /// How many messages each chat got.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn per_chat(&self, bot: i64) -> Result<std::collections::HashMap<i64, u32>, SimError> {
        Ok(self.world.bots.by_id(bot)?.ledger().per_chat())
    }

    /// What some chat got more than once.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`].
    pub fn duplicates(&self, bot: i64) -> Result<Vec<Duplicate>, SimError> {
        Ok(self.world.bots.by_id(bot)?.ledger().duplicates())
    }

    /// Lets something go wrong from now on; answers the number to end it by.
    pub fn add_fault(&self, fault: Fault) -> u64 {
        self.world.faults.add(fault)
    }

    /// Ends one fault; answers whether there was one.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.world.faults.remove(id)
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
    }

    /// The faults in force.
    pub fn faults(&self) -> Vec<Listed> {
        self.world.faults.list()
    }

    /// The limits from now on.
    pub fn set_limits(&self, limits: Limits) {
        *self.world.limits.write() = limits;
    }

    /// Forgets everything; `keep_bots` spares the bots, not their chats.
    pub fn reset(&self, keep_bots: bool) {
        self.world.reset(keep_bots);
    }

    /// Stops listening, lets requests in flight end, and writes the files once more. Takes at most
    /// 5 s.
    pub async fn shutdown(self) {
        let world = self.world.clone();
        world.stop.cancel();
        world.tasks.close();
        if tokio::time::timeout(SHUTDOWN, world.tasks.wait()).await.is_err() {
            tracing::warn!("some requests of the simulator did not end in time");
        }
        if let Some(path) = &self.state
            && world.take_changed()
            && let Err(err) = state::save(&world, path)
        {
            tracing::warn!(%err, "the sandbox's state was not saved");
        }
    }
}
