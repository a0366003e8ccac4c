//! The sending engine: finds bots with something to send, and keeps one `runner` for each.
//!
//! A runner holds the bot's lease and does everything the bot sends, in this order: replies, then the
//! broadcast. Whatever may be in flight is on record before it leaves (an intent), so that after a
//! crash exactly those people are unknown; nobody is written to twice and nobody is forgotten.

mod batch;
mod breaker;
mod broadcast;
mod governors;
mod halt;
mod notice;
mod paying;
mod replies;
mod runner;
pub mod stale;
mod token;

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use domain::ids::BotId;
use store::{
    StoreError,
    sending::{self, Busy},
};
use tokio::{sync::Notify, task::JoinSet, time};
use tokio_util::sync::CancellationToken;

pub(crate) use broadcast::start_next_in_line;
pub use governors::Governors;
pub(crate) use halt::pause_all;

use crate::Services;

/// How the log names this part.
const SENDER: &str = "Sender";

/// How often work is looked for when nobody rings.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Sends until `stop`, and then until everything that is in flight has an outcome.
pub async fn run(svc: Services, stop: CancellationToken) {
    let mut runners: JoinSet<BotId> = JoinSet::new();
    // Each with the bell that says that a reply waits.
    let mut running: HashMap<BotId, Arc<Notify>> = HashMap::new();

    while !stop.is_cancelled() {
        match waiting(&svc).await {
            Ok(bots) => {
                for Busy { workspace_id, bot_id, is_answering } in bots {
                    let bell = match running.entry(bot_id) {
                        Entry::Occupied(runner) => {
                            if is_answering {
                                runner.get().notify_one();
                            }
                            continue;
                        }
                        Entry::Vacant(none) => Arc::clone(none.insert(Arc::default())),
                    };
                    let (svc, stop) = (svc.clone(), stop.clone());
                    runners.spawn(async move {
                        runner::run(&svc, workspace_id, bot_id, &bell, &stop).await;
                        bot_id
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "looking for work to send failed"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = svc.nudges.send.notified() => {}
            () = time::sleep(LOOK_AGAIN) => {}
            Some(ended) = runners.join_next() => forget(&mut running, ended),
        }
        while let Some(ended) = runners.try_join_next() {
            forget(&mut running, ended);
        }
    }
    while runners.join_next().await.is_some() {}
}

fn forget(running: &mut HashMap<BotId, Arc<Notify>>, ended: Result<BotId, tokio::task::JoinError>) {
    match ended {
        Ok(bot) => {
            running.remove(&bot);
        }
        // Which bot it was is lost with the task; the lease lapses, and forgetting all lets every bot be
        // claimed anew (one that still runs holds its lease, so a second runner gives up at once).
        Err(error) => {
            tracing::error!(%error, "a runner failed");
            running.clear();
        }
    }
}

async fn waiting(svc: &Services) -> Result<Vec<Busy>, StoreError> {
    svc.store
        .system("find bots with something to send", async |tx| {
            Ok(sending::bots_with_work(tx).await?)
        })
        .await
}
