//! Another code.

use contract::{auth::Resend, cx::RequestCx};
use domain::{email::Email, limit::Limit};
use store::accounts::{
    self,
    codes::{self, Hashes, Issued, Purpose},
};

use super::{Auth, code, code_mail};
use crate::{ServiceError, limits};

/// Mails a new code if the address waits for one.
///
/// The minute between two codes holds for every address, so that it says nothing about any.
pub(super) async fn resend(auth: &Auth, cx: &RequestCx, form: Resend) -> Result<(), ServiceError> {
    let svc = &auth.svc;
    limits::by_client(svc, cx, Limit::Resend).await?;
    let email: Email = form.email.parse().map_err(|why| ServiceError::field("email", why))?;
    let taken = code::charge_mail(svc, cx, &email).await?;
    let email_key = email.key();
    let address = code::address_hash(&svc.code_key, &email);
    let account = svc
        .store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::by_address(tx, &email_key).await?))
        .await?;
    // To the address of the account, and not to what was typed: two mailboxes may have one key.
    let to = account.and_then(|account| account.email.parse().ok()).unwrap_or(email.clone());
    let (code, mail) = code_mail(svc, &to).await?;
    let (code, no_code) = (code.hash(&svc.code_key, Purpose::Verify, &email), code::no_code()?);

    let issued = svc
        .store
        .user(None, async |tx| {
            let waits = accounts::by_address(tx, &email_key)
                .await?
                .is_some_and(|account| !account.verified);
            let hashes = Hashes { address: &address, code: if waits { &code } else { &no_code } };
            let issued = codes::issue(tx, Purpose::Verify, hashes, false).await?;
            if issued != Issued::Yes {
                taken.give_back(tx).await?;
            }
            mail.enqueue(tx, waits && issued == Issued::Yes).await?;
            Ok::<_, ServiceError>(issued)
        })
        .await?;
    match issued {
        Issued::Yes => {
            svc.nudges.mail.notify_one();
            Ok(())
        }
        Issued::TooSoon { retry_after_secs } => Err(ServiceError::TooMany { retry_after_secs }),
    }
}
