//! What every sign-in brings with it.

use contract::{
    auth::{Admission, LoginOutcome},
    cx::RequestCx,
};
use domain::audit::AccountEvent;
use store::accounts::{self, GlobalTx, closing, log};

use super::Auth;
use crate::{
    ServiceError, access,
    limits::{self, Taken},
    mail,
};

/// Lets somebody in who has proved everything there is to prove: it is on record, the try that was
/// `taken` for it is given back, an account that was to go stays, and a browser that does not know them
/// is told of by mail.
pub(super) async fn arrive(
    auth: &Auth,
    cx: &RequestCx,
    who: Admission,
    taken: &Taken,
) -> Result<LoginOutcome, ServiceError> {
    let (svc, origin) = (&auth.svc, access::origin(cx));
    let user = who.user;
    let is_known = cx.browser.as_ref().is_some_and(|browser| browser.knows(who));
    let to = svc
        .store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::addressee(tx, user).await?))
        .await?
        .ok_or(ServiceError::Unauthenticated)?;
    let letter = mail::templates::new_device(&svc.settings.base_url, &mail::seen(svc, cx, &to));
    let mail = mail::write_to(svc, &to, &letter, format!("new-device/{}", cx.request_id)).await?;
    let kept = svc
        .store
        .user(None, async |tx| {
            still(tx, who).await?;
            taken.give_back(tx).await?;
            limits::forgive(tx, cx).await?;
            let kept = closing::keep(tx, user).await?;
            log::record(tx, &origin, Some(user), AccountEvent::SignedIn).await?;
            if kept {
                log::record(tx, &origin, Some(user), AccountEvent::Kept).await?;
            }
            mail.enqueue(tx, !is_known).await?;
            Ok::<_, ServiceError>(kept)
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(if kept { LoginOutcome::Kept(who) } else { LoginOutcome::SignedIn(who) })
}

/// Holds the account of `who` until the end of the transaction, and sees that their credentials are still
/// those by which they were admitted.
pub(super) async fn still(tx: &mut impl GlobalTx, who: Admission) -> Result<(), ServiceError> {
    let held = accounts::hold(tx, who.user).await?;
    match held.is_some_and(|account| account.epoch == who.epoch) {
        true => Ok(()),
        false => Err(ServiceError::Conflict(
            "The password, or the second factor, was changed at this moment. Sign in again.".into(),
        )),
    }
}
