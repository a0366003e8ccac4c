//! Everything one bot sends, as long as its lease lasts.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use adapters::telegram::Credentials;
use domain::ids::{BotId, WorkspaceId};
use store::{
    BotScope, BotTx, StoreError,
    leases::{self, Kind, LEASE_SECS},
    sending,
};
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use super::{broadcast, replies};
use crate::{ServiceError, Services, access, credentials};

/// How often the lease is renewed and the broadcast's status looked at: a pause takes effect within it.
pub(super) const HEARTBEAT: Duration = Duration::from_millis(700);

/// How much earlier than the database we take the lease for lost: covers the way of a request.
const MARGIN: Duration = Duration::from_secs(3);

/// How long a runner without work keeps the lease, so that the next reply does not claim it anew.
const LINGER: Duration = Duration::from_secs(2);

/// The lease has lapsed or is somebody else's: nothing more may be sent or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// Another holder has it, or it lapsed.
    #[error("the lease is lost")]
    Lease,
    /// The database did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<store::diesel_error::Error> for Lost {
    fn from(err: store::diesel_error::Error) -> Self {
        Self::Store(err.into())
    }
}

/// The right to send for a bot, with an end.
#[derive(Clone)]
pub(super) struct Lease {
    pub scope: BotScope,
    pub epoch: i64,
    until: Arc<Mutex<Instant>>,
}

impl Lease {
    /// Whether a request may still go out, judged without asking anybody: after this process was
    /// stopped for a while the answer is no.
    pub fn is_alive(&self) -> bool {
        Instant::now() < *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renews the lease in the caller's transaction, whose writes then depend on it.
    pub async fn hold(&self, svc: &Services, tx: &mut BotTx<'_>) -> Result<(), Lost> {
        let asked = Instant::now();
        if leases::hold(tx, Kind::Send, svc.instance, self.epoch).await? {
            *self.until.lock().unwrap_or_else(PoisonError::into_inner) = end(asked);
            Ok(())
        } else {
            Err(Lost::Lease)
        }
    }
}

fn end(asked: Instant) -> Instant {
    asked + Duration::from_secs(u64::from(LEASE_SECS)) - MARGIN
}

/// Claims the bot's lease and sends until there is nothing left, `stop`, or the lease is lost.
pub(super) async fn run(
    svc: &Services,
    workspace: WorkspaceId,
    bot: BotId,
    stop: &CancellationToken,
) {
    let asked = Instant::now();
    let claimed = svc
        .store
        .system("claim a bot to send for", async |tx| {
            Ok::<_, StoreError>(leases::claim(tx, workspace, bot, Kind::Send, svc.instance).await?)
        })
        .await;
    let epoch = match claimed {
        Ok(Some(epoch)) => epoch,
        // Somebody else sends for it.
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(%error, bot.id = %bot, "a bot could not be claimed");
            return;
        }
    };
    let lease = Lease {
        scope: access::claimed(workspace, bot),
        epoch,
        until: Arc::new(Mutex::new(end(asked))),
    };
    match work(svc, &lease, stop).await {
        Ok(()) => release(svc, &lease).await,
        Err(ServiceError::Store(StoreError::Unavailable(error))) => {
            tracing::warn!(%error, bot.id = %bot, "sending stopped: the database is away");
        }
        Err(error) => tracing::error!(?error, bot.id = %bot, "sending stopped"),
    }
    svc.governors.forget(bot);
}

async fn release(svc: &Services, lease: &Lease) {
    let BotScope { workspace, bot, .. } = lease.scope;
    let released = svc
        .store
        .system("give a bot's lease back", async |tx| {
            let epoch = lease.epoch;
            Ok::<_, StoreError>(
                leases::release(tx, workspace, bot, Kind::Send, svc.instance, epoch).await?,
            )
        })
        .await;
    if let Err(error) = released {
        tracing::warn!(%error, bot.id = %bot, "a lease could not be given back; it lapses by itself");
    }
}

async fn work(svc: &Services, lease: &Lease, stop: &CancellationToken) -> Result<(), ServiceError> {
    recover(svc, lease).await?;
    let Some(who) = credentials::open(svc, &lease.scope, "send").await? else {
        return without_token(svc, lease).await;
    };
    // The two share the governor; a reply waits for one place at most.
    let done = CancellationToken::new();
    let (sent, answered) = tokio::join!(
        async {
            let result = broadcasts(svc, lease, &who, stop).await;
            done.cancel();
            result
        },
        replies::run(svc, lease, &who, stop, &done),
    );
    sent.and(answered)
}

/// Sends the bot's broadcasts one after the other; returns when none has come for a while.
async fn broadcasts(
    svc: &Services,
    lease: &Lease,
    who: &Credentials,
    stop: &CancellationToken,
) -> Result<(), ServiceError> {
    let mut idle_since = Instant::now();
    while !stop.is_cancelled() && lease.is_alive() && idle_since.elapsed() < LINGER {
        let next = svc
            .store
            .bot(&lease.scope, async |tx| {
                lease.hold(svc, tx).await?;
                Ok::<_, Lost>(sending::assignment(tx).await?)
            })
            .await;
        match next {
            Ok(Some(assignment)) => {
                broadcast::run(svc, lease, who, assignment, stop).await?;
                idle_since = Instant::now();
            }
            Ok(None) => time::sleep(HEARTBEAT / 2).await,
            Err(Lost::Lease) => return Ok(()),
            Err(Lost::Store(error)) => return Err(error.into()),
        }
    }
    Ok(())
}

/// People whose requests were under way when an earlier holder died become unknown.
async fn recover(svc: &Services, lease: &Lease) -> Result<(), ServiceError> {
    let recovered = svc
        .store
        .bot(&lease.scope, async |tx| {
            lease.hold(svc, tx).await?;
            Ok::<_, Lost>(sending::recover(tx, lease.epoch).await?)
        })
        .await;
    match recovered {
        Ok(0) | Err(Lost::Lease) => Ok(()),
        Ok(people) => {
            tracing::warn!(bot.id = %lease.scope.bot, people, "a sender had stopped: their outcome is unknown");
            Ok(())
        }
        Err(Lost::Store(error)) => Err(error.into()),
    }
}

/// A bot whose token is gone sends nothing: its broadcast waits for a person.
async fn without_token(svc: &Services, lease: &Lease) -> Result<(), ServiceError> {
    broadcast::pause_for(svc, lease, "the bot has no token").await?;
    replies::drop_all(svc, lease).await
}
