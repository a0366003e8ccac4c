//! Proving once more who one is.

use contract::{
    auth::{Admission, Again},
    cx::RequestCx,
};
use domain::{audit::AccountEvent, ids::UserId, limit::Limit};
use store::accounts::{self, log};
use zeroize::Zeroizing;

use super::{
    Auth,
    second_factor::answer::{Answer, Given},
};
use crate::{
    ServiceError, Services, access,
    limits::{self, Taken},
    passwords::Lane,
};

/// What is said of a wrong password.
pub(super) const NOT_YOURS: &str = "This is not your password. Try again.";

/// Checks the viewer's password, or a code of their second factor. A wrong one is on record.
pub(super) async fn prove(auth: &Auth, cx: &RequestCx, form: Again) -> Result<(), ServiceError> {
    access::viewer(cx)?;
    let typed = Zeroizing::new(form.again);
    if typed.is_empty() {
        let why = "Enter your password once more: it has been more than ten minutes.";
        return Err(ServiceError::field(Again::FIELD, why));
    }
    let taken = charge(&auth.svc, cx).await?;
    if is_code(auth, cx, &typed, &taken).await? || is_password(auth, cx, &typed, &taken).await? {
        return Ok(());
    }
    let why = match Given::parse(&typed) {
        Ok(_) => "This is neither your password nor a code that can be used now. Try again.",
        Err(_) => NOT_YOURS,
    };
    Err(ServiceError::field(Again::FIELD, why))
}

/// Checks a password as the viewer's, and gives what it admits to. A wrong one is on record. Right or
/// wrong, it counts.
pub(super) async fn check(
    auth: &Auth,
    cx: &RequestCx,
    typed: &str,
) -> Result<Admission, ServiceError> {
    charge(&auth.svc, cx).await?;
    let right = password(auth, cx, typed).await?;
    right.ok_or_else(|| ServiceError::field(Again::FIELD, NOT_YOURS))
}

/// Takes one of the tries that the viewer's session has where they are asked once more: for passwords
/// and for codes alike, wherever that is. Whoever has stolen a session uses up no other's.
pub(super) async fn charge(svc: &Services, cx: &RequestCx) -> Result<Taken, ServiceError> {
    let (user, session) = (access::viewer(cx)?.user, cx.session.as_deref().unwrap_or_default());
    limits::charge(svc, cx, Limit::Proof, &format!("{user}/{session}")).await
}

/// Puts on record that `user` gave a wrong password where it is asked for once more.
async fn refused(svc: &Services, cx: &RequestCx, user: UserId) -> Result<(), ServiceError> {
    let origin = access::origin(cx);
    svc.store
        .user(Some(user), async |tx| {
            log::record(tx, &origin, Some(user), AccountEvent::ProofRefused).await?;
            Ok(())
        })
        .await
}

/// Whether it is their password; what was taken for a right one is given back.
async fn is_password(
    auth: &Auth,
    cx: &RequestCx,
    typed: &str,
    taken: &Taken,
) -> Result<bool, ServiceError> {
    let Some(Admission { user, .. }) = password(auth, cx, typed).await? else { return Ok(false) };
    let back = auth.svc.store.user(Some(user), async |tx| {
        taken.give_back(tx).await?;
        Ok::<_, ServiceError>(true)
    });
    back.await
}

/// What the viewer's password admits to, if it is theirs. A wrong one is on record.
pub(super) async fn password(
    auth: &Auth,
    cx: &RequestCx,
    typed: &str,
) -> Result<Option<Admission>, ServiceError> {
    let (user, store) = (access::viewer(cx)?.user, &auth.svc.store);
    let account = store
        .user(Some(user), async |tx| Ok::<_, ServiceError>(accounts::find(tx, user).await?))
        .await?;
    let hash = account.as_ref().map(|account| account.password_hash.as_str());
    if !auth.passwords.is_right(typed, hash, Lane::Known).await? {
        refused(&auth.svc, cx, user).await?;
        return Ok(None);
    }
    Ok(account.map(|account| Admission { user, epoch: account.epoch }))
}

/// Whether it is a code of theirs, which is used up then.
async fn is_code(
    auth: &Auth,
    cx: &RequestCx,
    typed: &str,
    taken: &Taken,
) -> Result<bool, ServiceError> {
    let Ok(given) = Given::parse(typed) else { return Ok(false) };
    let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
    let answer = Answer::look(&auth.svc, user, &given).await?;
    let right = auth
        .svc
        .store
        .user(Some(user), async |tx| {
            let right = answer.spend(tx, &origin, user).await?;
            if right {
                taken.give_back(tx).await?;
            }
            Ok::<_, ServiceError>(right)
        })
        .await?;
    if right {
        auth.svc.nudges.mail.notify_one();
    }
    Ok(right)
}
