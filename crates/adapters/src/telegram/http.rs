//! One request and its answer, with an honest account of what left this machine.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, RETRY_AFTER};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::answer::Failure;
use super::connections::{Connection, Connections, Unreachable};
use super::{NotSent, Unanswered};

/// Speaks HTTP/1.1 over kept-alive connections.
#[derive(Clone)]
pub(super) struct Http {
    connections: Connections,
}

/// An answer, as far as it came.
pub(super) struct Reply {
    pub(super) status: u16,
    /// Seconds of the `Retry-After` header.
    pub(super) retry_after: Option<u64>,
    /// The whole body; nothing when it broke off or was longer than allowed.
    pub(super) body: Option<Bytes>,
}

impl Http {
    pub(super) fn new() -> Self {
        Self { connections: Connections::new() }
    }

    /// Sends `request` and waits for the answer, `within` in total, reading at most `most` bytes.
    ///
    /// Dropping the future leaves the outcome unknown.
    pub(super) async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        within: Duration,
        most: usize,
    ) -> Result<Reply, Failure> {
        let deadline = Instant::now() + within;
        let server = request.uri().clone();
        let (connection, response) = self.answer(&server, to_origin(request), deadline).await?;
        let (head, body) = response.into_parts();
        let retry_after =
            head.headers.get(RETRY_AFTER).and_then(|secs| secs.to_str().ok()?.parse().ok());
        let body = match timeout_at(deadline, Limited::new(body, most).collect()).await {
            Ok(Ok(body)) => {
                self.connections.keep(&server, connection);
                Some(body.to_bytes())
            }
            // The status alone may already be a verdict.
            Ok(Err(_)) | Err(_) => None,
        };
        Ok(Reply { status: head.status.as_u16(), retry_after, body })
    }

    /// The head of the answer, and the connection on which its body comes.
    async fn answer(
        &self,
        server: &Uri,
        mut request: Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Result<(Connection, Response<Incoming>), Failure> {
        // Nothing has left before a connection is given the request.
        let late = |_| Failure::NotSent(NotSent::Deadline);
        while let Some(mut connection) =
            timeout_at(deadline, self.connections.used(server)).await.map_err(late)?
        {
            match ask(&mut connection, request, deadline).await? {
                Asked::Answered(response) => return Ok((connection, response)),
                // The other end closed it while it was unused.
                Asked::Untouched(back) => request = back,
            }
        }
        let mut connection = timeout_at(deadline, self.connections.fresh(server))
            .await
            .map_err(late)?
            .map_err(|Unreachable(why)| Failure::NotSent(NotSent::Unreachable(why)))?;
        match ask(&mut connection, request, deadline).await? {
            Asked::Answered(response) => Ok((connection, response)),
            Asked::Untouched(_) => Err(Failure::NotSent(NotSent::Closed)),
        }
    }
}

/// What became of a request that a connection was given.
enum Asked {
    /// This is the head of the answer.
    Answered(Response<Incoming>),
    /// The connection closed before it began with it: provably, not a byte has left.
    Untouched(Request<Full<Bytes>>),
}

/// Gives `request` to a connection that is ready. Any failure of one that has begun with it, including one
/// that says nothing was written, counts as sent.
async fn ask(
    connection: &mut Connection,
    request: Request<Full<Bytes>>,
    deadline: Instant,
) -> Result<Asked, Failure> {
    match timeout_at(deadline, connection.try_send_request(request)).await {
        Ok(Ok(response)) => Ok(Asked::Answered(response)),
        Ok(Err(mut error)) => match error.take_message() {
            Some(back) => Ok(Asked::Untouched(back)),
            None => Err(Failure::Unanswered(Unanswered::Broken)),
        },
        Err(_) => Err(Failure::Unanswered(Unanswered::Deadline)),
    }
}

/// As it goes over the wire: the path alone, and the host as a header (RFC 9112, 3.2.1).
fn to_origin(mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let uri = request.uri();
    let host = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    let path = uri.path_and_query().cloned().map(Uri::from);
    if let Some(host) = host {
        request.headers_mut().insert(HOST, host);
    }
    *request.uri_mut() = path.unwrap_or_else(|| Uri::from_static("/"));
    request
}
