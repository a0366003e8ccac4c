//! The code that a sign-in waits for.

use contract::{auth::LoginOutcome, cx::RequestCx, second_factor::Code};
use domain::{audit::AccountEvent, email::Email, ids::UserId, limit::Limit};
use store::accounts::{self, log};

use super::answer::{Answer, Given, REFUSED};
use crate::{
    ServiceError, access,
    auth::{Auth, arrive, code},
    limits::{self, Taken},
};

/// Takes the code of `user`, who gave the right password before. A wrong one is on record, and counts
/// against the client and the account as a wrong password does.
pub(super) async fn sign_in(
    auth: &Auth,
    cx: &RequestCx,
    user: UserId,
    form: Code,
) -> Result<LoginOutcome, ServiceError> {
    let (svc, origin) = (&auth.svc, access::origin(cx));
    limits::by_client(svc, cx, Limit::SecondFactor).await?;
    let given = Given::parse(&form.code).map_err(|why| ServiceError::field("code", why))?;
    let taken = charge(auth, cx, user).await?;
    let answer = Answer::look(svc, user, &given).await?;
    let right = svc
        .store
        .user(Some(user), async |tx| {
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
    arrive::arrive(auth, cx, user, &taken).await
}

/// Takes one of the tries of the account, out of the bucket of its passwords.
async fn charge(auth: &Auth, cx: &RequestCx, user: UserId) -> Result<Taken, ServiceError> {
    let svc = &auth.svc;
    let to = svc
        .store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::addressee(tx, user).await?))
        .await?
        .ok_or(ServiceError::Unauthenticated)?;
    let email: Email =
        to.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    limits::by_account(svc, cx, &code::address_hash(&svc.code_key, &email), Some(user)).await
}
