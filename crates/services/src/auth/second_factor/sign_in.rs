//! The code that a sign-in waits for.

use contract::{cx::RequestCx, second_factor::Code};
use domain::{audit::AccountEvent, ids::UserId};
use store::accounts::log;

use super::answer::{Answer, Given, REFUSED};
use crate::{ServiceError, Services, access};

/// Takes the code of `user`, who gave the right password before. A wrong one is on record.
pub(super) async fn sign_in(
    svc: &Services,
    cx: &RequestCx,
    user: UserId,
    form: Code,
) -> Result<(), ServiceError> {
    let origin = access::origin(cx);
    let given = Given::parse(&form.code).map_err(|why| ServiceError::field("code", why))?;
    let answer = Answer::look(svc, user, &given).await?;
    let right = svc
        .store
        .user(Some(user), async |tx| {
            let right = answer.spend(tx, &origin, user).await?;
            let event = match right {
                true => AccountEvent::SignedIn,
                false => AccountEvent::SecondFactorRefused,
            };
            log::record(tx, &origin, Some(user), event).await?;
            Ok::<_, ServiceError>(right)
        })
        .await?;
    if !right {
        return Err(ServiceError::field("code", REFUSED));
    }
    svc.nudges.mail.notify_one();
    Ok(())
}
