//! What waits, all bots together: for whoever watches the instance.

use store::{
    Store, StoreError,
    backlog::{self, Broadcasts, Updates},
};

/// Most that is counted of anything; beyond it the figure says so much and no more.
const MOST: i64 = 10_000;

/// Bots whose first update is looked at to find the oldest.
const BOTS: i64 = 1_000;

/// What waits at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// Updates that arrived and are not in effect yet.
    pub updates: Updates,
    /// Broadcasts under way and in line.
    pub broadcasts: Broadcasts,
}

/// What waits now. It costs a few thousand entries of an index at most, however much waits.
///
/// # Errors
/// The database is away.
pub async fn waiting(store: &Store) -> Result<Waiting, StoreError> {
    store
        .system("how much waits in all workspaces", async |tx| {
            Ok(Waiting {
                updates: backlog::updates(tx, MOST, BOTS).await?,
                broadcasts: backlog::broadcasts(tx, MOST).await?,
            })
        })
        .await
}
