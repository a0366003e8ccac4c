//! Server-sent events: a broadcast's progress, as it goes.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use contract::{Backend, ClientError, broadcasts::Progress, cx::RequestCx, needs::Needs};
use domain::{broadcast::Status, ids::BroadcastId, rights::Right};
use futures::{Stream, stream};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tower_sessions::Session;

use super::{
    forms::known,
    ports::Doorkeeper,
    problem::{Asked, Problem},
    table::Table,
    web::Web,
};

/// How often the progress is looked at.
const BEAT: Duration = Duration::from_secs(1);
/// How often, in beats, it is asked whether the person is still signed in.
const SESSION_BEATS: u32 = 5;
/// A comment is sent when there was nothing else for so long: proxies close silent connections.
const SILENCE: Duration = Duration::from_secs(15);
/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);

/// What streams are made from.
#[derive(Clone)]
pub struct Events {
    /// The use cases.
    pub backend: Backend,
    /// Ends streams of people who have signed out.
    pub doorkeeper: Arc<dyn Doorkeeper>,
    /// For the drain, and for refusals.
    pub web: Web,
}

/// All streams, and what each needs.
pub fn table() -> Table<Events> {
    let progress_of = "/bots/{slug}/broadcasts/{id}/events";
    Table::new().get(progress_of, Needs::OnBot(Right::View), progress)
}

/// The progress now, and each time it changes; ends with the broadcast, with the drain, and with
/// the right to see it.
async fn progress(
    State(events): State<Events>,
    Path((slug, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let asked = Asked::of(&request);
    let cx = request.extensions().get::<RequestCx>().cloned();
    let session = request.extensions().get::<Session>().cloned();
    let (Some(cx), Some(session)) = (cx, session) else {
        return Problem::INTERNAL.answer(&asked, &events.web);
    };
    let id = known(&id);
    // The first one decides the status: a refusal is an answer, not an event.
    let first = match events.backend.broadcasts.progress(&cx, &slug, id).await {
        Ok(first) => first,
        Err(error) => return refusal(&error),
    };
    let watch = Watch {
        drain: events.web.drain.clone(),
        events,
        cx,
        session,
        slug,
        id,
        last: None,
        beats: 0,
    };
    let keep_alive = KeepAlive::new().interval(SILENCE);
    Sse::new(watch.stream(first)).keep_alive(keep_alive).into_response()
}

fn refusal(error: &ClientError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::FORBIDDEN);
    (status, Json(error.clone())).into_response()
}

struct Watch {
    drain: CancellationToken,
    events: Events,
    cx: RequestCx,
    session: Session,
    slug: String,
    id: BroadcastId,
    last: Option<Progress>,
    beats: u32,
}

impl Watch {
    fn stream(self, first: Progress) -> impl Stream<Item = Result<Event, Infallible>> {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        stream::unfold((self, beat, Some(first)), |(mut watch, mut beat, first)| async move {
            let progress = match first {
                Some(first) => first,
                None => watch.next(&mut beat).await?,
            };
            let event = Event::default().event("progress").retry(RETRY).json_data(&progress);
            watch.last = Some(progress);
            Some((Ok(event.unwrap_or_default()), (watch, beat, None)))
        })
    }

    /// The next progress that differs, or the end.
    async fn next(&mut self, beat: &mut tokio::time::Interval) -> Option<Progress> {
        if self.last.as_ref().is_some_and(|last| is_over(last.status)) {
            return None;
        }
        loop {
            tokio::select! {
                () = self.drain.cancelled() => return None,
                _ = beat.tick() => {}
            }
            self.beats = self.beats.wrapping_add(1);
            if self.beats.is_multiple_of(SESSION_BEATS)
                && !self.events.doorkeeper.is_still_in(&self.session).await
            {
                return None;
            }
            let broadcasts = &self.events.backend.broadcasts;
            match broadcasts.progress(&self.cx, &self.slug, self.id).await {
                Ok(progress) if self.last.as_ref() != Some(&progress) => return Some(progress),
                // The database may be back at the next beat.
                Ok(_) | Err(ClientError::Unavailable { .. }) => {}
                Err(_) => return None,
            }
        }
    }
}

/// Whether nothing will change any more.
fn is_over(status: Status) -> bool {
    match status {
        Status::Done | Status::Cancelled => true,
        Status::Draft | Status::Scheduled | Status::Sending | Status::Paused => false,
    }
}
