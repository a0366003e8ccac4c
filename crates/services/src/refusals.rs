//! Who asked for what they may not do.
//!
//! A refusal is decided in the middle of a request and put on record apart from it: it is counted in
//! memory, and every few seconds one line for each person, place and need is written in a transaction of
//! its own, with how often. A flood of them therefore costs the database next to nothing, holds no chain of
//! the audit log, and takes as long for a bot that is there as for one that is not. What a process that is
//! killed had counted within these seconds is lost; a stop writes it down.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use contract::cx::RequestCx;
use domain::{
    audit::{AccountEvent, Event, Needed},
    ids::{BotId, UserId, WorkspaceId},
};
use store::{
    StoreError,
    accounts::log,
    audit::{self, Origin},
};
use tokio::time;
use tokio_util::sync::CancellationToken;

use crate::{ServiceError, Services, access};

/// How long refusals are counted together.
const TOGETHER: Duration = Duration::from_secs(10);

/// Most that are counted apart; more than so many people, places and needs within ten seconds are no
/// people.
const MOST: usize = 4_096;

/// Most of one person.
const MOST_OF_ONE: usize = 64;

/// Where something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum At {
    /// Outside of what the person belongs to; what is there is nobody's to know.
    Outside,
    /// In a workspace that they belong to.
    Workspace(WorkspaceId),
    /// With a bot of such a workspace.
    Bot(WorkspaceId, BotId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Refusal {
    user: UserId,
    at: At,
    needed: Needed,
}

/// How often, and the request that was the first.
#[derive(Clone, Debug)]
struct Tally {
    times: u64,
    first: Origin,
}

/// The refusals that are not on record yet. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<HashMap<Refusal, Tally>>>);

impl Refusals {
    /// Counts a refusal, and is what the caller answers with.
    pub(crate) fn refuse(&self, cx: &RequestCx, at: At, needed: Needed) -> ServiceError {
        if let Some(viewer) = &cx.viewer {
            self.count(Refusal { user: viewer.user, at, needed }, || access::origin(cx), 1);
        }
        ServiceError::Denied
    }

    fn count(&self, refusal: Refusal, first: impl FnOnce() -> Origin, times: u64) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One person fills nobody else's places.
        let of_theirs = || counted.keys().filter(|one| one.user == refusal.user).count();
        let is_full = counted.len() >= MOST || of_theirs() >= MOST_OF_ONE;
        match counted.entry(refusal) {
            Entry::Occupied(mut tally) => tally.get_mut().times += times,
            Entry::Vacant(place) if !is_full => {
                place.insert(Tally { times, first: first() });
            }
            Entry::Vacant(_) => {
                tracing::warn!(user = %refusal.user, "more refusals than are counted apart");
            }
        }
    }

    fn take(&self) -> HashMap<Refusal, Tally> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Puts refusals on record until `stop`, and what is left then.
pub async fn run(svc: Services, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => {}
            () = time::sleep(TOGETHER) => {}
        }
        write(&svc).await;
    }
}

/// Puts what was counted on record. What cannot be written is counted on.
pub async fn write(svc: &Services) {
    for (refusal, tally) in svc.refusals.take() {
        if let Err(error) = put(svc, refusal, &tally).await {
            tracing::warn!(%error, "a refusal could not be put on record yet");
            svc.refusals.count(refusal, || tally.first.clone(), tally.times);
        }
    }
}

async fn put(svc: &Services, refusal: Refusal, tally: &Tally) -> Result<(), StoreError> {
    let Refusal { user, at, needed } = refusal;
    let event = Event::AccessRefused { needed, times: tally.times };
    match at {
        At::Outside => {
            let event = AccountEvent::AccessRefused;
            let write = svc.store.user(Some(user), async |tx| {
                Ok(log::record(tx, &tally.first, Some(user), event).await?)
            });
            write.await
        }
        At::Workspace(workspace) => {
            let scope = access::keeper_of_the_log(workspace);
            let write = svc
                .store
                .workspace(&scope, async |tx| Ok(audit::record(tx, &tally.first, &event).await?));
            write.await
        }
        At::Bot(workspace, bot) => {
            let scope = access::claimed(workspace, bot);
            let write = svc
                .store
                .bot(&scope, async |tx| Ok(audit::record(tx, &tally.first, &event).await?));
            write.await
        }
    }
}
