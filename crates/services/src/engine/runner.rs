//! Everything one bot sends, as long as its lease lasts.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use adapters::telegram::Credentials;
use domain::ids::{BotId, WorkspaceId};
use store::{
    BotScope, BotTx, StoreError,
    leases::{self, Kind, LEASE_SECS},
    replies as line, sending,
};
use tokio::{
    sync::Notify,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

use super::{broadcast, halt, replies};
use crate::{ServiceError, Services, access, credentials};

/// How often the lease is renewed and the broadcast's status looked at: a pause takes effect within it.
pub(super) const HEARTBEAT: Duration = Duration::from_millis(700);

/// How often the lease is renewed beside work that looks at nothing else: a third of what it lasts.
const RENEWAL: Duration = Duration::from_secs(LEASE_SECS as u64 / 3);

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
        let is_held = leases::hold(tx, Kind::Send, svc.instance, self.epoch).await?;
        self.heard(asked, is_held)
    }

    /// As [`Lease::hold`], by whoever is at the broadcast at this moment: nobody takes it for stuck then.
    pub async fn hold_at_work(&self, svc: &Services, tx: &mut BotTx<'_>) -> Result<(), Lost> {
        let asked = Instant::now();
        let is_held = leases::hold_at_work(tx, svc.instance, self.epoch).await?;
        self.heard(asked, is_held)
    }

    /// What the database said to a renewal that was asked for at `asked`.
    fn heard(&self, asked: Instant, is_held: bool) -> Result<(), Lost> {
        if !is_held {
            return Err(Lost::Lease);
        }
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = end(asked);
        Ok(())
    }

    /// Does `work` to its end while the lease is renewed beside it.
    pub async fn kept<T>(&self, svc: &Services, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = time::sleep(RENEWAL) => {}
            }
            // Whoever wanted to write something sees by itself that it is lost.
            let _ = self.renew(svc).await;
        }
    }

    /// Waits until `end` while the lease is renewed. False: `stop` came first, or the lease is lost.
    pub async fn wait(&self, svc: &Services, end: Instant, stop: &CancellationToken) -> bool {
        loop {
            tokio::select! {
                () = stop.cancelled() => return false,
                () = time::sleep_until(end.min(Instant::now() + RENEWAL)) => {}
            }
            if Instant::now() >= end {
                return true;
            }
            if matches!(self.renew(svc).await, Err(Lost::Lease)) || !self.is_alive() {
                return false;
            }
        }
    }

    async fn renew(&self, svc: &Services) -> Result<(), Lost> {
        svc.store.bot(&self.scope, async |tx| self.hold(svc, tx).await).await
    }
}

fn end(asked: Instant) -> Instant {
    asked + Duration::from_secs(u64::from(LEASE_SECS)) - MARGIN
}

/// Claims the bot's lease and sends until there is nothing left, `stop`, or the lease is lost. `bell` says
/// that a reply waits.
pub(super) async fn run(
    svc: &Services,
    workspace: WorkspaceId,
    bot: BotId,
    bell: &Notify,
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
    match work(svc, &lease, bell, stop).await {
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

async fn work(
    svc: &Services,
    lease: &Lease,
    bell: &Notify,
    stop: &CancellationToken,
) -> Result<(), ServiceError> {
    recover(svc, lease).await?;
    // Before the token is opened: a bot that may not send needs none.
    if halt::look(svc, lease).await? {
        return Ok(());
    }
    let Some(who) = credentials::open(svc, &lease.scope, "send").await? else {
        // It went since we looked; the next look finds it so.
        return Ok(());
    };
    // The two share the governor; a reply waits for one place at most.
    let (idle, halt) = (CancellationToken::new(), stop.child_token());
    let (sent, ()) = tokio::join!(
        async {
            let sent = broadcasts(svc, lease, who.clone(), stop).await;
            // Open intents are another holder's to find, so the lease must not go on without their sender.
            if sent.is_ok() {
                idle.cancel()
            } else {
                halt.cancel()
            }
            sent
        },
        replies::run(svc, lease, who.clone(), bell, &halt, &idle),
    );
    sent
}

/// What is to be done next for a bot.
enum Next {
    /// This broadcast is to be sent.
    Send(sending::Assignment),
    /// None is; whether a reply waits.
    Idle { is_answering: bool },
    /// A gate of the bot is shut.
    Shut,
}

/// Sends the bot's broadcasts one after the other; returns when none has come and no reply has waited
/// for a while, or when nothing may be sent.
async fn broadcasts(
    svc: &Services,
    lease: &Lease,
    mut who: Credentials,
    stop: &CancellationToken,
) -> Result<(), ServiceError> {
    let mut idle_since = Instant::now();
    while !stop.is_cancelled() && lease.is_alive() && idle_since.elapsed() < LINGER {
        let next = svc
            .store
            .bot(&lease.scope, async |tx| {
                lease.hold(svc, tx).await?;
                if halt::if_shut(svc, tx).await? {
                    return Ok(Next::Shut);
                }
                Ok::<_, Lost>(match sending::assignment(tx).await? {
                    Some(assignment) => Next::Send(assignment),
                    None => Next::Idle { is_answering: line::next(tx).await?.is_some() },
                })
            })
            .await;
        match next {
            Ok(Next::Shut) => return Ok(()),
            Ok(Next::Send(assignment)) => {
                let sent = broadcast::run(svc, lease, &mut who, assignment, stop).await;
                // Nothing else of the bot is paid for.
                svc.governors.pay(lease.scope.bot, None);
                sent?;
                idle_since = Instant::now();
            }
            Ok(Next::Idle { is_answering }) => {
                if is_answering {
                    idle_since = Instant::now();
                }
                time::sleep(HEARTBEAT / 2).await;
            }
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
