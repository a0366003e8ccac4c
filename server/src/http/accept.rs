//! The accept loop.
//!
//! axum's own sets no timers and leaves Nagle's algorithm on: a client that sends its headers a
//! byte a minute holds a connection for ever, and a streamed page waits for acknowledgements.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::Service;
use tracing::{debug, warn};

/// Limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most connections at once; further ones wait in the kernel's queue.
    pub connections: usize,
    /// From the handshake to the end of the first request's headers.
    pub first_request: Duration,
    /// From one answer to the end of the next request's headers, which is also how long an idle
    /// connection is kept: longer than proxies keep theirs, so that they are the ones to close.
    pub next_request: Duration,
    /// How long requests may take to end once we are told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8192,
            first_request: Duration::from_secs(10),
            next_request: Duration::from_secs(75),
            drain: Duration::from_secs(30),
        }
    }
}

/// What connections are served with.
#[derive(Clone)]
pub struct Services {
    /// As long as we run.
    pub running: Router,
    /// For connections that come while the last requests end.
    pub draining: Router,
}

/// Serves `listener` until `stop`, and then until every request has ended or
/// [`Limits::drain`] is over.
pub async fn serve(
    listener: TcpListener,
    services: Services,
    limits: Limits,
    stop: CancellationToken,
) {
    let builder = Arc::new(protocol(&limits));
    let slots = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let running = |(socket, peer), slot| {
        let connection = Connection { socket, peer, _slot: slot };
        let watcher = Some(graceful.watcher());
        connection.spawn(Arc::clone(&builder), services.running.clone(), watcher, limits);
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            (accepted, slot) = accept(&listener, &slots) => running(accepted, slot),
        }
    }
    let drained = timeout(limits.drain, graceful.shutdown());
    tokio::pin!(drained);
    loop {
        tokio::select! {
            end = &mut drained => {
                if end.is_err() {
                    warn!(after_secs = limits.drain.as_secs(), "requests were cut off at shutdown");
                }
                return;
            }
            ((socket, peer), slot) = accept(&listener, &slots) => {
                let connection = Connection { socket, peer, _slot: slot };
                connection.spawn(Arc::clone(&builder), services.draining.clone(), None, limits);
            }
        }
    }
}

fn protocol(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.next_request);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20))
        .max_concurrent_streams(128)
        .max_header_list_size(32 * 1024);
    builder
}

