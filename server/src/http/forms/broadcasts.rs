//! Writing, sending and steering broadcasts.

use app::paths;
use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use contract::{
    ClientError,
    broadcasts::{Address, Again, Draft, Pay, Saved, Schedule, Scheduled},
};
use domain::{ids::BroadcastId, schedule::Clock};
use uuid::Uuid;

use super::{Forms, Posted, bots::page};

/// `POST /bots/{slug}/broadcasts`: a new draft, with the `id` that was made with the page.
pub async fn create(
    State(forms): State<Forms>,
    Path(slug): Path<String>,
    posted: Posted,
) -> Response {
    save_draft(forms, posted, slug, None).await
}

/// `POST /bots/{slug}/broadcasts/{id}`: a draft that was changed.
pub async fn save(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    save_draft(forms, posted, slug, Some(known(&id))).await
}

/// Saves, and goes on as the button said: `step` is `save` (or nothing), `confirm`, or `test`.
async fn save_draft(
    forms: Forms,
    posted: Posted,
    slug: String,
    id: Option<BroadcastId>,
) -> Response {
    let here = match id {
        Some(id) => broadcast(&slug, id, ""),
        None => page(&slug, "/broadcasts/new"),
    };
    let broadcasts = &forms.backend.broadcasts;
    let saved = match posted.read::<Draft>() {
        Ok(draft) => broadcasts.save(&posted.cx, &slug, id, draft).await,
        Err(error) => Err(error),
    };
    let Saved { id, version } = match saved {
        Ok(saved) => saved,
        Err(error) => {
            let here = match (&error, posted.field("id").parse()) {
                // The page has made its draft before; there both versions are in sight.
                (ClientError::Conflict { .. }, Ok(made)) if id.is_none() => {
                    broadcast(&slug, made, "")
                }
                _ => here,
            };
            return posted.refuse(&forms, &here, &error).await;
        }
    };
    if posted.json {
        return Json(Saved { id, version }).into_response();
    }
    let draft = broadcast(&slug, id, "");
    let done = |what| Ok(paths::query(&draft, &[("done", what)]));
    let outcome = match posted.field("step") {
        "confirm" => Ok(broadcast(&slug, id, "/confirm")),
        "test" => match broadcasts.send_to_me(&posted.cx, &slug, id).await {
            Ok(()) => done("tested"),
            Err(error) => Err(error),
        },
        _ => done("saved"),
    };
    posted.finish(&forms, &draft, outcome).await
}

/// `POST …/{id}/send`: the draft as it was confirmed (its edition as `version`).
pub async fn send(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let version = posted.field("version").to_owned();
    let outcome = forms.backend.broadcasts.send(&posted.cx, &slug, id, &version).await;
    // A conflict is about the broadcast as it is by now: sent already, or changed by somebody.
    let shown = match &outcome {
        Err(ClientError::Conflict { .. }) => broadcast(&slug, id, ""),
        _ => broadcast(&slug, id, "/confirm"),
    };
    posted.finish(&forms, &shown, outcome.map(|()| broadcast(&slug, id, ""))).await
}

/// `POST …/{id}/again`: once more, to those of unknown outcome who were looked at.
pub async fn send_again(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let fields = posted.fields().iter();
    let which = Again::of(fields.map(|(name, value)| (name.as_str(), value.as_str())));
    let outcome = forms.backend.broadcasts.send_again(&posted.cx, &slug, id, &which).await;
    // Who is meant may be another by now: the list says so.
    let shown = paths::query(&broadcast(&slug, id, ""), &[("outcome", "unknown")]);
    let next = paths::query(&broadcast(&slug, id, ""), &[("done", "repeated")]);
    posted.finish(&forms, &shown, outcome.map(|()| next)).await
}

