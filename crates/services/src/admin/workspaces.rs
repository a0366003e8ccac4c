//! Which workspaces there are, and who owns them.

use domain::{
    Timestamp,
    ids::WorkspaceId,
    rights::{Role, Stake, is_ownerless},
};
use serde::Serialize;
use store::{Store, StoreError, ownership};

use crate::{ServiceError, instance};

/// Workspaces of a page.
const PAGE: usize = 50;

/// A workspace from outside: nothing of what is in it.
#[derive(Clone, Debug, Serialize)]
pub struct Workspace {
    /// Which.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Addresses of its owners, those included who are closing their accounts.
    pub owners: Vec<String>,
    /// People who belong to it, owners included.
    pub people: usize,
    /// Bots it has connected.
    pub bots: u64,
    /// When it was founded.
    pub created_at: Timestamp,
    /// When it goes, if an owner wants it gone.
    pub closes_at: Option<Timestamp>,
    /// Nobody owns it any more, though somebody works in it.
    pub ownerless: bool,
}

/// A page of workspaces.
#[derive(Clone, Debug, Serialize)]
pub struct Workspaces {
    /// The oldest first.
    pub workspaces: Vec<Workspace>,
    /// The id after which the next page begins; none on the last page.
    pub next: Option<WorkspaceId>,
}

/// The fifty oldest workspaces, or the fifty that came after `after`; with `ownerless` those alone that
/// nobody owns.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub async fn workspaces(
    store: &Store,
    after: Option<WorkspaceId>,
    ownerless: bool,
) -> Result<Workspaces, ServiceError> {
    let mut ids = store
        .system("list the workspaces of all tenants", async |tx| {
            let most = PAGE as i64 + 1;
            Ok::<_, StoreError>(match ownerless {
                true => ownership::unowned(tx, after, most).await?,
                false => ownership::all(tx, after, most).await?,
            })
        })
        .await?;
    let more = ids.len() > PAGE;
    ids.truncate(PAGE);
    let next = ids.last().copied().filter(|_| more);
    let mut workspaces = Vec::with_capacity(ids.len());
    for id in ids {
        let found = sheet(store, id).await?;
        workspaces.extend(found.filter(|one| one.ownerless || !ownerless));
    }
    Ok(Workspaces { workspaces, next })
}

/// What belongs to a workspace is seen behind its own fence, on the command line too: one transaction each.
async fn sheet(store: &Store, id: WorkspaceId) -> Result<Option<Workspace>, ServiceError> {
    let (sheet, people, bots) = instance::look(store, id).await?;
    let Some(sheet) = sheet else { return Ok(None) };
    let stakes: Vec<Stake> = people.iter().map(Stake::from).collect();
    let owners = people.iter().filter(|person| person.role == Role::Owner);
    Ok(Some(Workspace {
        id,
        name: sheet.name,
        owners: owners.map(|person| person.email.clone()).collect(),
        people: people.len(),
        bots,
        created_at: sheet.created_at,
        closes_at: sheet.closes_at,
        ownerless: sheet.closes_at.is_none() && is_ownerless(&stakes),
    }))
}
