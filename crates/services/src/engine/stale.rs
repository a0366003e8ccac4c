//! Broadcasts that are to be sent and that nobody sends: after ten minutes they wait for a person.
//!
//! A sender that died is taken over by any instance that sends, as soon as its lease has lapsed: 15 s. So a
//! broadcast is stuck for longer only where nobody can take over, or where everybody who does fails:
//!
//! - no instance that sends is there: only `--role web` is up, or the senders' machines are down;
//! - its token cannot be opened: the key is lost, or out of reach;
//! - whoever takes it over fails each time, before it has written anything down;
//! - an instance holds the lease while its engine stands still.
//!
//! In the last two the lease is renewed or taken anew again and again, so a lease says nothing of work:
//! what counts is when a sender was last *at* the broadcast (`leases.at_work`), which it says in every commit
//! about it, and at each heartbeat while it waits for Telegram.
//!
//! [`run`] therefore belongs to every instance, those that do not send among them. It must never release
//! what somebody is about to take up. After a night without power the database clock says "ten hours", and a
//! sender that starts beside this loop needs its second to claim: so it releases only what it has itself watched
//! for a minute, by its own clock, without a sign of work. Any sender that can claim has done so by then. The release
//! itself deposes whoever holds the lease in the same commit (a higher epoch), unless they have been at work
//! since: what a process that was stopped writes when it wakes is refused.
//!
//! Mail waits in the outbox for an instance that hands it over. The page and the audit log say it at once.

use std::{collections::HashMap, time::Duration};

use domain::{
    Timestamp,
    broadcast::NOBODY_SENT_IT,
    ids::{BotId, BroadcastId},
};
use store::{
    StoreError,
    audit::Origin,
    bots, leases,
    sending::{self, Stuck},
};
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use super::{halt, notice};
use crate::{ServiceError, Services, access};

/// How the audit log names this part.
const PART: &str = "Watch over senders";

/// How long nobody must have been at a broadcast.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// How long this process must have seen that for itself: four times what a lease lasts.
const WATCHED: Duration = Duration::from_secs(60);

/// How often it looks.
const LOOK: Duration = Duration::from_secs(20);

/// Watches until `stop`. Belongs to every instance, whatever else it does.
pub async fn run(svc: Services, stop: CancellationToken) {
    let mut watch = Watch::new(WATCHED);
    while !stop.is_cancelled() {
        match watch.look(&svc).await {
            Ok(0) => {}
            Ok(released) => tracing::warn!(
                released,
                "broadcasts were to be sent and nobody sent them: they are paused"
            ),
            Err(error) => tracing::warn!(%error, "looking for stuck broadcasts failed"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = time::sleep(LOOK) => {}
        }
    }
}

/// What this process has seen of broadcasts that nobody is at.
#[derive(Debug)]
pub struct Watch {
    patience: Duration,
    seen: HashMap<(BotId, BroadcastId), (Timestamp, Instant)>,
}

impl Watch {
    /// Releases what it has seen without a sign of work for `patience`.
    pub fn new(patience: Duration) -> Self {
        Self { patience, seen: HashMap::new() }
    }

    /// Looks once, and releases what is due. Gives how many broadcasts that were.
    ///
    /// # Errors
    /// [`StoreError`] when the database is away. One that could not be released is tried at the next look.
    pub async fn look(&mut self, svc: &Services) -> Result<usize, StoreError> {
        let stuck = svc
            .store
            .system("find broadcasts that nobody is at", async |tx| {
                Ok::<_, StoreError>(sending::stuck(tx, IDLE).await?)
            })
            .await?;
        let mut released = 0;
        for one in self.due(stuck) {
            match release(svc, one).await {
                Ok(done) => released += usize::from(done),
                Err(error) => {
                    tracing::error!(?error, bot.id = %one.bot, broadcast.id = %one.broadcast,
                                              "a stuck broadcast could not be released")
                }
            }
        }
        Ok(released)
    }

    /// Those of `stuck` that have been seen for long enough. Others are remembered, and nothing else is.
    fn due(&mut self, stuck: Vec<Stuck>) -> Vec<Stuck> {
        let now = Instant::now();
        let before = std::mem::take(&mut self.seen);
        let mut due = Vec::new();
        for one in stuck {
            let key = (one.bot, one.broadcast);
            // Whoever was at it meanwhile, or wanted it sent once more, begins the wait anew.
            let first = match before.get(&key) {
                Some(&(since, first)) if since == one.since => first,
                _ => now,
            };
            self.seen.insert(key, (one.since, first));
            if now - first >= self.patience {
                due.push(one);
            }
        }
        due
    }
}

/// Pauses one, and those behind it: they would wait alike. False: somebody is at it after all.
async fn release(svc: &Services, stuck: Stuck) -> Result<bool, ServiceError> {
    let scope = access::claimed(stuck.workspace, stuck.bot);
    let letters = notice::letters(svc, &scope, stuck.broadcast, NOBODY_SENT_IT).await;
    let released = svc
        .store
        .bot(&scope, async |tx| {
            // First, as a sender locks them: from here on nobody begins or goes on.
            if !leases::depose(tx, IDLE).await? {
                return Ok(false);
            }
            bots::lock(tx).await?;
            if !sending::is_stuck(tx, stuck.broadcast, IDLE).await? {
                return Ok(false);
            }
            halt::pause_all(tx, &Origin::system(PART), NOBODY_SENT_IT).await?;
            for letter in &letters {
                letter.enqueue(tx, true).await?;
            }
            Ok::<_, ServiceError>(true)
        })
        .await?;
    if released {
        svc.nudges.mail.notify_one();
    }
    Ok(released)
}

#[cfg(test)]
mod tests {
    use domain::ids::WorkspaceId;
    use uuid::Uuid;

    use super::*;

    fn stuck(number: u128, since: &str) -> Stuck {
        let id = Uuid::from_u128(number);
        Stuck {
            workspace: WorkspaceId::from(id),
            bot: BotId::from(id),
            broadcast: BroadcastId::from(id),
            since: since.parse().expect("a moment"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_was_seen_without_a_sign_of_work_for_long_enough_is_due() {
        let (then, later) = ("2026-11-28T10:00:00Z", "2026-11-28T10:00:01Z");
        let mut watch = Watch::new(WATCHED);
        assert_eq!(watch.due(vec![stuck(1, then), stuck(2, then)]), []);
        time::advance(WATCHED / 2).await;
        // Somebody was at the second one; a third one is new.
        let seen = vec![stuck(1, then), stuck(2, later), stuck(3, then)];
        assert_eq!(watch.due(seen), []);
        time::advance(WATCHED / 2).await;
        let seen = vec![stuck(1, then), stuck(2, later), stuck(3, then)];
        assert_eq!(watch.due(seen), [stuck(1, then)]);
        time::advance(WATCHED / 2).await;
        assert_eq!(watch.due(vec![stuck(2, later)]), [stuck(2, later)]);
        // The third one went on and is stuck again.
        assert_eq!(watch.due(vec![stuck(3, then)]), []);
    }
}
