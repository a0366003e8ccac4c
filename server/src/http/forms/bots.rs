//! Connecting bots, and looking after the connection.

use app::paths;
use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use contract::{
    ClientError,
    bots::{Connect, Pace, ReadOnly, Relocate, Texts},
};
use tower_sessions::Session;

use super::{Forms, Posted, auth::unavailable};
use crate::http::session;

/// `POST /bots/connect`: looks the token up and shows whose it is; with `step=connect` connects.
pub async fn connect(State(forms): State<Forms>, posted: Posted) -> Response {
    let form = match posted.read::<Connect>() {
        Ok(form) => form,
        Err(error) => return posted.refuse(&forms, paths::CONNECT, &error).await,
    };
    if posted.field("step") == "connect" {
        let outcome = forms.backend.bots.connect(&posted.cx, &form).await;
        return posted.finish(&forms, paths::CONNECT, outcome.map(|slug| paths::bot(&slug))).await;
    }
    match forms.backend.bots.preview(&posted.cx, &form).await {
        Ok(preview) if posted.json => Json(preview).into_response(),
        Ok(preview) => {
            // The page confirms with a form that holds a ticket in the token's place.
            let state = posted.state();
            posted
                .show(&forms, paths::CONNECT, state, |request| {
                    request.extensions_mut().insert(preview);
                })
                .await
        }
        Err(error) => posted.refuse(&forms, paths::CONNECT, &error).await,
    }
}

/// `POST /bots/sandbox`: one bot for each `once`, which is made with the page.
pub async fn connect_sandbox(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = forms.backend.bots.connect_sandbox(&posted.cx, posted.field("once")).await;
    posted.finish(&forms, paths::CONNECT, outcome.map(|slug| paths::bot(&slug))).await
}

/// `POST /bots/{slug}/repair`
pub async fn repair(
    State(forms): State<Forms>,
    Path(slug): Path<String>,
    posted: Posted,
) -> Response {
    let outcome = forms.backend.bots.repair(&posted.cx, &slug).await;
    let page = page(&slug, "");
    let done = paths::query(&page, &[("done", "repaired")]);
    posted.finish(&forms, &page, outcome.map(|()| done)).await
}

/// `POST /bots/{slug}/settings`
pub async fn set_texts(
    State(forms): State<Forms>,
    Path(slug): Path<String>,
    posted: Posted,
) -> Response {
    let outcome = match posted.read::<Texts>() {
        Ok(texts) => forms.backend.bots.set_texts(&posted.cx, &slug, texts).await,
        Err(error) => Err(error),
    };
    settled(forms, posted, &slug, "saved", outcome).await
}

/// `POST /bots/{slug}/read-only`
pub async fn set_read_only(
    State(forms): State<Forms>,
    Path(slug): Path<String>,
    posted: Posted,
) -> Response {
    let outcome = match posted.read::<ReadOnly>() {
        Ok(form) => forms.backend.bots.set_read_only(&posted.cx, &slug, form).await,
        Err(error) => Err(error),
    };
    let done = match posted.field("read_only") {
        ReadOnly::ON => "read_only",
        _ => "writable",
    };
    settled(forms, posted, &slug, done, outcome).await
}

/// `POST /bots/{slug}/rate`
pub async fn set_rate(
    State(forms): State<Forms>,
    Path(slug): Path<String>,
    posted: Posted,
) -> Response {
    let outcome = match posted.read::<Pace>() {
        Ok(form) => forms.backend.bots.set_rate(&posted.cx, &slug, form).await,
        Err(error) => Err(error),
    };
    settled(forms, posted, &slug, "paced", outcome).await
}

/// `POST /bots/{slug}/token`
pub async fn rotate(
    State(forms): State<Forms>,
    Path(slug): Path<String>,
    mut posted: Posted,
) -> Response {
    if let Err(error) = posted.prove(&forms).await {
        return settled(forms, posted, &slug, "rotated", Err(error)).await;
    }
    let outcome = match posted.read::<Connect>() {
        Ok(form) => forms.backend.bots.rotate(&posted.cx, &slug, &form).await,
        Err(error) => Err(error),
    };
    settled(forms, posted, &slug, "rotated", outcome).await
}

/// `POST /bots/{slug}/move`: the viewer goes along.
pub async fn relocate(
    State(forms): State<Forms>,
    Path(slug): Path<String>,
    mut posted: Posted,
) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<Relocate>()) {
        (Ok(()), Ok(form)) => forms.backend.bots.relocate(&posted.cx, &slug, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let outcome = match (outcome, posted.extensions.get::<Session>()) {
        (Ok(workspace), Some(session)) => {
            session::choose(session, workspace).await.map_err(unavailable)
        }
        (Ok(_), None) => Err(ClientError::Internal),
        (Err(error), _) => Err(posted.beside_another(error, Relocate::AGAIN)),
    };
    settled(forms, posted, &slug, "moved", outcome).await
}

/// `POST /bots/{slug}/disconnect`: `username` must be typed.
pub async fn disconnect(
    State(forms): State<Forms>,
    Path(slug): Path<String>,
    posted: Posted,
) -> Response {
    let typed = posted.field("username").to_owned();
    let outcome = forms.backend.bots.disconnect(&posted.cx, &slug, &typed).await;
    let done = paths::query(paths::HOME, &[("done", "disconnected")]);
    posted.finish(&forms, &page(&slug, "/settings"), outcome.map(|()| done)).await
}

/// Back to the settings, with what was `done`.
async fn settled(
    forms: Forms,
    posted: Posted,
    slug: &str,
    done: &str,
    outcome: Result<(), ClientError>,
) -> Response {
    posted.settle(&forms, &page(slug, "/settings"), done, outcome).await
}

/// A page of the bot at `slug`, which anybody may have typed.
pub(super) fn page(slug: &str, rest: &str) -> String {
    let mut path = String::from("/bots/");
    path.extend(url::form_urlencoded::byte_serialize(slug.as_bytes()));
    path.push_str(rest);
    path
}
