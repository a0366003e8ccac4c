//! Anchors: once a day, where every chain stands, in a file outside the database.

use std::{collections::HashMap, io, sync::Arc};

use adapters::anchors::{Anchor, Anchors, Kept};
use domain::ids::WorkspaceId;
use jiff::civil::Date;
use store::{Store, StoreError, audit::keep};

use crate::ServiceError;

/// Chains that are read at once.
const BATCH: i64 = 1_000;

/// Appends an anchor for every chain that has grown since its last one, once a day (UTC, by the database's
/// clock). Gives how many. A repeat on the same day appends nothing.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away, [`ServiceError::Bug`] when the file cannot be read or
/// written.
pub async fn anchor(store: &Store, anchors: &Arc<Anchors>) -> Result<usize, ServiceError> {
    let today = store
        .system("which day it is", async |tx| Ok::<_, StoreError>(keep::today(tx).await?))
        .await?;
    let today: Date =
        today.parse().map_err(|err| ServiceError::bug("reading the database's day", err))?;
    let kept = read(anchors).await?;
    if kept.anchors.iter().any(|anchor| anchor.day == today) {
        return Ok(0);
    }
    let mut known: HashMap<WorkspaceId, i64> = HashMap::new();
    for anchor in &kept.anchors {
        known.insert(anchor.workspace, anchor.seq);
    }
    let mut new = Vec::new();
    let mut after = None;
    loop {
        let ends = store
            .system("anchor the chains of the audit log", async |tx| {
                Ok::<_, StoreError>(keep::ends(tx, after, BATCH).await?)
            })
            .await?;
        let is_last = ends.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
        after = ends.last().map(|end| end.workspace_id);
        for end in ends {
            let has_grown = known.get(&end.workspace_id).is_none_or(|seq| *seq != end.seq);
            if let (true, Ok(mac)) = (has_grown, end.mac.try_into()) {
                new.push(Anchor { day: today, workspace: end.workspace_id, seq: end.seq, mac });
            }
        }
        if is_last {
            break;
        }
    }
    let count = new.len();
    let anchors = Arc::clone(anchors);
    on_disk("appending anchors", move || anchors.append(&new)).await?;
    Ok(count)
}

/// The anchors that were kept.
///
/// # Errors
/// [`ServiceError::Bug`] when the files cannot be read.
pub async fn read(anchors: &Arc<Anchors>) -> Result<Kept, ServiceError> {
    let anchors = Arc::clone(anchors);
    on_disk("reading anchors", move || anchors.read()).await
}

async fn on_disk<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ServiceError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|err| ServiceError::bug(doing, err))?.map_err(|err| ServiceError::bug(doing, err))
}
