//! Looking after the instance.

use app::paths;
use axum::{extract::State, response::Response};
use contract::instance::{GiveOwner, Invite, Lift, Setup};

use super::{Forms, Posted, team::at_the_top};

/// `POST /instance/setup`
pub async fn set_up(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Setup>() {
        Ok(form) => forms.backend.instance.set_up(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let next = paths::query(paths::INSTANCE, &[("done", "set_up")]);
    posted.finish(&forms, paths::SETUP, outcome.map(|()| next)).await
}

/// `POST /instance/blocks/lift`
pub async fn lift(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Lift>() {
        Ok(form) => forms.backend.instance.lift(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::INSTANCE, "lifted", outcome).await
}

/// `POST /instance/invite`
pub async fn invite(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Invite>() {
        Ok(form) => forms.backend.instance.invite(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::INSTANCE, "invited", outcome).await
}

/// `POST /instance/workspaces/owner`
pub async fn give_owner(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<GiveOwner>()) {
        (Ok(()), Ok(form)) => forms.backend.instance.give_owner(&posted.cx, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let outcome = outcome.map_err(at_the_top);
    posted.settle(&forms, paths::INSTANCE, "owner_given", outcome).await
}
