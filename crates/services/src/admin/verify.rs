//! Verifying an address by hand.

use domain::{
    audit::AccountEvent,
    email::Email,
    ids::{UserId, WorkspaceId},
};
use store::{
    Store,
    accounts::{
        self,
        codes::{self, Purpose},
        log,
    },
    audit::Origin,
};
use uuid::Uuid;

use crate::{
    ServiceError, access,
    auth::{code, workspace},
};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The address is verified from now on, and its owner has this workspace.
    Now {
        /// The workspace's name.
        workspace: String,
    },
    /// It was verified before, and nothing has changed.
    Before,
}

/// Takes the operator's word that an address belongs to whoever signed up with it, where the mail with
/// the code does not arrive.
///
/// As with a code the account is verified and its first workspace founded in one transaction; the code
/// in force, if any, is void from then on. `code_key` is the one that codes are hashed with.
///
/// # Errors
/// [`ServiceError::NotFound`] when the address has no account.
pub async fn verify(
    store: &Store,
    code_key: &[u8; 32],
    email: &Email,
    origin: &Origin,
) -> Result<Verified, ServiceError> {
    let key = email.key();
    let address = code::address_hash(code_key, email);
    let account = store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::by_address(tx, &key).await?))
        .await?;
    let user: UserId = account.ok_or(ServiceError::NotFound)?.id;

    let founded = access::newborn_workspace(WorkspaceId::from(Uuid::now_v7()), user);
    store
        .workspace(&founded, async |tx| {
            accounts::lock(tx, &key).await?;
            let Some(name) = accounts::mark_verified(tx, user).await? else {
                return Ok(Verified::Before);
            };
            codes::void(tx, Purpose::Verify, &address).await?;
            log::record(tx, origin, Some(user), AccountEvent::VerifiedByOperator).await?;
            let workspace = workspace::found_first(tx, origin, user, &name).await?;
            Ok(Verified::Now { workspace })
        })
        .await
}
