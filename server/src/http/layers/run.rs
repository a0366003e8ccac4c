//! Runs handlers: to their end, within a time, and through their panics.

use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures::FutureExt;
use tokio::time::timeout;
use tracing::{Instrument, Span, error, warn};

use crate::http::{
    problem::{Asked, Problem},
    web::Web,
};

/// How long an answer's head may take. Streams are as long as they like after it.
const LONGEST: Duration = Duration::from_secs(30);

const TOO_SLOW: Problem<'_> = Problem {
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "This takes too long",
    what: "The answer was not ready within 30 seconds. What you asked for may still happen.",
    advice: "Wait a moment, then look at the page again before you repeat it.",
};

/// Runs the rest of the stack.
///
/// What may change something runs in a task of its own: a client that hangs up in the middle of a
/// POST does not cut the use case in two. Such a task also goes on when the time is over, and is
/// waited for at shutdown.
pub async fn run(State(web): State<Web>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let reads_only = request.method().is_safe();
    let guarded = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answer = if reads_only {
        timeout(LONGEST, guarded).await
    } else {
        let task = web.tasks.spawn(guarded.instrument(Span::current()));
        // The panic is caught inside; a task is otherwise only lost when the runtime ends.
        timeout(LONGEST, task).await.map(|joined| joined.unwrap_or_else(|err| Err(Box::new(err))))
    };
    match answer {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            error!(panic = words(&*panic), "a handler panicked");
            Problem::INTERNAL.answer(&asked, &web)
        }
        Err(_) => {
            warn!(after_secs = LONGEST.as_secs(), "a request took too long");
            let mut response = TOO_SLOW.answer(&asked, &web);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
            response
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let owned = || panic.downcast_ref::<String>().map(String::as_str);
    panic.downcast_ref::<&str>().copied().or_else(owned).unwrap_or("(no words)")
}
