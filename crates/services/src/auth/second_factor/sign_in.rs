//! The code that a sign-in waits for.

use contract::{
    auth::{Admission, LoginOutcome},
    cx::RequestCx,
    second_factor::{Code, Pending},
};
use domain::{audit::AccountEvent, email::Email, limit::Limit};
use store::accounts::{self, log};

use super::answer::{Answer, Given, REFUSED};
use crate::{
    ServiceError, access,
    auth::{Auth, arrive, code},
    limits::{self, Taken},
};

/// Takes the code of somebody who gave the right password before, and whose password it still is. A wrong one is on record, and counts
/// against the client and the account as a wrong password does.
pub(super) async fn sign_in(
    auth: &Auth,
    cx: &RequestCx,
    pending: Pending,
    form: Code,
) -> Result<LoginOutcome, ServiceError> {
    let (svc, origin) = (&auth.svc, access::origin(cx));
    let who = pending.admission;
    let user = who.user;
    limits::by_client(svc, cx, Limit::SecondFactor).await?;
    let given = Given::parse(&form.code).map_err(|why| ServiceError::field("code", why))?;
    let taken = charge(auth, cx, who).await?;
    let answer = Answer::look(svc, user, &given).await?;
    let right = svc
        .store
        .user(Some(user), async |tx| {
            arrive::still(tx, who).await?;
            let right = answer.spend(tx, &origin, user).await?;
            if !right {
                log::record(tx, &origin, Some(user), AccountEvent::SecondFactorRefused).await?;
            }
            Ok::<_, ServiceError>(right)
        })
        .await?;
    if !right {
        return Err(ServiceError::field("code", REFUSED));
    }
    arrive::arrive(auth, cx, who, &taken).await
}

/// Takes one of the tries of the account, out of the bucket of its passwords.
async fn charge(auth: &Auth, cx: &RequestCx, who: Admission) -> Result<Taken, ServiceError> {
    let svc = &auth.svc;
    let to = svc
        .store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::addressee(tx, who.user).await?))
        .await?
        .ok_or(ServiceError::Unauthenticated)?;
    let email: Email =
        to.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    limits::by_account(svc, cx, &code::address_hash(&svc.code_key, &email), Some(who)).await
}
