//! The viewer's own account.

use app::paths;
use axum::{extract::State, response::Response};
use contract::{
    ClientError,
    account::{AddressCode, Close, NewAddress, Profile, Revoke},
    auth::{Admission, ChangePassword},
};
use tower_sessions::Session;

use super::{
    Forms, Posted,
    auth::{known, reopen, unavailable},
};
use crate::http::session;

/// `POST /account`: name and time zone.
pub async fn set_profile(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Profile>() {
        Ok(form) => forms.backend.account.set_profile(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::ACCOUNT, "saved", outcome).await
}

/// `POST /account/password`
pub async fn change_password(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<ChangePassword>() {
        Ok(form) => forms.backend.auth.change_password(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    renewed(forms, posted, paths::ACCOUNT_PASSWORD, "changed", outcome).await
}

/// As [`Posted::settle`], where other sessions have ended: this one goes on under another id, and the browser is
/// known with the credentials of now.
async fn renewed(
    forms: Forms,
    posted: Posted,
    page: &str,
    done: &str,
    outcome: Result<Admission, ClientError>,
) -> Response {
    let cookie = |who| forms.browsers.remember(posted.cx.browser.as_ref(), who);
    match outcome.map(cookie) {
        Ok(cookie) => {
            let outcome = reopen(&forms, &posted).await;
            known(posted.settle(&forms, page, done, outcome).await, cookie)
        }
        Err(error) => posted.settle(&forms, page, done, Err(error)).await,
    }
}

/// `POST /account/address`
pub async fn ask_address(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<NewAddress>()) {
        (Ok(()), Ok(form)) => forms.backend.account.ask_address(&posted.cx, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    posted.settle(&forms, paths::ACCOUNT_ADDRESS, "sent", outcome).await
}

/// `POST /account/address/resend`
pub async fn resend_address(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = forms.backend.account.resend_address(&posted.cx).await;
    posted.settle(&forms, paths::ACCOUNT_ADDRESS, "sent", outcome).await
}

/// `POST /account/address/verify`
pub async fn verify_address(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<AddressCode>() {
        Ok(form) => forms.backend.account.verify_address(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::ACCOUNT_ADDRESS, "changed", outcome).await
}

/// `POST /account/sessions/revoke`
pub async fn revoke(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Revoke>() {
        Ok(form) => forms.backend.account.revoke(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::ACCOUNT_SESSIONS, "revoked", outcome).await
}

/// `POST /account/sessions/revoke-others`
pub async fn revoke_others(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = forms.backend.account.revoke_others(&posted.cx).await;
    renewed(forms, posted, paths::ACCOUNT_SESSIONS, "revoked-others", outcome).await
}

/// `POST /account/close`
pub async fn close(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<Close>()) {
        (Ok(()), Ok(form)) => forms.backend.account.close(&posted.cx, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let outcome = match (outcome, posted.extensions.get::<Session>()) {
        // The row is gone already; this takes the cookie out.
        (Ok(()), Some(session)) => session::close(session).await.map_err(unavailable),
        (outcome, _) => outcome,
    };
    let next = paths::query(paths::LOGIN, &[("done", "closed")]);
    posted.finish(&forms, paths::ACCOUNT_CLOSE, outcome.map(|()| next)).await
}
