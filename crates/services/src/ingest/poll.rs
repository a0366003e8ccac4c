//! Asks Telegram for updates where it cannot call: one long poll a bot, under a lease, into the same
//! inbox as the webhooks.

use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};

use adapters::telegram::{CallError, Credentials, RawUpdate};
use domain::{
    bot::Delivery,
    ids::{BotId, WorkspaceId},
    retry::retry_delay,
};
use futures::future::join_all;
use store::{
    BotScope, StoreError, bots,
    leases::{self, Kind},
};
use tokio::{
    sync::Notify,
    task::{AbortHandle, JoinSet},
    time,
};
use tokio_util::sync::CancellationToken;

use super::{Accepted, Ingest};
use crate::{
    ServiceError, Services, access,
    bots::{explain, webhook},
    credentials,
};

/// How often bots to be polled are looked for when nobody rings.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// How long Telegram may wait for an update before it answers with none.
const LONG: Duration = Duration::from_secs(25);

/// How often a lease is renewed; a third of what it lasts.
const HEARTBEAT: Duration = Duration::from_secs(leases::LEASE_SECS as u64 / 3);

/// Longest wait after a failure.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A token that Telegram does not know will hardly be known again a moment later.
const UNKNOWN_TOKEN: Duration = Duration::from_secs(60);

/// How long to wait while another program polls.
const CONFLICT: Duration = Duration::from_secs(10);

/// Failures in a row after which the owner is told. A single one passes by itself: the poll of an
/// instance that was just stopped is still open at Telegram.
const TELL_AFTER: u32 = 3;

