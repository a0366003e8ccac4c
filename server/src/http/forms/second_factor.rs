//! The second step of signing in, and what sets it up.

use app::paths;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use contract::{
    ClientError,
    auth::Admission,
    form::FormState,
    second_factor::{BackupCodes, Both, Code, LATE, Pending, Rule},
};
use domain::limit::Limit;
use tower_sessions::Session;

use super::{
    Forms, Posted,
    auth::{after_sign_in, arrive, known, reopen, unavailable, with_next},
    kept::Kept,
};
use crate::http::session;

/// Asks whoever gave the right password for the second factor. What was typed into a form whose session
/// had ended goes along in the page; without it the browser is led there.
pub(super) async fn ask(
    forms: &Forms,
    posted: Posted,
    page: &str,
    admission: Admission,
) -> Response {
    let Some(session) = posted.extensions.get::<Session>() else {
        return posted.refuse(forms, page, &ClientError::Internal).await;
    };
    if let Err(err) = session::hold(session, &posted.cx, admission).await {
        return posted.refuse(forms, page, &unavailable(err)).await;
    }
    let next = with_next(paths::SECOND_FACTOR, &posted, &[]);
    if posted.json || Kept::from_text(posted.field(Kept::FIELD)).is_none() {
        return posted.done(&next);
    }
    let state = carried(&posted);
    let also = |request: &mut axum::extract::Request| {
        request.extensions_mut().insert(Pending { admission });
    };
    posted.show(forms, &next, state, also).await
}

/// `POST /auth/2fa`
pub async fn sign_in(State(forms): State<Forms>, posted: Posted) -> Response {
    let Some(pending) = posted.extensions.get::<Pending>().copied() else {
        return late(&forms, posted).await;
    };
    let page = with_next(paths::SECOND_FACTOR, &posted, &[("with", posted.field("with"))]);
    let outcome = match posted.counted::<Code>(&forms, Limit::SecondFactor).await {
        Ok(form) => forms.backend.second_factor.sign_in(&posted.cx, pending, form).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) => arrive(&forms, posted, &page, outcome).await,
        Err(error) => posted.refuse(&forms, &page, &error).await,
    }
}

/// Back to the password; or on, when the first click of a double click has done it.
async fn late(forms: &Forms, posted: Posted) -> Response {
    if posted.cx.viewer.is_some() {
        return posted.done(after_sign_in(&posted));
    }
    if let Err(error) = forms.backend.auth.count(&posted.cx, Limit::SecondFactor).await {
        return posted.refuse(forms, paths::LOGIN, &error).await;
    }
    let error = ClientError::conflict(LATE);
    if posted.json {
        return posted.refuse(forms, paths::LOGIN, &error).await;
    }
    let state = carried(&posted).refused(&error);
    let mut response = posted.show(forms, paths::LOGIN, state, |_| {}).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::CONFLICT;
    }
    response
}

/// Where to go in the end and what was typed before: what each step of a sign-in hands to the next.
fn carried(posted: &Posted) -> FormState {
    let mut state = posted.state();
    state.values.retain(|name, _| matches!(name.as_str(), "next" | Kept::FIELD));
    state
}

/// `POST /account/two-factor/begin`
pub async fn begin(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match posted.prove(&forms).await {
        Ok(()) => forms.backend.second_factor.begin(&posted.cx).await,
        Err(error) => Err(error),
    };
    let next = paths::TWO_FACTOR.to_owned();
    posted.finish(&forms, paths::TWO_FACTOR, outcome.map(|()| next)).await
}

/// `POST /account/two-factor/confirm`: the answer is the only time that the backup codes are shown.
pub async fn confirm(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<Code>()) {
        (Ok(()), Ok(form)) => forms.backend.second_factor.confirm(&posted.cx, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    match outcome {
        Ok((codes, who)) => {
            let cookie = forms.browsers.remember(posted.cx.browser.as_ref(), who);
            known(show(&forms, posted, codes).await, cookie)
        }
        Err(error) => posted.refuse(&forms, paths::TWO_FACTOR, &error).await,
    }
}

/// `POST /account/two-factor/codes`: as [`confirm`].
pub async fn renew_codes(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Both>() {
        Ok(form) => forms.backend.second_factor.renew_codes(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(codes) => show(&forms, posted, codes).await,
        Err(error) => posted.refuse(&forms, &paths::two_factor_change("codes"), &error).await,
    }
}

/// `POST /account/two-factor/off`
pub async fn turn_off(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Both>() {
        Ok(form) => forms.backend.second_factor.turn_off(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let outcome = match outcome {
        Ok(()) => reopen(&forms, &posted).await,
        Err(error) => Err(error),
    };
    let next = paths::query(paths::TWO_FACTOR, &[("done", "two-factor-off")]);
    posted.finish(&forms, &paths::two_factor_change("off"), outcome.map(|()| next)).await
}

/// `POST /w/security`
pub async fn set_rule(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<Rule>()) {
        (Ok(()), Ok(rule)) => forms.backend.second_factor.set_rule(&posted.cx, rule).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    posted.settle(&forms, paths::SECURITY, "saved", outcome).await
}

/// A new id for the session, and the codes on their page.
async fn show(forms: &Forms, posted: Posted, codes: BackupCodes) -> Response {
    // The codes are made already, and are shown even if the id stays.
    let _ = reopen(forms, &posted).await;
    if posted.json {
        return Json(codes).into_response();
    }
    let also = |request: &mut axum::extract::Request| {
        request.extensions_mut().insert(codes);
    };
    posted.show(forms, paths::TWO_FACTOR, FormState::default(), also).await
}
