//! Setting a new password with a link.

use contract::{auth::Reset, cx::RequestCx};
use domain::{audit::AccountEvent, ids::UserId, limit::Limit};
use sha2::{Digest, Sha256};
use store::{
    StoreError,
    accounts::{self, address, log, resets},
    sessions,
};
use zeroize::Zeroizing;

use super::{Auth, Complaints, register::choose, token::Token};
use crate::{ServiceError, access, limits, mail, passwords::Lane};

/// Whether a link is in force.
pub(super) async fn is_open(auth: &Auth, token: &str) -> Result<bool, ServiceError> {
    let Some(token) = Token::parse(token) else { return Ok(false) };
    let owner = auth
        .svc
        .store
        .user(None, async |tx| Ok::<_, StoreError>(resets::owner(tx, &token.hash()).await?))
        .await?;
    Ok(owner.is_some())
}

/// Uses a link up: the password is another one, and whoever was signed in is no longer.
pub(super) async fn reset(auth: &Auth, cx: &RequestCx, form: Reset) -> Result<(), ServiceError> {
    let svc = &auth.svc;
    limits::by_client(svc, cx, Limit::ResetByClient).await?;
    let origin = access::origin(cx);
    let typed = Zeroizing::new(form.password);
    // What is no token is counted as one all the same.
    let key = hex::encode(Sha256::digest(form.token.trim()));
    limits::charge(svc, cx, Limit::Reset, &key).await?;
    let found = match Token::parse(&form.token) {
        Some(token) => owner(auth, &token).await?.map(|(user, to)| (token.hash(), user, to)),
        None => None,
    };
    let Some((token, user, to)) = found else { return refuse(auth, cx, None).await };

    let mut complaints = Complaints::default();
    let chosen = complaints.take("password", choose(typed, &to.email));
    let Some(password) = chosen else { return Err(complaints.refuse()) };
    let hash = auth.passwords.hash(&password, Lane::Stranger).await?;
    let letter = mail::templates::password_reset(&svc.settings.base_url, &mail::seen(svc, cx, &to));
    let cause = format!("password-reset/{}", hex::encode(token));
    let mail = mail::write_to(svc, &to, &letter, cause).await?;
    let taken = svc
        .store
        .user(Some(user), async |tx| {
            accounts::hold(tx, user).await?;
            if resets::take(tx, &token).await? != Some(user) {
                return Ok(false);
            }
            resets::void(tx, user).await?;
            address::forget(tx, user).await?;
            accounts::set_password(tx, user, &hash).await?;
            sessions::end_others(tx, None).await?;
            log::record(tx, &origin, Some(user), AccountEvent::PasswordReset).await?;
            mail.enqueue(tx, true).await?;
            Ok::<_, ServiceError>(true)
        })
        .await?;
    if !taken {
        return refuse(auth, cx, Some(user)).await;
    }
    svc.nudges.mail.notify_one();
    Ok(())
}

/// Whose link it is.
async fn owner(
    auth: &Auth,
    token: &Token,
) -> Result<Option<(UserId, accounts::Addressee)>, ServiceError> {
    auth.svc
        .store
        .user(None, async |tx| {
            let Some(user) = resets::owner(tx, &token.hash()).await? else { return Ok(None) };
            let to = accounts::addressee(tx, user).await?;
            Ok::<_, ServiceError>(to.map(|to| (user, to)))
        })
        .await
}

async fn refuse(auth: &Auth, cx: &RequestCx, user: Option<UserId>) -> Result<(), ServiceError> {
    let origin = access::origin(cx);
    auth.svc
        .store
        .user(None, async |tx| {
            log::record(tx, &origin, user, AccountEvent::ResetRefused).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    let why =
        "This link is used up, older than 60 minutes, or another one was used. Ask for another.";
    Err(ServiceError::field("token", why))
}
