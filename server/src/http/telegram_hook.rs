//! `POST /telegram/{hook}`: what Telegram sends.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use contract::needs::Needs;
use services::ingest::{IngestError, Refused};

use super::{
    layers::body::{self, Unread},
    ports::Inbox,
    table::Table,
};

/// Longest update, in bytes. Telegram's are far shorter.
const LONGEST_BYTES: usize = 1024 * 1024;
/// Longest secret that Telegram can have from us, in bytes.
const LONGEST_SECRET_BYTES: usize = 256;

const SECRET: &str = "x-telegram-bot-api-secret-token";

/// The route of all webhooks.
pub fn table() -> Table<Arc<dyn Inbox>> {
    Table::new().post("/telegram/{hook}", Needs::Secret, receive)
}

/// The secret first, then the body; 200 once it is stored for good.
async fn receive(
    State(inbox): State<Arc<dyn Inbox>>,
    hook: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // What is no text, or far too long, is as wrong as any other.
    let hook = hook.map(|Path(hook)| hook).unwrap_or_default();
    let secret = parts.headers.get(SECRET).and_then(|value| value.to_str().ok());
    let secret = secret.filter(|secret| secret.len() <= LONGEST_SECRET_BYTES).unwrap_or_default();
    let accepted = match inbox.accept(&hook, secret).await {
        Ok(accepted) => accepted,
        Err(Refused::Denied) => return StatusCode::FORBIDDEN.into_response(),
        Err(Refused::Away) => return try_again(),
    };
    let update = match body::read(body, LONGEST_BYTES).await {
        Ok(update) => update,
        Err(why) => {
            let status = match why {
                Unread::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
                Unread::TooSlow => StatusCode::REQUEST_TIMEOUT,
                Unread::Broken => StatusCode::BAD_REQUEST,
            };
            return body::close(status.into_response());
        }
    };
    match inbox.take(accepted, update).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(IngestError::Malformed) => StatusCode::BAD_REQUEST.into_response(),
        Err(IngestError::Away) => try_again(),
    }
}

fn try_again() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use axum::body::{Body, Bytes};
    use services::ingest::Accepted;
    use tower::ServiceExt;
    use uuid::Uuid;

    use super::*;

    #[derive(Default)]
    struct Remembering {
        stored: Mutex<Vec<Bytes>>,
        away: bool,
    }

    #[async_trait]
    impl Inbox for Remembering {
        async fn accept(&self, hook: &str, secret: &str) -> Result<Accepted, Refused> {
            let right = hook == "hook" && secret == "TEST-secret";
            let accepted = Accepted { workspace: Uuid::nil().into(), bot: Uuid::nil().into() };
            right.then_some(accepted).ok_or(Refused::Denied)
        }

        async fn take(&self, _: Accepted, update: Bytes) -> Result<(), IngestError> {
            if self.away {
                return Err(IngestError::Away);
            }
            if !update.starts_with(b"{") {
                return Err(IngestError::Malformed);
            }
            self.stored.lock().expect("no panic").push(update);
            Ok(())
        }
    }

    async fn send(inbox: &Arc<Remembering>, hook: &str, secret: &str, body: Body) -> Response {
        let request = Request::post(format!("/telegram/{hook}"))
            .header(SECRET, secret)
            .body(body)
            .expect("a request");
        let hooks = table().serve(Arc::clone(inbox) as Arc<dyn Inbox>);
        hooks.oneshot(request).await.expect("infallible")
    }

    #[tokio::test]
    async fn only_the_secret_of_the_hook_lets_an_update_in() {
        let inbox = Arc::new(Remembering::default());
        let cases = [
            ("hook", "TEST-secret", StatusCode::OK),
            ("hook", "TEST-wrong", StatusCode::FORBIDDEN),
            ("hook", "", StatusCode::FORBIDDEN),
            ("other", "TEST-secret", StatusCode::FORBIDDEN),
            ("%FF", "TEST-secret", StatusCode::FORBIDDEN),
        ];
        for (hook, secret, want) in cases {
            // A body that never comes: whoever is refused is refused without it.
            let body = if want == StatusCode::OK {
                Body::from("{}")
            } else {
                Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>())
            };
            assert_eq!(send(&inbox, hook, secret, body).await.status(), want, "{hook} {secret}");
        }
        let none = send(&inbox, "hook", "TEST-secret", Body::from("hello")).await;
        assert_eq!(none.status(), StatusCode::BAD_REQUEST);
        assert_eq!(*inbox.stored.lock().expect("no panic"), [Bytes::from("{}")]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_update_that_does_not_come_is_not_waited_for() {
        let inbox = Arc::new(Remembering::default());
        let never = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        let answer = send(&inbox, "hook", "TEST-secret", never).await;
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(answer.headers()["connection"], "close");
    }

    #[tokio::test]
    async fn what_is_too_long_or_cannot_be_stored_is_not_acknowledged() {
        let inbox = Arc::new(Remembering::default());
        let long = Body::from(vec![b' '; LONGEST_BYTES + 1]);
        let answer = send(&inbox, "hook", "TEST-secret", long).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);

        let answer = send(&inbox, "hook", "TEST-secret", Body::empty()).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);

        let inbox = Arc::new(Remembering { away: true, ..Remembering::default() });
        let answer = send(&inbox, "hook", "TEST-secret", Body::from("{}")).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "2");
    }
}
