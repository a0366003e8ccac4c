//! The end of the 30 days.

use store::{StoreError, bots};

use crate::Services;

/// How long a bot that was disconnected can come back, in days.
const DAYS: i32 = 30;

/// Removes bots that were disconnected more than 30 days ago, with everything they had. To be called
/// now and then; a repeat costs a look. Gives how many went.
///
/// # Errors
/// [`StoreError`] when the database is away.
pub async fn expire(svc: &Services) -> Result<usize, StoreError> {
    svc.store
        .system("bots whose 30 days are over are removed", async |tx| {
            Ok(bots::expire(tx, DAYS).await?)
        })
        .await
}
