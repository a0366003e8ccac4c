//! Connections over HTTP/1.1, and resetting them on command.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a connection may rest between requests, and how long a request's head may take.
const IDLE: Duration = Duration::from_secs(120);
/// How long requests may go on once the simulator stops.
const DRAIN: Duration = Duration::from_secs(3);
/// Connections at a time.
const MOST_CONNECTIONS: usize = 10_000;

/// The body of an answer: whole, or in pieces.
pub(crate) type Body = http_body_util::Either<Full<Bytes>, UnsyncBoxBody<Bytes, axum::Error>>;

/// The connection is to be reset instead of answered.
#[derive(Debug, thiserror::Error)]
#[error("reset on command")]
pub(crate) struct Reset;

/// What answers requests.
pub(crate) trait Site: Clone + Send + Sync + 'static {
    /// Answers one request, or has its connection reset.
    fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Body>, Reset>> + Send;
}

/// Takes connections until it is told to stop.
pub(crate) async fn accept(
    listener: TcpListener,
    stop: CancellationToken,
    tasks: TaskTracker,
    site: impl Site,
) {
    let room = Arc::new(tokio::sync::Semaphore::new(MOST_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(err) => {
                // Out of file descriptors, most likely: others have to finish first.
                tracing::warn!(%err, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let (stop, site) = (stop.clone(), site.clone());
        tasks.spawn(async move {
            serve(stream, peer, stop, site).await;
            drop(permit);
        });
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, stop: CancellationToken, site: impl Site) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let reset = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| {
        let (site, reset) = (site.clone(), reset.clone());
        async move {
            let answered = site.answer(peer, request).await;
            reset.store(answered.is_err(), Ordering::Release);
            answered
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            tokio::time::timeout(DRAIN, &mut connection).await.unwrap_or(Ok(()))
        }
    };
    if reset.load(Ordering::Acquire) {
        let stream = connection.into_parts().io.into_inner();
        // With nothing to linger for, closing sends RST instead of FIN.
        if let Err(err) = stream.set_zero_linger() {
            tracing::debug!(%err, "cannot reset a connection");
        }
    } else if let Err(err) = ended {
        tracing::debug!(%err, "a connection ended badly");
    }
}