/// The next connection, once there is a slot for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> ((TcpStream, SocketAddr), OwnedSemaphorePermit) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok(accepted) => return (accepted, slot),
            // The peer was gone before we looked.
            Err(err) if err.kind() == std::io::ErrorKind::ConnectionAborted => {}
            Err(err) => {
                // Out of file descriptors or memory: others must end first.
                warn!(error = %err, "cannot accept connections; trying again in a second");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

struct Connection {
    socket: TcpStream,
    peer: SocketAddr,
    _slot: OwnedSemaphorePermit,
}

impl Connection {
    fn spawn(
        self,
        builder: Arc<auto::Builder<TokioExecutor>>,
        router: Router,
        watcher: Option<Watcher>,
        limits: Limits,
    ) {
        tokio::spawn(self.run(builder, router, watcher, limits));
    }

    async fn run(
        self,
        builder: Arc<auto::Builder<TokioExecutor>>,
        router: Router,
        watcher: Option<Watcher>,
        limits: Limits,
    ) {
        let Self { socket, peer, _slot } = self;
        if let Err(err) = socket.set_nodelay(true) {
            return debug!(error = %err, "a connection was gone at once");
        }
        let seen = Arc::new(Notify::new());
        let service = {
            let seen = Arc::clone(&seen);
            service_fn(move |request: hyper::Request<Incoming>| {
                seen.notify_one();
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                let mut router = router.clone();
                async move { Ok::<_, Infallible>(router.call(request).await.into_response()) }
            })
        };
        let io = TokioIo::new(socket);
        let connection = builder.serve_connection_with_upgrades(io, service).into_owned();
        match watcher {
            Some(watcher) => until_the_end(watcher.watch(connection), &seen, limits).await,
            None => until_the_end(connection, &seen, limits).await,
        }
    }
}

/// Runs `connection`, unless no request comes in time: neither hyper's protocol detection nor a
/// silent peer has a timer of its own.
async fn until_the_end<E: std::fmt::Display>(
    connection: impl Future<Output = Result<(), E>>,
    seen: &Notify,
    limits: Limits,
) {
    tokio::pin!(connection);
    let early = tokio::select! {
        end = &mut connection => Some(end),
        () = seen.notified() => None,
        () = sleep(limits.first_request) => return debug!("a peer sent no request in time"),
    };
    let end = match early {
        Some(end) => end,
        None => connection.await,
    };
    if let Err(err) = end {
        debug!(error = %err, "a connection ended early");
    }
}

/// `Router`'s error is `Infallible`; this says so once.
trait Answer {
    fn into_response(self) -> axum::response::Response;
}

impl Answer for Result<axum::response::Response, Infallible> {
    fn into_response(self) -> axum::response::Response {
        match self {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{http::StatusCode, routing::get};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const QUICK: Limits = Limits {
        connections: 2,
        first_request: Duration::from_millis(300),
        next_request: Duration::from_millis(300),
        drain: Duration::from_secs(5),
    };

    struct Server {
        address: SocketAddr,
        stop: CancellationToken,
        task: tokio::task::JoinHandle<()>,
    }

    async fn server(running: Router) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let stop = CancellationToken::new();
        let draining = Router::new().fallback(|| async { StatusCode::SERVICE_UNAVAILABLE });
        let services = Services { running, draining };
        let task = tokio::spawn(serve(listener, services, QUICK, stop.clone()));
        Server { address, stop, task }
    }

    async fn say(address: SocketAddr, text: &str) -> TcpStream {
        let mut socket = TcpStream::connect(address).await.expect("connected");
        socket.write_all(text.as_bytes()).await.expect("written");
        socket
    }

    async fn answer(mut socket: TcpStream) -> String {
        let mut text = String::new();
        timeout(Duration::from_secs(5), socket.read_to_string(&mut text))
            .await
            .expect("the server closes")
            .expect("text");
        text
    }

    #[tokio::test]
    async fn silent_and_slow_peers_are_cut_off() {
        let server = server(Router::new().route("/", get(|| async { "hello" }))).await;
        let cases = [
            "",
            "PRI * HT",
            "GET / HTTP/1.1\r\nhost: x\r\nx-half",
            "GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTT",
        ];
        for text in cases {
            let got = answer(say(server.address, text).await).await;
            assert_eq!(got.contains("hello"), text.contains("\r\n\r\n"), "{text:?}: {got:?}");
        }
    }

    #[tokio::test]
    async fn a_running_request_ends_well_while_newcomers_are_told_to_wait() {
        let (began, begin) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (began, begin) = (Arc::clone(&began), Arc::clone(&begin));
            move || async move {
                began.notify_one();
                begin.notified().await;
                "at last"
            }
        };
        let server = server(Router::new().route("/", get(slow))).await;
        let first = say(server.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        began.notified().await;
        server.stop.cancel();

        let close = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let second = answer(say(server.address, close).await).await;
        assert!(second.starts_with("HTTP/1.1 503"), "{second}");

        begin.notify_one();
        let first = answer(first).await;
        assert!(first.ends_with("at last"), "{first}");
        timeout(Duration::from_secs(5), server.task).await.expect("drained").expect("no panic");
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait_for_a_slot() {
        let server = server(Router::new().route("/", get(|| async { "hello" }))).await;
        let _silent = [say(server.address, "").await, say(server.address, "").await];
        let close = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let third = answer(say(server.address, close).await).await;
        assert!(third.ends_with("hello"), "served once the silent ones are cut off: {third}");
    }
}
