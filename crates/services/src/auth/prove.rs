//! Proving once more who one is.

use contract::{auth::Again, cx::RequestCx};
use domain::{audit::AccountEvent, limit::Limit};
use store::accounts::{self, log};
use zeroize::Zeroizing;

use super::Auth;
use crate::{ServiceError, access, limits, passwords::Lane};

/// Checks the viewer's password. A wrong one is on record.
pub(super) async fn prove(auth: &Auth, cx: &RequestCx, form: Again) -> Result<(), ServiceError> {
    access::viewer(cx)?;
    let typed = Zeroizing::new(form.again);
    if typed.is_empty() {
        let why = "Enter your password once more: it has been more than ten minutes.";
        return Err(ServiceError::field(Again::FIELD, why));
    }
    check(auth, cx, &typed).await
}

/// Checks a password as the viewer's. A wrong one is on record.
pub(super) async fn check(auth: &Auth, cx: &RequestCx, typed: &str) -> Result<(), ServiceError> {
    let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
    let taken = limits::charge(&auth.svc, cx, Limit::Proof, &user.to_string()).await?;
    let hash = auth
        .svc
        .store
        .user(Some(user), async |tx| Ok::<_, ServiceError>(accounts::password_of(tx, user).await?))
        .await?;
    if auth.passwords.is_right(typed, hash.as_deref(), Lane::Known).await? {
        return auth.svc.store.user(Some(user), async |tx| Ok(taken.give_back(tx).await?)).await;
    }
    auth.svc
        .store
        .user(Some(user), async |tx| {
            log::record(tx, &origin, Some(user), AccountEvent::ProofRefused).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    Err(ServiceError::field(Again::FIELD, "This is not your password. Try again."))
}
