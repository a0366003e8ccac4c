//! What every sign-in brings with it.

use contract::{auth::LoginOutcome, cx::RequestCx};
use domain::{audit::AccountEvent, ids::UserId};
use store::accounts::{self, closing, log};

use super::Auth;
use crate::{
    ServiceError, access,
    limits::{self, Taken},
    mail,
};

/// Lets `user`, who has proved everything there is to prove, in: it is on record, the try that was
/// `taken` for it is given back, an account that was to
/// go stays, and a browser that does not know them is told of by mail.
pub(super) async fn arrive(
    auth: &Auth,
    cx: &RequestCx,
    user: UserId,
    taken: &Taken,
) -> Result<LoginOutcome, ServiceError> {
    let (svc, origin) = (&auth.svc, access::origin(cx));
    let is_known = cx.browser.as_ref().is_some_and(|browser| browser.knows(user));
    let to = svc
        .store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::addressee(tx, user).await?))
        .await?
        .ok_or(ServiceError::Unauthenticated)?;
    let letter = mail::templates::new_device(&svc.settings.base_url, &mail::seen(cx, &to));
    let mail = mail::write_to(svc, &to, &letter, format!("new-device/{}", cx.request_id)).await?;
    let kept = svc
        .store
        .user(None, async |tx| {
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
    Ok(if kept { LoginOutcome::Kept(user) } else { LoginOutcome::SignedIn(user) })
}
