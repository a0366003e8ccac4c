//! The viewer's own account.

use app::paths;
use axum::{extract::State, response::Response};
use contract::{
    ClientError,
    account::{AddressCode, Close, NewAddress, Profile, Revoke},
    auth::ChangePassword,
};
use tower_sessions::Session;

use super::{Forms, Posted, auth::unavailable};
use crate::http::session;

/// `POST /account`: name and time zone.
pub async fn set_profile(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Profile>() {
        Ok(form) => forms.backend.account.set_profile(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    settled(forms, posted, paths::ACCOUNT, "saved", outcome).await
}

/// `POST /account/password`
pub async fn change_password(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<ChangePassword>() {
        Ok(form) => forms.backend.auth.change_password(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let outcome = match outcome {
        Ok(()) => renew(&posted).await,
        Err(error) => Err(error),
    };
    settled(forms, posted, paths::ACCOUNT_PASSWORD, "changed", outcome).await
}

/// The session goes on under another id: whoever knew the old one is out.
async fn renew(posted: &Posted) -> Result<(), ClientError> {
    let viewer = posted.cx.viewer.as_ref().ok_or(ClientError::Unauthenticated)?;
    let session = posted.extensions.get::<Session>().ok_or(ClientError::Internal)?;
    session::open(session, &posted.cx, viewer.user).await.map_err(unavailable)?;
    session::choose(session, viewer.workspace).await.map_err(unavailable)
}

/// `POST /account/address`
pub async fn ask_address(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<NewAddress>()) {
        (Ok(()), Ok(form)) => forms.backend.account.ask_address(&posted.cx, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    settled(forms, posted, paths::ACCOUNT_ADDRESS, "sent", outcome).await
}

/// `POST /account/address/resend`
pub async fn resend_address(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = forms.backend.account.resend_address(&posted.cx).await;
    settled(forms, posted, paths::ACCOUNT_ADDRESS, "sent", outcome).await
}

/// `POST /account/address/verify`
pub async fn verify_address(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<AddressCode>() {
        Ok(form) => forms.backend.account.verify_address(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    settled(forms, posted, paths::ACCOUNT_ADDRESS, "changed", outcome).await
}

/// `POST /account/sessions/revoke`
pub async fn revoke(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Revoke>() {
        Ok(form) => forms.backend.account.revoke(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    settled(forms, posted, paths::ACCOUNT_SESSIONS, "revoked", outcome).await
}

/// `POST /account/sessions/revoke-others`
pub async fn revoke_others(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = forms.backend.account.revoke_others(&posted.cx).await;
    settled(forms, posted, paths::ACCOUNT_SESSIONS, "revoked-others", outcome).await
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

/// Back to `page`, with what was `done`.
async fn settled(
    forms: Forms,
    posted: Posted,
    page: &str,
    done: &str,
    outcome: Result<(), ClientError>,
) -> Response {
    let next = paths::query(page, &[("done", done)]);
    posted.finish(&forms, page, outcome.map(|()| next)).await
}
