//! Signing up, verifying, signing in and out.

use app::{next::landing, paths};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use contract::{
    ClientError,
    account::SignedIn,
    auth::{
        Admission, Forgot, Login, LoginOutcome, Mark, Register, Resend, Reset, Verified, Verify,
    },
};
use domain::limit::Limit;
use tower_sessions::Session;
use tracing::warn;

use super::{Forms, Posted, kept::Kept, second_factor};
use crate::http::session;

/// Longest text of a field that is carried in an address, in bytes. Any mail address and any name fit.
const LONGEST_CARRIED: usize = 400;

/// Where whoever had closed their account finds out that it stays.
const KEPT: HeaderValue = HeaderValue::from_static("/account?done=kept");

/// `POST /auth/register`
pub async fn register(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.counted::<Register>(&forms, Limit::Register).await {
        Ok(form) => forms.backend.auth.register(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let outcome = match outcome {
        Ok(mark) => keep(&posted, &mark).await,
        Err(error) => Err(error),
    };
    let page = with_next(paths::REGISTER, &posted, &[]);
    let next = code_page(&posted, "");
    posted.finish(&forms, &page, outcome.map(|()| next)).await
}

/// `POST /auth/verify`
pub async fn verify(State(forms): State<Forms>, posted: Posted) -> Response {
    let page = code_page(&posted, "");
    let verified =
        match (posted.counted::<Verify>(&forms, Limit::Verify).await, kept_mark(&posted).await) {
            (Ok(form), Ok(mark)) => forms.backend.auth.verify(&posted.cx, form, mark).await,
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
    match verified {
        Ok(Verified::SignedIn(who)) => enter(&forms, posted, &page, who).await,
        Ok(Verified::ChoosePassword { token }) => {
            posted.done(&paths::query(paths::RESET, &[("token", &token), ("done", "verified")]))
        }
        // The second click of a double click: the first has done it.
        Err(ClientError::Invalid { .. }) if is_signed_in_as(&posted) => {
            posted.done(after_sign_in(&posted))
        }
        Err(error) => posted.refuse(&forms, &page, &error).await,
    }
}

/// `POST /auth/resend`
pub async fn resend(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.counted::<Resend>(&forms, Limit::Resend).await {
        Ok(form) => forms.backend.auth.resend(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let page = code_page(&posted, "");
    let next = code_page(&posted, "sent");
    posted.finish(&forms, &page, outcome.map(|()| next)).await
}

/// `POST /auth/login`
pub async fn login(State(forms): State<Forms>, posted: Posted) -> Response {
    let page = with_next(paths::LOGIN, &posted, &[]);
    let outcome = match posted.counted::<Login>(&forms, Limit::Login).await {
        Ok(form) => forms.backend.auth.login(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) => arrive(&forms, posted, &page, outcome).await,
        Err(error) => posted.refuse(&forms, &page, &error).await,
    }
}

/// Goes where a step of signing in leads.
pub(super) async fn arrive(
    forms: &Forms,
    posted: Posted,
    page: &str,
    outcome: LoginOutcome,
) -> Response {
    match outcome {
        LoginOutcome::SignedIn(who) => enter(forms, posted, page, who).await,
        LoginOutcome::Kept(who) => {
            let mut response = enter(forms, posted, page, who).await;
            if response.status().is_redirection() {
                // That the account stays is said before anything else.
                response.headers_mut().insert(header::LOCATION, KEPT);
            }
            response
        }
        LoginOutcome::SecondFactor(who) => second_factor::ask(forms, posted, page, who).await,
        LoginOutcome::Unverified(mark) => {
            let next = code_page(&posted, "sent");
            let outcome = keep(&posted, &mark).await.map(|()| next);
            posted.finish(forms, page, outcome).await
        }
    }
}

/// `POST /auth/forgot-password`
pub async fn forgot(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.counted::<Forgot>(&forms, Limit::ForgotByClient).await {
        Ok(form) => forms.backend.auth.forgot(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let next = paths::query(paths::FORGOT, &[("done", "sent")]);
    posted.finish(&forms, paths::FORGOT, outcome.map(|()| next)).await
}

/// `POST /auth/reset-password`: nobody is signed in by it, so that a second factor stays in force.
pub async fn reset(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.counted::<Reset>(&forms, Limit::ResetByClient).await {
        Ok(form) => forms.backend.auth.reset(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let page = paths::query(paths::RESET, &[("token", posted.field("token"))]);
    let next = paths::query(paths::LOGIN, &[("done", "reset")]);
    posted.finish(&forms, &page, outcome.map(|()| next)).await
}

/// `POST /auth/logout`; twice is as good as once.
pub async fn logout(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match &posted.cx.viewer {
        Some(_) => leave(&forms, &posted).await,
        None => Ok(()),
    };
    posted.finish(&forms, paths::HOME, outcome.map(|()| paths::LOGIN.to_owned())).await
}

async fn leave(forms: &Forms, posted: &Posted) -> Result<(), ClientError> {
    let Some(session) = posted.extensions.get::<Session>() else { return Ok(()) };
    forms.backend.auth.logout(&posted.cx).await?;
    session::close(session).await.map_err(unavailable)
}

/// Opens a session for somebody, goes on to where they wanted to be with what they had typed, and knows
/// the browser from now on.
async fn enter(forms: &Forms, posted: Posted, page: &str, who: Admission) -> Response {
    let cookie = forms.browsers.remember(posted.cx.browser.as_ref(), who);
    known(land(forms, posted, page, who).await, cookie)
}

/// `response` with the `cookie` by which the browser is known again, unless it is a refusal.
pub(super) fn known(mut response: Response, cookie: HeaderValue) -> Response {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn land(forms: &Forms, mut posted: Posted, page: &str, who: Admission) -> Response {
    let Some(session) = posted.extensions.get::<Session>() else {
        return posted.refuse(forms, page, &ClientError::Internal).await;
    };
    if let Err(err) = session::open(session, &posted.cx, who).await {
        return posted.refuse(forms, page, &unavailable(err)).await;
    }
    let Some(kept) = Kept::from_text(posted.field(Kept::FIELD)).filter(|_| !posted.json) else {
        return posted.done(after_sign_in(&posted));
    };
    let signed_in = SignedIn { user: who.user, workspace: None };
    match forms.backend.account.viewer(signed_in).await {
        Ok(viewer) => posted.cx.viewer = viewer,
        Err(error) => return posted.refuse(forms, page, &error).await,
    }
    let page = kept.page.clone();
    let mut response = posted.show(forms, &page, kept.into_state(), |_| {}).await;
    // The layer that says so let a stranger in, and the page is somebody's own by now.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Gives the session of whoever is signed in another id.
pub(super) async fn reopen(forms: &Forms, posted: &Posted) -> Result<(), ClientError> {
    let session = posted.extensions.get::<Session>().ok_or(ClientError::Internal)?;
    match session::reopen(session, &forms.store, &posted.cx).await.map_err(unavailable)? {
        true => Ok(()),
        false => Err(ClientError::Unauthenticated),
    }
}

pub(super) fn unavailable(err: tower_sessions::session::Error) -> ClientError {
    warn!(error = %err, "a session cannot be written");
    ClientError::Unavailable {
        message: "The database does not answer. Please try again.".to_owned(),
    }
}

async fn keep(posted: &Posted, mark: &Mark) -> Result<(), ClientError> {
    let session = posted.extensions.get::<Session>().ok_or(ClientError::Internal)?;
    session::keep_mark(session, mark).await.map_err(unavailable)
}

async fn kept_mark(posted: &Posted) -> Result<Option<Mark>, ClientError> {
    let session = posted.extensions.get::<Session>().ok_or(ClientError::Internal)?;
    session::mark(session).await.map_err(unavailable)
}

/// Whether the person whose address was posted is signed in here.
fn is_signed_in_as(posted: &Posted) -> bool {
    let email = posted.field("email").trim();
    posted.cx.viewer.as_ref().is_some_and(|viewer| viewer.email.eq_ignore_ascii_case(email))
}

pub(super) fn after_sign_in(posted: &Posted) -> &str {
    landing(posted.field("next")).unwrap_or(paths::HOME)
}

/// The page that takes the code, with what was `done` and what the person typed of themselves: to say
/// where the code went, and to have it ready in the other form when the address must be mended.
fn code_page(posted: &Posted, done: &str) -> String {
    // What is longer is no address and no name; an address of ours need not carry it.
    let typed = |field| Some(posted.field(field)).filter(|text| text.len() <= LONGEST_CARRIED);
    let typed = |field| typed(field).unwrap_or_default();
    let who = [("email", typed("email")), ("name", typed("name")), ("done", done)];
    with_next(paths::VERIFY, posted, &who)
}

/// `path` with `pairs`, and with where to go in the end.
pub(super) fn with_next(path: &str, posted: &Posted, pairs: &[(&str, &str)]) -> String {
    let next = landing(posted.field("next")).unwrap_or_default();
    paths::query(&paths::query(path, pairs), &[("next", next)])
}
