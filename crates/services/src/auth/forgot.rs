//! Asking for a link that sets a new password.

use contract::{auth::Forgot, cx::RequestCx};
use domain::{audit::AccountEvent, email::Email, limit::Limit};
use store::accounts::{self, log, resets};

use super::{Auth, code, token::Token};
use crate::{ServiceError, access, limits, mail};

/// Mails a link if the address has a verified account; the work is the same if it has none.
pub(super) async fn forgot(auth: &Auth, cx: &RequestCx, form: Forgot) -> Result<(), ServiceError> {
    let svc = &auth.svc;
    limits::by_client(svc, cx, Limit::ForgotByClient).await?;
    let email: Email = form.email.parse().map_err(|why| ServiceError::field("email", why))?;
    let address = hex::encode(code::address_hash(&svc.code_key, &email));
    limits::charge(svc, cx, Limit::Forgot, &address).await?;
    let (email_key, origin) = (email.key(), access::origin(cx));
    let account = svc
        .store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::by_address(tx, &email_key).await?))
        .await?;

    // To the address of the account, and not to what was typed: two mailboxes may have one key.
    let to = account.and_then(|account| account.email.parse().ok()).unwrap_or(email);
    let token = Token::fresh()?;
    let letter = mail::templates::reset(&svc.settings.base_url, token.as_str());
    let mail = mail::write(svc, &to, &letter, None).await?;
    svc.store
        .user(None, async |tx| {
            let held = accounts::lock(tx, &email_key).await?;
            let owner = held.filter(|(_, verified)| *verified).map(|(user, _)| user);
            resets::issue(tx, &token.hash(), owner).await?;
            mail.enqueue(tx, owner.is_some()).await?;
            let about = held.map(|(user, _)| user);
            log::record(tx, &origin, about, AccountEvent::ResetAsked).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(())
}
