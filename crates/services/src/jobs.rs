//! Work that was enqueued with a change, and the housekeeping that comes round.
//!
//! What a repeat of a job costs is said at its handler; a lease keeps repeats rare.

use std::{panic::AssertUnwindSafe, time::Duration};

use domain::retry::retry_delay;
use futures::FutureExt;
use store::{StoreError, jobs, jobs::Job, limits, replies, sessions};
use tokio::{
    task::{JoinError, JoinSet},
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Services, access, account, audit, billing,
    bots::{self, leave, reconcile},
    exports, team,
};

/// How often due jobs are looked for when nobody rings.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How often housekeeping comes round.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);

/// Most jobs that run at once.
const AT_ONCE: usize = 16;

/// Most exports that are over which one round removes.
const EXPORTS: usize = 1_000;
/// Most ended sessions that one round removes.
const SESSIONS: i64 = 10_000;
/// Counts of tries that are removed in one transaction, of each kind.
const COUNTS: i64 = 10_000;
/// Most such transactions in a round.
const MOST_ROUNDS: usize = 1_000;

/// After so many tries a job is given up.
const TRIES: i32 = 12;

/// Runs jobs and housekeeping, and looks after connections, until `stop`.
pub async fn run(svc: Services, stop: CancellationToken) {
    tokio::join!(work(&svc, &stop), house(&svc, &stop), reconcile::run(&svc, &stop));
}

/// Runs due jobs, as many at once as there are places: a slow one keeps its own and no other.
async fn work(svc: &Services, stop: &CancellationToken) {
    let mut running = JoinSet::new();
    while !stop.is_cancelled() {
        while let Some(ended) = running.try_join_next() {
            log(ended);
        }
        let places = AT_ONCE - running.len();
        if places > 0 {
            match claim(svc, places).await {
                Ok(due) => due.into_iter().for_each(|job| {
                    let svc = svc.clone();
                    running.spawn(async move { perform(&svc, &job).await });
                }),
                Err(error) => tracing::warn!(%error, "looking for jobs failed"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            Some(ended) = running.join_next() => log(ended),
            () = svc.nudges.jobs.notified(), if running.len() < AT_ONCE => {}
            () = time::sleep(LOOK_AGAIN) => {}
        }
    }
    // What has begun is brought to its end, as far as there is time for it.
    while let Some(ended) = running.join_next().await {
        log(ended);
    }
}

fn log(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a job broke down; it runs again when its lease has lapsed");
    }
}

/// Keeps house once an hour, beside the jobs: neither waits for the other. What was due at the start goes
/// first.
async fn house(svc: &Services, stop: &CancellationToken) {
    let mut beat = time::interval_at(Instant::now() + LOOK_AGAIN, HOUSEKEEPING);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = beat.tick() => keep_house(svc).await,
        }
    }
}

async fn claim(svc: &Services, most: usize) -> Result<Vec<Job>, StoreError> {
    let (holder, most) = (svc.instance, i64::try_from(most).unwrap_or(i64::MAX));
    svc.store
        .system("claim due jobs", async |tx| {
            let due = jobs::claim(tx, holder, most).await?;
            Ok(jobs::merge(tx, due, billing::reconcile::KIND).await?)
        })
        .await
}

/// Does a job.
async fn handle(svc: &Services, job: &Job) -> Result<(), String> {
    match (job.kind.as_str(), job.bot_id) {
        (leave::KIND, Some(bot)) => {
            leave::run(svc, &access::claimed(job.workspace_id, bot), job.payload.clone()).await
        }
        (exports::KIND, None) => exports::run(svc, job.workspace_id).await,
        (billing::reconcile::KIND, _) => billing::reconcile::job(svc, job.workspace_id).await,
        (kind, _) => Err(format!("nobody knows how to do “{kind}”")),
    }
}