/// Polls every bot that is to be polled, until `stop`. A bell ([`crate::Nudges::poll`]) makes it look
/// at once for bots that came, went or changed their token.
pub async fn run(svc: Services, ingest: Arc<Ingest>, stop: CancellationToken) {
    let mut pollers = JoinSet::new();
    let mut running: HashMap<BotId, (AbortHandle, Arc<Notify>)> = HashMap::new();

    while !stop.is_cancelled() {
        running.retain(|_, (poller, _)| !poller.is_finished());
        match to_poll(&svc).await {
            Ok(bots) => {
                for (workspace, bot) in bots {
                    running.entry(bot).or_insert_with(|| {
                        let bell = Arc::new(Notify::new());
                        let poller = Poller {
                            svc: svc.clone(),
                            ingest: ingest.clone(),
                            scope: access::claimed(workspace, bot),
                            bell: bell.clone(),
                            stop: stop.clone(),
                        };
                        (pollers.spawn(poller.run()), bell)
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "looking for bots to poll failed"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = svc.nudges.poll.notified() => running.values().for_each(|(_, bell)| bell.notify_one()),
            () = time::sleep(LOOK_AGAIN) => {}
        }
        while pollers.try_join_next().is_some() {}
    }
    while pollers.join_next().await.is_some() {}
}

/// Bots that are polled and whose server is there.
async fn to_poll(svc: &Services) -> Result<Vec<(WorkspaceId, BotId)>, StoreError> {
    let bots = svc
        .store
        .system("bots of all workspaces that are polled", async |tx| {
            Ok::<_, StoreError>(bots::polling(tx).await?)
        })
        .await?;
    let is_there = |api| svc.base(api).is_some();
    Ok(bots
        .into_iter()
        .filter(|&(_, _, api)| is_there(api))
        .map(|(workspace, bot, _)| (workspace, bot))
        .collect())
}

/// Polls one bot.
struct Poller {
    svc: Services,
    ingest: Arc<Ingest>,
    scope: BotScope,
    bell: Arc<Notify>,
    stop: CancellationToken,
}

/// What a long poll ended with.
type Answer = Result<Vec<RawUpdate>, CallError>;

/// Why something was not waited for to its end.
enum Interrupted {
    /// Stopped, or the lease is somebody else's.
    End,
    /// The bell rang.
    Bell,
}

impl Poller {
    async fn run(self) {
        let BotScope { workspace, bot, .. } = self.scope;
        let holder = self.svc.instance;
        let claimed = self
            .svc
            .store
            .system("the lease to poll a bot", async |tx| {
                Ok::<_, StoreError>(leases::claim(tx, workspace, bot, Kind::Poll, holder).await?)
            })
            .await;
        let epoch = match claimed {
            Ok(Some(epoch)) => epoch,
            Ok(None) => return,
            Err(error) => return tracing::warn!(%error, bot.id = %bot, "a bot cannot be polled"),
        };
        if let Err(error) = self.poll(epoch).await {
            tracing::error!(error = ?error, bot.id = %bot, "polling a bot broke off");
        }
        let released = self
            .svc
            .store
            .system("the lease to poll a bot", async |tx| {
                Ok::<_, StoreError>(
                    leases::release(tx, workspace, bot, Kind::Poll, holder, epoch).await?,
                )
            })
            .await;
        if let Err(error) = released {
            tracing::debug!(%error, bot.id = %bot, "a lease was left to lapse");
        }
    }

    /// Polls until it is stopped, the lease is lost, or there is nothing to poll any more.
    async fn poll(&self, epoch: i64) -> Result<(), ServiceError> {
        // Zero asks for whatever Telegram still has. It is asked with again whenever all that came before
        // is confirmed: after a quiet week its numbers begin somewhere else, which may be lower.
        let mut offset = 0;
        let mut failures = 0;
        let mut is_known_well = false;

        while let Some(who) = self.credentials().await? {
            let answer = match self.ask(&who, offset, epoch).await? {
                Ok(answer) => answer,
                Err(Interrupted::Bell) => continue,
                Err(Interrupted::End) => return Ok(()),
            };
            let wait = match answer {
                Ok(updates) => {
                    failures = 0;
                    if !is_known_well {
                        self.set_trouble(None).await?;
                        is_known_well = true;
                    }
                    match self.store(&updates).await {
                        Some(next) => {
                            offset = next;
                            continue;
                        }
                        // Not confirmed, so Telegram will offer them again.
                        None => retry_delay(0, None),
                    }
                }
                Err(error) => {
                    failures += 1;
                    tracing::info!(%error, bot.id = %self.scope.bot, failures, "polling failed");
                    let wait = wait_after(&error, failures);
                    if failures >= tell_after(&error) {
                        self.set_trouble(Some(&trouble(&error))).await?;
                        is_known_well = false;
                    }
                    wait
                }
            };
            if let Err(Interrupted::End) = self.unless_interrupted(time::sleep(wait), epoch).await {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The bot's token; none once it is not to be polled any more.
    async fn credentials(&self) -> Result<Option<Credentials>, ServiceError> {
        let bot = self
            .svc
            .store
            .bot(&self.scope, async |tx| Ok::<_, StoreError>(bots::find(tx).await?))
            .await?;
        match bot {
            Some(bot) if bot.delivery == Delivery::Polling => {
                credentials::open(&self.svc, &self.scope, "poll for updates").await
            }
            _ => Ok(None),
        }
    }

    /// One long poll. The bell ends it only when the bot has changed: others ring too.
    async fn ask(
        &self,
        who: &Credentials,
        offset: i64,
        epoch: i64,
    ) -> Result<Result<Answer, Interrupted>, ServiceError> {
        let mut poll = pin!(self.svc.telegram.get_updates(who, offset, LONG, &webhook::ALLOWED));
        loop {
            match self.unless_interrupted(&mut poll, epoch).await {
                Err(Interrupted::Bell) if self.credentials().await?.as_ref() == Some(who) => {}
                ended => return Ok(ended),
            }
        }
    }

    /// Waits for `work` while the lease is renewed.
    async fn unless_interrupted<T>(
        &self,
        work: impl Future<Output = T>,
        epoch: i64,
    ) -> Result<T, Interrupted> {
        let mut work = pin!(work);
        let mut heartbeat = time::interval(HEARTBEAT);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                () = self.stop.cancelled() => return Err(Interrupted::End),
                () = self.bell.notified() => return Err(Interrupted::Bell),
                _ = heartbeat.tick() => if !self.is_mine(epoch).await { return Err(Interrupted::End) },
            }
        }
    }

    /// Renews the lease. While the database is away nobody can take it over either; what matters is
    /// decided when it is back.
    async fn is_mine(&self, epoch: i64) -> bool {
        let BotScope { workspace, bot, .. } = self.scope;
        let holder = self.svc.instance;
        let renewed = self
            .svc
            .store
            .system("the lease to poll a bot", async |tx| {
                Ok::<_, StoreError>(
                    leases::renew(tx, workspace, bot, Kind::Poll, holder, epoch).await?,
                )
            })
            .await;
        renewed.unwrap_or_else(|error| matches!(error, StoreError::Unavailable(_)))
    }

    /// Commits what came. Gives where to go on; none when something was not stored.
    async fn store(&self, updates: &[RawUpdate]) -> Option<i64> {
        let to = Accepted { workspace: self.scope.workspace, bot: self.scope.bot };
        let stored = updates
            .iter()
            .map(|update| self.ingest.store(to, update.update_id, update.json.clone()));
        let is_stored = join_all(stored).await.iter().all(Result::is_ok);
        is_stored
            .then(|| updates.iter().map(|update| update.update_id + 1).max().unwrap_or_default())
    }

    async fn set_trouble(&self, trouble: Option<&str>) -> Result<(), StoreError> {
        self.svc.store.bot(&self.scope, async |tx| Ok(bots::set_trouble(tx, trouble).await?)).await
    }
}

fn wait_after(error: &CallError, failures: u32) -> Duration {
    match error {
        CallError::Unauthorized => UNKNOWN_TOKEN,
        CallError::Conflict(_) => CONFLICT,
        CallError::SlowDown(wait) => *wait,
        CallError::Rejected { .. } | CallError::NotSent(_) | CallError::Unanswered(_) => {
            retry_delay(failures.saturating_sub(1), None).min(LONGEST_WAIT)
        }
    }
}

/// How many failures in a row it takes before the owner is told.
fn tell_after(error: &CallError) -> u32 {
    match error {
        CallError::Unauthorized | CallError::Rejected { .. } => 1,
        CallError::Conflict(_) => 2,
        CallError::SlowDown(_) | CallError::NotSent(_) | CallError::Unanswered(_) => TELL_AFTER,
    }
}

/// What keeps the bot from hearing anything, and the fix.
fn trouble(error: &CallError) -> String {
    match error {
        CallError::Conflict(why) if why.contains("webhook") => {
            "Another program has set a webhook for this bot, so Telegram gives its messages there. Press Repair to \
             take the bot back."
                .into()
        }
        CallError::Conflict(_) => {
            "Another program reads this bot's messages with the same token. Stop it, or get a new token from \
             @BotFather (/revoke) and put it into the bot's settings."
                .into()
        }
        CallError::SlowDown(_) | CallError::NotSent(_) | CallError::Unanswered(_) => {
            "Telegram has not answered for a while. Gannet keeps trying; nothing is lost in the meantime.".into()
        }
        CallError::Unauthorized | CallError::Rejected { .. } => explain(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_its_wait_and_its_words() {
        let webhook =
            CallError::Conflict("can't use getUpdates method while webhook is active".into());
        let other = CallError::Conflict("terminated by other getUpdates request".into());
        assert!(trouble(&webhook).contains("Repair"));
        assert!(trouble(&other).contains("/revoke"));
        assert!(trouble(&CallError::Unauthorized).contains("@BotFather"));
        assert_eq!(
            wait_after(&CallError::SlowDown(Duration::from_secs(37)), 1),
            Duration::from_secs(37)
        );
        let down = CallError::NotSent(adapters::telegram::NotSent::Deadline);
        assert_eq!(wait_after(&down, 1), Duration::from_secs(5));
        assert_eq!(wait_after(&down, 99), LONGEST_WAIT);
    }
}
