//! `POST /telegram/{hook}`: what Telegram sends.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use tracing::warn;

use super::ports::{Away, Inbox};

/// Longest update, in bytes. Telegram's are far shorter.
const LONGEST_BYTES: usize = 1024 * 1024;
/// Longest path and longest secret that can be ours, in bytes.
const LONGEST_NAME_BYTES: usize = 256;

const SECRET: &str = "x-telegram-bot-api-secret-token";

/// The route of all webhooks.
pub fn routes(inbox: Arc<dyn Inbox>) -> Router {
    Router::new().route("/telegram/{hook}", post(receive)).with_state(inbox)
}

/// The secret first, then the body; 200 once it is stored for good.
async fn receive(
    State(inbox): State<Arc<dyn Inbox>>,
    Path(hook): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let secret = parts.headers.get(SECRET).map(|value| value.as_bytes()).unwrap_or_default();
    if hook.len() > LONGEST_NAME_BYTES || secret.len() > LONGEST_NAME_BYTES {
        return StatusCode::FORBIDDEN.into_response();
    }
    match store(&*inbox, &hook, secret, body).await {
        Ok(status) => status.into_response(),
        Err(Away) => {
            warn!("an update could not be stored; Telegram will send it again");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response()
        }
    }
}

async fn store(
    inbox: &dyn Inbox,
    hook: &str,
    secret: &[u8],
    body: Body,
) -> Result<StatusCode, Away> {
    let Some(owner) = inbox.admit(hook, secret).await? else { return Ok(StatusCode::FORBIDDEN) };
    let Ok(update) = to_bytes(body, LONGEST_BYTES).await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE);
    };
    inbox.accept(owner, update).await?;
    Ok(StatusCode::OK)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use axum::body::Bytes;
    use tower::ServiceExt;
    use uuid::Uuid;

    use super::*;
    use crate::http::ports::HookOwner;

    #[derive(Default)]
    struct Remembering {
        stored: Mutex<Vec<Bytes>>,
        away: bool,
    }

    #[async_trait]
    impl Inbox for Remembering {
        async fn admit(&self, hook: &str, secret: &[u8]) -> Result<Option<HookOwner>, Away> {
            Ok((hook == "hook" && secret == b"TEST-secret").then(|| HookOwner { workspace: Uuid::nil().into(), bot: Uuid::nil().into() }))
        }

        async fn accept(&self, _: HookOwner, update: Bytes) -> Result<(), Away> {
            if self.away {
                return Err(Away);
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
        routes(Arc::clone(inbox) as Arc<dyn Inbox>).oneshot(request).await.expect("infallible")
    }

    #[tokio::test]
    async fn only_the_secret_of_the_hook_lets_an_update_in() {
        let inbox = Arc::new(Remembering::default());
        let cases = [
            ("hook", "TEST-secret", StatusCode::OK),
            ("hook", "TEST-wrong", StatusCode::FORBIDDEN),
            ("hook", "", StatusCode::FORBIDDEN),
            ("other", "TEST-secret", StatusCode::FORBIDDEN),
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
        assert_eq!(*inbox.stored.lock().expect("no panic"), [Bytes::from("{}")]);
    }

    #[tokio::test]
    async fn what_is_too_long_or_cannot_be_stored_is_not_acknowledged() {
        let inbox = Arc::new(Remembering::default());
        let long = Body::from(vec![b' '; LONGEST_BYTES + 1]);
        let answer = send(&inbox, "hook", "TEST-secret", long).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);

        let inbox = Arc::new(Remembering { away: true, ..Remembering::default() });
        let answer = send(&inbox, "hook", "TEST-secret", Body::from("{}")).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "2");
    }
}
