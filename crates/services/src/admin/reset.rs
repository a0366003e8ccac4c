//! A link that sets a new password, for somebody whose mailbox cannot be reached.

use adapters::vault::Vault;
use domain::{audit::AccountEvent, email::Email};
use store::{
    Store,
    accounts::{self, log, resets},
    audit::Origin,
    sessions,
};

use crate::{ServiceError, auth::token::Token, mail};

/// Makes a link that sets a new password once, within 60 minutes. It leads to `base_url`.
///
/// All sessions of the person end, earlier links are void, and a mail tells the person that there is one;
/// the link itself is for whoever asked to hand over. A second factor stays in force.
///
/// # Errors
/// [`ServiceError::NotFound`] when the address has no account, [`ServiceError::Conflict`] when nobody has
/// proved it.
pub async fn reset_password(
    store: &Store,
    vault: &Vault,
    base_url: &str,
    email: &Email,
    origin: &Origin,
) -> Result<String, ServiceError> {
    let key = email.key();
    let account = store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::by_address(tx, &key).await?))
        .await?
        .ok_or(ServiceError::NotFound)?;
    if !account.verified {
        return Err(ServiceError::Conflict("nobody has verified this address".into()));
    }
    let user = account.id;
    let to = account.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    let token = Token::fresh()?;
    let letter = mail::templates::reset_by_operator(base_url);
    let mail = mail::seal(vault, &to, &letter, None).await?;
    store
        .user(Some(user), async |tx| {
            accounts::hold(tx, user).await?;
            resets::void(tx, user).await?;
            resets::issue(tx, &token.hash(), Some(user)).await?;
            sessions::end_others(tx, None).await?;
            log::record(tx, origin, Some(user), AccountEvent::ResetByOperator).await?;
            mail.enqueue(tx, true).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    Ok(format!("{base_url}/auth/reset-password?token={}", token.as_str()))
}
