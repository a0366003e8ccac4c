//! Workspaces and their people.

use app::paths;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use contract::{
    ClientError,
    form::FormState,
    team::{
        Change, Closing, Founding, Grant, Invite, Join, Keep, Naming, ON, OnBots, Switch, Which,
    },
};
use domain::ids::WorkspaceId;
use tower_sessions::Session;

use super::{Forms, Posted, auth::unavailable};
use crate::http::session;

/// `POST /w/new`
pub async fn found(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Founding>() {
        Ok(form) => forms.backend.team.found(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    enter(forms, posted, paths::WORKSPACE, paths::HOME, outcome).await
}

/// `POST /w/switch`
pub async fn switch(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Switch>() {
        Ok(form) => forms.backend.team.choose(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    enter(forms, posted, paths::WORKSPACE, paths::HOME, outcome).await
}

/// `POST /w/close`
pub async fn close(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<Closing>()) {
        (Ok(()), Ok(form)) => forms.backend.team.close_workspace(&posted.cx, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    // They work in another one from their next request on.
    let next = paths::query(paths::HOME, &[("done", "closing")]);
    posted.finish(&forms, paths::WORKSPACE, outcome.map(|()| next)).await
}

/// `POST /w/keep`
pub async fn keep(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Keep>() {
        Ok(form) => forms.backend.team.keep_workspace(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let next = paths::query(paths::HOME, &[("done", "workspace_kept")]);
    enter(forms, posted, paths::WORKSPACE, &next, outcome).await
}

/// `POST /join`
pub async fn join(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Join>() {
        Ok(form) => forms.backend.team.join(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let page = paths::query(paths::JOIN, &[("token", posted.field("token"))]);
    let next = paths::query(paths::HOME, &[("done", "joined")]);
    enter(forms, posted, &page, &next, outcome).await
}

/// Makes a workspace the current one, and goes on to `next`.
async fn enter(
    forms: Forms,
    posted: Posted,
    page: &str,
    next: &str,
    outcome: Result<WorkspaceId, ClientError>,
) -> Response {
    let outcome = match (outcome, posted.extensions.get::<Session>()) {
        (Ok(workspace), Some(session)) => {
            session::choose(session, workspace).await.map_err(unavailable)
        }
        (Ok(_), None) => Err(ClientError::Internal),
        (Err(error), _) => Err(error),
    };
    posted.finish(&forms, page, outcome.map(|()| next.to_owned())).await
}

/// `POST /w/rename`
pub async fn rename(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Naming>() {
        Ok(form) => forms.backend.team.rename(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::WORKSPACE, "saved", outcome).await
}

/// `POST /w/members/role`
pub async fn set_role(State(forms): State<Forms>, mut posted: Posted) -> Response {
    // Only owners are made with a fresh proof; what is typed counts for any.
    let proved = match posted.field("again") {
        "" => Ok(()),
        _ => posted.prove(&forms).await,
    };
    let outcome = match (proved, posted.read::<Change>()) {
        (Ok(()), Ok(form)) => forms.backend.team.set_role(&posted.cx, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let outcome = outcome.map_err(at_the_top);
    posted.settle(&forms, paths::MEMBERS, "saved", outcome).await
}

/// Complaints about the whole form, where the page need not have the field: as where there is a form for
/// each member, and none has fields of its own name.
pub(super) fn at_the_top(error: ClientError) -> ClientError {
    match error {
        ClientError::Invalid { mut fields } => {
            fields.iter_mut().for_each(|complaint| complaint.field.clear());
            ClientError::Invalid { fields }
        }
        other => other,
    }
}

/// `POST /w/members/remove`
pub async fn remove(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Change>() {
        Ok(form) => forms.backend.team.remove(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::MEMBERS, "removed", outcome).await
}

/// `POST /w/members/sign-out`
pub async fn sign_out(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match (posted.prove(&forms).await, posted.read::<Change>()) {
        (Ok(()), Ok(form)) => forms.backend.team.sign_out(&posted.cx, form).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let outcome = outcome.map_err(at_the_top);
    posted.settle(&forms, paths::MEMBERS, "signed_out", outcome).await
}

/// `POST /w/export`
pub async fn export(State(forms): State<Forms>, mut posted: Posted) -> Response {
    let outcome = match posted.prove(&forms).await {
        Ok(()) => forms.backend.exports.ask(&posted.cx).await,
        Err(error) => Err(error),
    };
    // The page itself says what is going on.
    posted.finish(&forms, paths::EXPORT, outcome.map(|()| paths::EXPORT.to_owned())).await
}

/// `POST /w/leave`
pub async fn leave(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = forms.backend.team.leave(&posted.cx).await;
    let next = paths::query(paths::HOME, &[("done", "left")]);
    posted.finish(&forms, paths::WORKSPACE, outcome.map(|()| next)).await
}

/// `POST /w/invitations`: the answer shows the link, this once.
pub async fn invite(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Invite>() {
        Ok(form) => forms.backend.team.invite(&posted.cx, form, on_bots(&posted)).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(link) if posted.json => Json(link).into_response(),
        Ok(link) => {
            let also = |request: &mut axum::extract::Request| {
                request.extensions_mut().insert(link);
            };
            posted.show(&forms, paths::MEMBERS, FormState::default(), also).await
        }
        Err(error) => posted.refuse(&forms, paths::MEMBERS, &error).await,
    }
}

/// `POST /w/invitations/revoke`
pub async fn revoke(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Which>() {
        Ok(which) => forms.backend.team.revoke_invitation(&posted.cx, which).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::MEMBERS, "withdrawn", outcome).await
}

/// `POST /w/invitations/resend`
pub async fn resend(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Which>() {
        Ok(which) => forms.backend.team.renew_invitation(&posted.cx, which).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::MEMBERS, "invited", outcome).await
}

/// `POST /w/rights`
pub async fn grant(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Grant>() {
        Ok(form) => forms.backend.team.grant(&posted.cx, form, on_bots(&posted)).await,
        Err(error) => Err(error),
    };
    posted.settle(&forms, paths::RIGHTS, "saved", outcome).await
}

/// What the form says of bots. `as-now` says nothing: rights that are no preset stay as they are.
fn on_bots(posted: &Posted) -> OnBots {
    let on = |(name, word): (&String, &String)| {
        let slug = name.strip_prefix(ON)?;
        (word != "as-now").then(|| (slug.to_owned(), word.clone()))
    };
    posted.fields().iter().filter_map(on).collect()
}
