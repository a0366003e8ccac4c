//! What survives a restart: bots, people, who stands how to whom, and what has not been delivered.
//!
//! Messages, files, faults and the ledger do not.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    bots::{About, Bot},
    chats::{Chat, Group, Kind, Standing},
    error::SimError,
    names::Profile,
    reactions::Reactions,
    scripts::Script,
    updates::Update,
    webhook::Settings,
    world::World,
};

/// What this version writes and reads.
const VERSION: u32 = 1;
/// How often the file is written when something has changed.
const EVERY: Duration = Duration::from_secs(5);

#[derive(Deserialize, Serialize)]
struct Saved {
    version: u32,
    bots: Vec<SavedBot>,
    named: Vec<(i64, Profile)>,
    gone: Vec<i64>,
    scripts: Vec<(i64, Script)>,
}

#[derive(Deserialize, Serialize)]
struct SavedBot {
    id: i64,
    token: String,
    about: About,
    webhook: Option<Settings>,
    reactions: Option<Reactions>,
    next_update: u32,
    allowed: Vec<String>,
    pending: BTreeMap<u32, Update>,
    last_message: i32,
    /// Private chats by how they stand.
    people: HashMap<Standing, Vec<i64>>,
    /// Those of them that have got a message.
    reached: Vec<i64>,
    groups: Vec<(Group, Standing)>,
    met: Vec<i64>,
    #[serde(default)]
    stars: u64,
}

/// Reads the file, if there is one, into a world in which nothing has happened yet.
///
/// # Errors
/// [`SimError::File`] when it cannot be read or was not written by us.
pub(crate) fn load(world: &Arc<World>, path: &Path) -> Result<(), SimError> {
    let failed = |why: String| SimError::File { path: path.display().to_string(), why };
    let json = match fs::read(path) {
        Ok(json) => json,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(err) => return Err(failed(err.to_string())),
    };
    let saved: Saved = serde_json::from_slice(&json)
        .map_err(|err| failed(format!("it is no state file: {err}")))?;
    if saved.version != VERSION {
        return Err(failed(format!("it has version {}, not {VERSION}", saved.version)));
    }
    world.people.restore(saved.named, saved.gone);
    for bot in saved.bots {
        restore(world, bot);
    }
    for (bot, script) in saved.scripts {
        if let Err(err) = world.play(bot, script) {
            tracing::warn!(bot.id = bot, %err, "a script does not go on");
        }
    }
    Ok(())
}

fn restore(world: &Arc<World>, saved: SavedBot) {
    let bot = Arc::new(Bot::new(saved.id, saved.token, saved.about, saved.next_update));
    bot.updates.restore(saved.allowed, saved.pending);
    *bot.reactions.write() = saved.reactions;
    {
        let mut room = bot.room.lock();
        room.resume_after(saved.last_message);
        room.met.extend(saved.met);
        room.stars = saved.stars;
        for (standing, people) in saved.people {
            room.chats.extend(
                people.into_iter().map(|id| (id, Chat { standing, ..Chat::new(Kind::Private) })),
            );
        }
        for id in saved.reached {
            if let Some(chat) = room.chats.get_mut(&id) {
                chat.reached = true;
            }
        }
        for (group, standing) in saved.groups {
            let id = group.id;
            room.chats.insert(id, Chat { standing, ..Chat::new(Kind::Group(Box::new(group))) });
        }
    }
    world.bots.restore(bot.clone());
    if let Some(webhook) = saved.webhook {
        bot.hook.set(world, &bot, webhook);
    }
}

/// Writes everything, by way of a second file, so that there is always a whole one.
///
/// # Errors
/// [`SimError::File`].
pub(crate) fn save(world: &World, path: &Path) -> Result<(), SimError> {
    let failed =
        |err: io::Error| SimError::File { path: path.display().to_string(), why: err.to_string() };
    let (named, gone) = world.people.save();
    let bots = world.bots.all().iter().map(|bot| saved(bot)).collect();
    let all = Saved { version: VERSION, bots, named, gone, scripts: world.scripts.save() };
    let beside = path.with_extension("new");
    let mut file = private(&beside).map_err(failed)?;
    file.write_all(&crate::reply::json(&all)).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

fn saved(bot: &Bot) -> SavedBot {
    let (next_update, allowed, pending) = bot.updates.save();
    let room = bot.room.lock();
    let mut people = HashMap::<Standing, Vec<i64>>::new();
    let (mut groups, mut reached) = (Vec::new(), Vec::new());
    for (id, chat) in &room.chats {
        match &chat.kind {
            Kind::Private => people.entry(chat.standing).or_default().push(*id),
            Kind::Group(group) => groups.push((Group::clone(group), chat.standing)),
        }
        if chat.reached {
            reached.push(*id);
        }
    }
    SavedBot {
        id: bot.id,
        token: bot.token.read().clone(),
        about: bot.about.read().clone(),
        webhook: bot.hook.settings(),
        reactions: *bot.reactions.read(),
        next_update,
        allowed,
        pending,
        last_message: room.last_message(),
        people,
        reached,
        groups,
        met: room.met.iter().copied().collect(),
        stars: room.stars,
    }
}

/// A file for its owner alone: it holds tokens.
fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Saves whatever changes until the world stops, and once more then.
pub(crate) async fn keep(world: Arc<World>, path: PathBuf) {
    loop {
        let stopped = tokio::select! {
            () = tokio::time::sleep(EVERY) => false,
            () = world.stop.cancelled() => true,
        };
        if world.take_changed() {
            let (world, path) = (world.clone(), path.clone());
            let outcome = tokio::task::spawn_blocking(move || save(&world, &path)).await;
            match outcome {
                Ok(Ok(())) => {}
                Ok(Err(err)) => tracing::warn!(%err, "the sandbox's state was not saved"),
                Err(err) => tracing::warn!(%err, "the sandbox's state was not saved"),
            }
        }
        if stopped {
            return;
        }
    }
}