/// `POST …/{id}/schedule`: at a time, or at another one.
pub async fn schedule(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let broadcasts = &forms.backend.broadcasts;
    let outcome = match posted.read::<Schedule>() {
        Ok(form) => broadcasts.schedule(&posted.cx, &slug, id, form).await,
        Err(error) => Err(error),
    };
    let has_begun = match &outcome {
        Err(ClientError::Conflict { .. }) => {
            let found = broadcasts.view(&posted.cx, &slug, id).await;
            found.is_ok_and(|found| !found.status.is_editable())
        }
        _ => false,
    };
    let shown = broadcast(&slug, id, if has_begun { "" } else { "/confirm" });
    let next = |scheduled: Scheduled| {
        let done = match scheduled.clock {
            Clock::Even => "scheduled",
            Clock::Forward(_) => "put_forward",
            Clock::Twice(_) => "shown_twice",
        };
        paths::query(&broadcast(&slug, id, ""), &[("done", done)])
    };
    posted.finish(&forms, &shown, outcome.map(next)).await
}

/// `POST …/{id}/recipients`: whom a draft goes to.
pub async fn address(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let fields = posted.fields().iter();
    let form = Address::of(fields.map(|(name, value)| (name.as_str(), value.as_str())));
    let outcome = forms.backend.broadcasts.address(&posted.cx, &slug, id, &form).await;
    let shown = broadcast(&slug, id, "/confirm");
    let next = paths::query(&shown, &[("done", "addressed")]);
    posted.finish(&forms, &shown, outcome.map(|()| next)).await
}

/// `POST …/{id}/pay`: how many Stars it may cost to go faster.
pub async fn pay(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let outcome = match posted.read::<Pay>() {
        Ok(form) => forms.backend.broadcasts.pay(&posted.cx, &slug, id, &form).await,
        Err(error) => Err(error),
    };
    let shown = broadcast(&slug, id, "/confirm");
    let next = paths::query(&shown, &[("done", "addressed")]);
    posted.finish(&forms, &shown, outcome.map(|()| next)).await
}

/// `POST …/{id}/discard`
pub async fn discard(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let id = known(&id);
    let outcome = forms.backend.broadcasts.discard(&posted.cx, &slug, id).await;
    let list = paths::query(&page(&slug, "/broadcasts"), &[("done", "discarded")]);
    posted.finish(&forms, &broadcast(&slug, id, ""), outcome.map(|()| list)).await
}

/// `POST …/{id}/link`: presses Start for the viewer, in the sandbox.
pub async fn link_in_sandbox(
    State(forms): State<Forms>,
    Path((slug, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let outcome = forms.backend.broadcasts.link_in_sandbox(&posted.cx, &slug).await;
    back(forms, posted, &slug, known(&id), Some("linked"), outcome).await
}

macro_rules! steer {
    ($($(#[$doc:meta])* $name:ident $done:expr;)+) => {$(
        $(#[$doc])*
        pub async fn $name(
            State(forms): State<Forms>,
            Path((slug, id)): Path<(String, String)>,
            posted: Posted,
        ) -> Response {
            let id = known(&id);
            let outcome = forms.backend.broadcasts.$name(&posted.cx, &slug, id).await;
            back(forms, posted, &slug, id, $done, outcome).await
        }
    )+};
}

steer! {
    /// `POST …/{id}/pause`
    pause None;
    /// `POST …/{id}/resume`
    resume None;
    /// `POST …/{id}/cancel`
    cancel None;
    /// `POST …/{id}/unschedule`: a draft again.
    unschedule Some("unscheduled");
    /// `POST …/{id}/test`: sends the saved draft to the viewer alone.
    send_to_me Some("tested");
}

/// Back to the broadcast, which shows where it stands.
async fn back(
    forms: Forms,
    posted: Posted,
    slug: &str,
    id: BroadcastId,
    done: Option<&str>,
    outcome: Result<(), ClientError>,
) -> Response {
    let shown = broadcast(slug, id, "");
    let next = paths::query(&shown, &[("done", done.unwrap_or_default())]);
    posted.finish(&forms, &shown, outcome.map(|()| next)).await
}

pub(super) fn broadcast(slug: &str, id: BroadcastId, rest: &str) -> String {
    page(slug, &format!("/broadcasts/{id}{rest}"))
}

/// The id in a path. What is none stands for a broadcast that does not exist, so that the use case
/// looks at the viewer's rights first and strangers learn nothing from the answer.
pub(in crate::http) fn known(id: &str) -> BroadcastId {
    id.parse().unwrap_or_else(|_| Uuid::nil().into())
}
