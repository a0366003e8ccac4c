//! Proving once more who one is.

use contract::{auth::Again, cx::RequestCx};
use domain::{audit::AccountEvent, ids::UserId};
use store::{
    accounts::{self, log},
    audit::Origin,
};
use zeroize::Zeroizing;

use super::{
    Auth,
    second_factor::answer::{Answer, Given},
};
use crate::{ServiceError, Services, access};

/// What is said of a wrong password.
pub(super) const NOT_YOURS: &str = "This is not your password. Try again.";

/// Checks the viewer's password, or a code of their second factor. A wrong one is on record.
pub(super) async fn prove(auth: &Auth, cx: &RequestCx, form: Again) -> Result<(), ServiceError> {
    let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
    let typed = Zeroizing::new(form.again);
    if typed.is_empty() {
        let why = "Enter your password once more: it has been more than ten minutes.";
        return Err(ServiceError::field(Again::FIELD, why));
    }
    if is_code(auth, user, &origin, &typed).await? {
        return Ok(());
    }
    let hash = auth
        .svc
        .store
        .user(Some(user), async |tx| Ok::<_, ServiceError>(accounts::password_of(tx, user).await?))
        .await?;
    if auth.passwords.is_right(&typed, hash.as_deref()).await? {
        return Ok(());
    }
    refused(&auth.svc, user, &origin).await?;
    let why = match Given::parse(&typed) {
        Ok(_) => "This is neither your password nor a code that can be used now. Try again.",
        Err(_) => NOT_YOURS,
    };
    Err(ServiceError::field(Again::FIELD, why))
}

/// Whether it is a code of theirs, which is used up then.
async fn is_code(
    auth: &Auth,
    user: UserId,
    origin: &Origin,
    typed: &str,
) -> Result<bool, ServiceError> {
    let Ok(given) = Given::parse(typed) else { return Ok(false) };
    let answer = Answer::look(&auth.svc, user, &given).await?;
    let right = auth
        .svc
        .store
        .user(Some(user), async |tx| Ok::<_, ServiceError>(answer.spend(tx, origin, user).await?))
        .await?;
    if right {
        auth.svc.nudges.mail.notify_one();
    }
    Ok(right)
}

/// Puts on record that `user` gave a wrong password where it is asked for once more.
pub(super) async fn refused(
    svc: &Services,
    user: UserId,
    origin: &Origin,
) -> Result<(), ServiceError> {
    svc.store
        .user(Some(user), async |tx| {
            log::record(tx, origin, Some(user), AccountEvent::ProofRefused).await?;
            Ok(())
        })
        .await
}
