//! The end of the 30 days of a workspace.

use domain::{audit::Event, ids::WorkspaceId};
use store::{
    StoreError,
    audit::{self, Origin},
    bots, endings,
};

use crate::{ServiceError, Services, access, billing::reconcile, bots::disconnect};

/// Workspaces that are looked for at once.
const MOST: i64 = 100;

/// Removes the workspaces whose day has come, and says how many: those that an owner wanted gone, and those
/// whose owners' accounts go. Bots that are still connected leave first, and their workspace goes in the
/// first round an hour later, when Telegram has been told. A repeat removes nothing more, and one that was
/// cut off goes on where the other was.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub async fn remove_due(svc: &Services) -> Result<usize, ServiceError> {
    let (mut removed, mut after) = (0, None);
    loop {
        let due = svc
            .store
            .system("workspaces of all tenants whose day has come", async |tx| {
                Ok::<_, StoreError>(endings::due(tx, after, MOST).await?)
            })
            .await?;
        after = due.last().copied();
        removed += remove_all(svc, &due).await?;
        if i64::try_from(due.len()).is_ok_and(|count| count < MOST) {
            return Ok(removed);
        }
    }
}

async fn remove_all(svc: &Services, due: &[WorkspaceId]) -> Result<usize, ServiceError> {
    let mut removed = 0;
    for &workspace in due {
        match remove(svc, workspace).await {
            Ok(true) => removed += 1,
            // A change of a connection is under way: the next round finds it again.
            Ok(false) | Err(ServiceError::Conflict(_)) => {}
            Err(away @ ServiceError::Store(StoreError::Unavailable(_))) => return Err(away),
            // What is wrong with one holds no other back.
            Err(error) => {
                tracing::error!(?error, workspace.id = %workspace, "a workspace could not be removed");
            }
        }
    }
    Ok(removed)
}

async fn remove(svc: &Services, workspace: WorkspaceId) -> Result<bool, ServiceError> {
    let (scope, origin) = (access::caretaker(workspace), Origin::system("workspace closing"));
    let connected = svc
        .store
        .workspace(&scope, async |tx| Ok::<_, StoreError>(bots::connected(tx, None).await?))
        .await?;
    for bot in connected {
        disconnect::close(svc, &access::bot_of(&scope, bot.id)?, &origin).await?;
    }
    if !reconcile::part(svc, workspace).await? {
        return Ok(false);
    }
    svc.store
        .workspace(&scope, async |tx| {
            let is_gone = endings::remove(tx).await?;
            if is_gone {
                // The log outlives what it tells of, and ends with this.
                audit::record(tx, &origin, &Event::WorkspaceRemoved).await?;
            }
            Ok::<_, ServiceError>(is_gone)
        })
        .await
}
