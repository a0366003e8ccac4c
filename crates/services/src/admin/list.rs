//! Who has an account.

use domain::email::Email;
use serde::Serialize;
use store::{
    Store, StoreError,
    accounts::{
        self,
        roll::{self, Which},
    },
    members,
};

use super::Account;
use crate::ServiceError;

/// Accounts of a page.
const PAGE: usize = 50;

/// A page of accounts.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The newest first.
    pub users: Vec<Account>,
    /// The address after which the next page begins; none on the last page.
    pub next: Option<String>,
}

/// The fifty newest accounts, or the fifty that came before `after`.
///
/// # Errors
/// [`ServiceError::NotFound`] when `after` has no account.
pub async fn list(store: &Store, after: Option<&Email>) -> Result<Listed, ServiceError> {
    let after = after.map(Email::key);
    let mut entries = store
        .user(None, async |tx| {
            let which = match &after {
                None => Which::All,
                Some(key) if accounts::by_address(tx, key).await?.is_some() => Which::Before(key),
                Some(_) => return Err(ServiceError::NotFound),
            };
            Ok(roll::read(tx, which, PAGE as i64 + 1).await?)
        })
        .await?;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let next = entries.last().filter(|_| more).map(|last| last.email.clone());
    let mut users = Vec::with_capacity(entries.len());
    for entry in entries {
        users.push(with_workspaces(store, entry).await?);
    }
    Ok(Listed { users, next })
}

/// The account of an address.
///
/// # Errors
/// [`ServiceError::NotFound`] when it has none.
pub async fn show(store: &Store, email: &Email) -> Result<Account, ServiceError> {
    let key = email.key();
    let found = store
        .user(None, async |tx| {
            Ok::<_, StoreError>(roll::read(tx, Which::Only(&key), 1).await?.pop())
        })
        .await?;
    with_workspaces(store, found.ok_or(ServiceError::NotFound)?).await
}

/// Memberships are seen by the person themselves alone, on the command line too: one transaction each.
async fn with_workspaces(store: &Store, entry: roll::Entry) -> Result<Account, ServiceError> {
    let memberships = store
        .user(Some(entry.id), async |tx| Ok::<_, StoreError>(members::of_user(tx).await?))
        .await?;
    Ok(Account::new(entry, memberships))
}
