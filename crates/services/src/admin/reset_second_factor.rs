//! Removing a second factor by hand.

use adapters::vault::Vault;
use domain::{audit::AccountEvent, email::Email};
use store::{
    Store,
    accounts::{self, log},
    audit::Origin,
    second_factors, sessions,
};

use crate::{
    ServiceError,
    mail::{self, templates},
};

/// Removes the second factor of whoever has lost both the app and the backup codes, and signs them out
/// everywhere. They are told by mail. False when there was none, and nothing has changed.
///
/// # Errors
/// [`ServiceError::NotFound`] when the address has no account.
pub async fn reset_second_factor(
    store: &Store,
    vault: &Vault,
    base_url: &str,
    email: &Email,
    origin: &Origin,
) -> Result<bool, ServiceError> {
    let key = email.key();
    let account = store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::by_address(tx, &key).await?))
        .await?;
    let user = account.ok_or(ServiceError::NotFound)?.id;
    let factor = store
        .user(Some(user), async |tx| Ok::<_, ServiceError>(second_factors::find(tx, user).await?))
        .await?;
    let Some(factor) = factor else { return Ok(false) };
    let address: Email = factor
        .email
        .parse()
        .map_err(|err| ServiceError::bug("reading an account's address", err))?;
    let words = templates::second_factor_reset(base_url);
    let mail = mail::seal(vault, &address, &words, None).await?;
    store
        .user(Some(user), async |tx| {
            let removed = second_factors::remove(tx, user).await?;
            if removed {
                sessions::end_others(tx, None).await?;
                let event = AccountEvent::SecondFactorResetByOperator;
                log::record(tx, origin, Some(user), event).await?;
                mail.enqueue(tx, true).await?;
            }
            Ok(removed)
        })
        .await
}
