//! One request and its answer, with an honest account of what left this machine.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::RETRY_AFTER;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use super::answer::Failure;
use super::{NotSent, Unanswered, redact};

/// Longest a TCP connection may take to stand.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an unused connection is kept. Shorter than a server keeps its end: a request that meets
/// a closing connection has an unknown outcome.
const IDLE: Duration = Duration::from_secs(20);
/// Most unused connections to one server.
const IDLE_CONNECTIONS: usize = 512;

/// Speaks HTTP/1.1 over kept-alive connections, shared by all bots of a server.
#[derive(Clone)]
pub(super) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
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
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .expect("ring has what TLS 1.2 and 1.3 need")
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(https);
        Self { client }
    }

    /// Sends `request` and waits for the answer, `within` in total, reading at most `most` bytes.
    ///
    /// Dropping the future leaves the outcome unknown.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        within: Duration,
        most: usize,
    ) -> Result<Reply, Failure> {
        let deadline = Instant::now() + within;
        // Set when a connection is about to be given the request, and not before: whatever happens
        // earlier happens without Telegram.
        let handed_over = capture_connection(&mut request);
        let response = match timeout_at(deadline, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            outcome => {
                let handed_over = handed_over.connection_metadata().is_some();
                return Err(match outcome {
                    Ok(Err(error)) => failed(&error, handed_over),
                    _ if handed_over => Failure::Unanswered(Unanswered::Deadline),
                    _ => Failure::NotSent(NotSent::Deadline),
                });
            }
        };
        let (head, body) = response.into_parts();
        let retry_after =
            head.headers.get(RETRY_AFTER).and_then(|secs| secs.to_str().ok()?.parse().ok());
        let body = match timeout_at(deadline, Limited::new(body, most).collect()).await {
            Ok(Ok(body)) => Some(body.to_bytes()),
            // The status alone may already be a verdict.
            Ok(Err(_)) | Err(_) => None,
        };
        Ok(Reply { status: head.status.as_u16(), retry_after, body })
    }
}

/// What is known after the client gave up on a request.
///
/// hyper hands a request back as *canceled* only when its connection never began it: it was still in
/// the queue when the connection closed. Any other error of a connection that had the request,
/// including one that says nothing was written, counts as sent.
fn failed(error: &Error, handed_over: bool) -> Failure {
    let never_begun = error
        .source()
        .and_then(|source| source.downcast_ref::<hyper::Error>())
        .is_some_and(hyper::Error::is_canceled);
    if never_begun {
        Failure::NotSent(NotSent::Closed)
    } else if error.is_connect() || !handed_over {
        Failure::NotSent(NotSent::Unreachable(innermost(error)))
    } else {
        Failure::Unanswered(Unanswered::Broken)
    }
}

/// The last cause in the chain says the most: "Connection refused", "invalid peer certificate".
fn innermost(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    redact(&cause.to_string()).chars().take(200).collect()
}