async fn perform(svc: &Services, job: &Job) {
    // One that breaks down each time is given up like any other.
    let outcome = AssertUnwindSafe(handle(svc, job)).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|_| Err("it broke down".to_owned()));
    // What it would leave behind goes first: where that fails, the job is tried once more.
    let is_over = outcome.is_err() && job.attempts >= TRIES && clean_up(svc, job).await;
    let holder = svc.instance;
    let written = svc
        .store
        .system("write down what became of a job", async |tx| {
            match outcome {
                Ok(()) => {
                    jobs::finish(tx, job, holder).await?;
                }
                Err(error) if is_over => jobs::give_up(tx, job, holder, &error).await?,
                Err(error) => {
                    let failures = u32::try_from(job.attempts - 1).unwrap_or_default();
                    let delay = retry_delay(failures, None).as_secs_f64();
                    jobs::retry(tx, job, holder, delay, &error).await?;
                }
            }
            Ok::<_, StoreError>(())
        })
        .await;
    if let Err(error) = written {
        tracing::warn!(%error, job.id = %job.id, "a job ran and could not be written down; it will run again");
    }
}

/// Removes what a job that is given up must not leave behind. False: it could not be removed.
async fn clean_up(svc: &Services, job: &Job) -> bool {
    let gone = match (job.kind.as_str(), job.bot_id) {
        (leave::KIND, Some(bot)) => {
            leave::give_up(svc, &access::claimed(job.workspace_id, bot)).await
        }
        (exports::KIND, None) => exports::give_up(svc, job.workspace_id).await,
        _ => return true,
    };
    if let Err(error) = &gone {
        tracing::warn!(%error, job.id = %job.id, "what a job left behind could not be removed");
    }
    gone.is_ok()
}

/// Removes what has been kept for long enough. Running it twice removes nothing more.
async fn keep_house(svc: &Services) {
    if let Err(error) = audit::keep(&svc.store).await {
        tracing::warn!(%error, "the months of the audit log could not be kept; it comes round again in an hour");
    }
    if let Some(anchors) = &svc.anchors
        && let Err(error) = audit::anchor(&svc.store, anchors).await
    {
        tracing::warn!(%error, "the audit log could not be anchored; it comes round again in an hour");
    }
    for _ in 0..EXPORTS {
        let swept = svc.store.system("remove exports that are over", async |tx| {
            Ok::<_, StoreError>(store::exports::sweep(tx).await?)
        });
        match swept.await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::warn!(%error, "exports that are over could not be removed; it comes round again in an hour");
                break;
            }
        }
    }
    match bots::expire(svc).await {
        Ok(0) => {}
        Ok(bots) => tracing::info!(bots, "disconnected bots were removed for good"),
        Err(error) => {
            tracing::warn!(%error, "housekeeping failed; it comes round again in an hour")
        }
    }
    match team::remove_due(svc).await {
        Ok(0) => {}
        Ok(workspaces) => tracing::info!(workspaces, "workspaces were removed for good"),
        Err(error) => {
            tracing::warn!(%error, "housekeeping failed; it comes round again in an hour")
        }
    }
    match account::remove_due(svc).await {
        Ok(0) => {}
        Ok(accounts) => tracing::info!(accounts, "closed accounts were removed for good"),
        Err(error) => {
            tracing::warn!(%error, "housekeeping failed; it comes round again in an hour")
        }
    }
    let swept = svc
        .store
        .system("remove ended sessions, and replies whose sender died", async |tx| {
            sessions::sweep(tx, SESSIONS).await?;
            replies::sweep(tx).await?;
            Ok::<_, StoreError>(())
        })
        .await;
    if let Err(error) = swept {
        tracing::warn!(%error, "housekeeping failed; it comes round again in an hour");
    }
    if let Err(error) = forget_counts(svc).await {
        tracing::warn!(%error, "housekeeping failed; it comes round again in an hour");
    }
}

/// Removes what was counted and says nothing any more: strangers can make rows as fast as they ask.
async fn forget_counts(svc: &Services) -> Result<(), StoreError> {
    for _ in 0..MOST_ROUNDS {
        let swept = svc.store.system("forget counts that are over", async |tx| {
            Ok::<_, StoreError>(limits::sweep(tx, COUNTS).await?)
        });
        if swept.await? < usize::try_from(COUNTS).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(())
}
