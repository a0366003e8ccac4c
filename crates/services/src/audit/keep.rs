//! Months ahead, and the end of those that are over.

use domain::{
    audit::{Event, KEPT_DAYS},
    ids::WorkspaceId,
};
use store::{
    Store, StoreError,
    audit::{
        self, Origin,
        keep::{self as months, Month, Tail},
    },
};

use crate::{ServiceError, access};

/// Months that are made ahead of the present one.
const AHEAD: i32 = 3;

/// Makes the months to come, and drops those whose every line has been kept for [`KEPT_DAYS`]. Gives how
/// many were dropped.
///
/// What is dropped is on record in every workspace it belonged to, with the link from which the chain goes
/// on. A repeat after a crash in the middle writes that line once more, and drops what is left.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away, or somebody reads the log for so long that its months
/// could not be locked; what was done until then stays.
pub async fn keep(store: &Store) -> Result<usize, ServiceError> {
    let made = store
        .keeper("make the months of the audit log ahead", async |tx| {
            Ok::<_, StoreError>(months::make_months(tx, AHEAD).await?)
        })
        .await?;
    if made > 0 {
        tracing::info!(made, "months of the audit log were made ahead");
    }
    let over = store
        .keeper("find months of the audit log that are over", async |tx| {
            Ok::<_, StoreError>(months::over(tx, i32::from(KEPT_DAYS)).await?)
        })
        .await?;
    for month in &over {
        drop_one(store, month).await?;
        tracing::info!(month = %month.name, "a month of the audit log was kept for long enough");
    }
    Ok(over.len())
}

async fn drop_one(store: &Store, month: &Month) -> Result<(), ServiceError> {
    let tails = store
        .keeper("see where chains leave a month that is over", async |tx| {
            Ok::<_, StoreError>(months::tails(tx, month).await?)
        })
        .await?;
    for tail in tails {
        put_on_record(store, month, tail).await?;
    }
    store
        .keeper("drop a month of the audit log that is over", async |tx| {
            Ok::<_, ServiceError>(months::drop_month(tx, month).await?)
        })
        .await
}

async fn put_on_record(store: &Store, month: &Month, tail: Tail) -> Result<(), ServiceError> {
    let event = Event::AuditExpired {
        month: month.name.clone(),
        lines: u64::try_from(tail.lines).unwrap_or_default(),
        through: tail.seq,
        mac: tail.mac.map(hex::encode),
        unchained: tail.unchained_elsewhere,
    };
    let workspace: WorkspaceId = tail.workspace_id;
    store
        .workspace(&access::keeper_of_the_log(workspace), async |tx| {
            Ok::<_, ServiceError>(audit::record(tx, &Origin::system("retention"), &event).await?)
        })
        .await
}
