//! Kept-alive connections to Bot API servers.
//!
//! Our own rather than a client's pool, for two things that decide what may be sent again: a request that
//! a closing connection never took comes back, so that nothing has to be guessed about it; and a message
//! costs neither a task nor a lock for longer than a push.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, Scheme};
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::Instant;
use tower::Service;

use super::redact;

/// Longest a TCP connection may take to stand.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an unused connection is kept. Shorter than a server keeps its end: a request that meets
/// a closing connection has an unknown outcome.
const IDLE: Duration = Duration::from_secs(20);
/// Most unused connections to one server.
const IDLE_CONNECTIONS: usize = 512;

/// A connection that nobody uses just now.
pub(super) type Connection = SendRequest<Full<Bytes>>;

/// Connections to one server, the one used last on top, each since when it is unused.
type Unused = Vec<(Instant, Connection)>;

/// Which server: one pair of these has one set of connections.
type Server = (Scheme, Authority);

/// Connections over HTTP/1.1, shared by all bots of a server.
#[derive(Clone)]
pub(super) struct Connections {
    connector: HttpsConnector<HttpConnector>,
    unused: Arc<Mutex<HashMap<Server, Unused>>>,
}

/// Why no connection stands, in the words of the last cause.
#[derive(Debug)]
pub(super) struct Unreachable(pub String);

impl Connections {
    /// None yet.
    pub fn new() -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .expect("ring has what TLS 1.2 and 1.3 need")
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Self { connector, unused: Arc::default() }
    }

    /// A connection to the server of `uri` that was used before and is ready, the one used last.
    pub async fn used(&self, uri: &Uri) -> Option<Connection> {
        let server = server(uri)?;
        loop {
            let mut connection = self.pop(&server)?;
            // Ready at once, or not at all: what it had before has been answered.
            if connection.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    fn pop(&self, server: &Server) -> Option<Connection> {
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = unused.get_mut(server)?;
        let now = Instant::now();
        while let Some((since, connection)) = connections.pop() {
            if now - since >= IDLE {
                // Those beneath have waited longer still.
                connections.clear();
            } else if !connection.is_closed() {
                return Some(connection);
            }
        }
        unused.remove(server);
        None
    }

    /// A connection to the server of `uri` that is new.
    ///
    /// # Errors
    /// When none stands within 5 s, or its certificate is not good.
    pub async fn fresh(&self, uri: &Uri) -> Result<Connection, Unreachable> {
        let stream = self.connector.clone().call(uri.clone()).await;
        let stream = stream.map_err(|error| innermost(error.as_ref()))?;
        let (connection, driver) =
            http1::handshake(stream).await.map_err(|error| innermost(&error))?;
        // It ends with the connection; who waited for an answer is told by theirs.
        tokio::spawn(driver);
        Ok(connection)
    }

    /// Keeps a connection whose answer was read to its end.
    pub fn keep(&self, uri: &Uri, connection: Connection) {
        let Some(server) = server(uri).filter(|_| !connection.is_closed()) else { return };
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = unused.entry(server).or_default();
        if connections.len() < IDLE_CONNECTIONS {
            connections.push((Instant::now(), connection));
        }
    }
}

fn server(uri: &Uri) -> Option<Server> {
    Some((uri.scheme()?.clone(), uri.authority()?.clone()))
}

/// The last cause in the chain says the most: "Connection refused", "invalid peer certificate".
fn innermost(error: &(dyn Error + 'static)) -> Unreachable {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Unreachable(redact(&cause.to_string()).chars().take(200).collect())
}
