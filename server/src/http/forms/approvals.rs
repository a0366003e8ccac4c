//! A second person's word before a message goes to many.

use app::paths;
use axum::{
    extract::{Path, State},
    response::Response,
};
use contract::{
    ClientError,
    approvals::{Ask, Bound, Refuse, Which},
};
use domain::ids::BroadcastId;

use super::{
    Forms, Posted,
    broadcasts::{broadcast, known},
    team::at_the_top,
};

/// `POST …/{id}/ask`: of the draft as it was looked at (`version`).
pub async fn ask(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let outcome = match posted.read::<Ask>() {
        Ok(form) => forms.backend.approvals.ask(&posted.cx, &slug, id, form).await,
        Err(error) => Err(error),
    };
    settled(forms, posted, &slug, id, "asked", outcome).await
}

/// `POST …/{id}/approve`: with `step=send` it is sent as well, in the version that was approved.
pub async fn approve(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let outcome = match posted.read::<Which>() {
        Ok(form) => forms.backend.approvals.approve(&posted.cx, &slug, id, form).await,
        Err(error) => Err(error),
    };
    if outcome.is_err() || posted.field("step") != "send" {
        return settled(forms, posted, &slug, id, "approved", outcome).await;
    }
    // What was approved stays so when it cannot be sent just now: the page says why, and offers it again.
    let version = posted.field("version").to_owned();
    let outcome = forms.backend.broadcasts.send(&posted.cx, &slug, id, &version).await;
    let page = broadcast(&slug, id, "/confirm");
    posted.finish(&forms, &page, outcome.map(|()| broadcast(&slug, id, ""))).await
}

/// `POST …/{id}/refuse`
pub async fn refuse(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let outcome = match posted.read::<Refuse>() {
        Ok(form) => forms.backend.approvals.refuse(&posted.cx, &slug, id, form).await,
        // Not everybody's page has the field.
        Err(error) => Err(at_the_top(error)),
    };
    settled(forms, posted, &slug, id, "refused", outcome).await
}

/// `POST …/{id}/withdraw`
pub async fn withdraw(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let outcome = match posted.read::<Which>() {
        Ok(form) => forms.backend.approvals.withdraw(&posted.cx, &slug, id, form).await,
        Err(error) => Err(error),
    };
    settled(forms, posted, &slug, id, "taken_back", outcome).await
}

/// `POST /w/approval`
pub async fn set_bound(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<Bound>()) {
        (Ok(()), Ok(form)) => forms.backend.approvals.set_bound(&posted.cx, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let outcome = outcome.map_err(|error| posted.beside_another(error, Bound::AGAIN));
    posted.settle(&forms, paths::WORKSPACE, "saved", outcome).await
}

/// Back to the last look before sending, which shows how it stands.
async fn settled(
    forms: Forms,
    posted: Posted,
    slug: &str,
    id: BroadcastId,
    done: &str,
    outcome: Result<(), ClientError>,
) -> Response {
    posted.settle(&forms, &broadcast(slug, id, "/confirm"), done, outcome).await
}
