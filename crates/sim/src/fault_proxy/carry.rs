//! One connection through the proxy.

use std::{future::pending, io};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink},
    net::{TcpStream, UnixStream},
    sync::watch,
    time::sleep,
};

use super::{Line, Told, Upstream};

/// Most bytes that are read, and held, at a time.
const PIECE: usize = 16 << 10;

/// How a connection ends on the client's side.
enum End {
    /// In order (FIN).
    Closed,
    /// Hard (RST).
    Reset,
}

/// A stream of either kind.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Carries what `client` and the server say to each other, until either has enough or the line ends it.
pub(super) async fn carry(mut client: TcpStream, upstream: &Upstream, told: watch::Receiver<Told>) {
    // What is written goes out as it is: pieces are pieces.
    let _ = client.set_nodelay(true);
    let (resets, mut reset) = (told.borrow().resets, told.clone());
    let is_reset = move |told: &Told| told.line == Line::Reset || told.resets != resets;
    let end = tokio::select! {
        biased;
        _ = reset.wait_for(is_reset) => End::Reset,
        end = converse(&mut client, upstream, told) => end,
    };
    if let End::Reset = end {
        // With nothing to linger for, closing sends RST instead of FIN.
        let _ = client.set_zero_linger();
    }
}

async fn converse(
    client: &mut TcpStream,
    upstream: &Upstream,
    mut told: watch::Receiver<Told>,
) -> End {
    let (mut heard, mut said) = client.split();
    if passing(&mut told).await.line == Line::HalfOpen {
        return swallow(&mut heard).await;
    }
    let Ok(server) = reach(upstream).await else { return End::Reset };
    let (mut answers, mut requests) = tokio::io::split(server);
    let ended = tokio::try_join!(
        pump(&mut heard, &mut requests, told.clone(), Way::Request),
        pump(&mut answers, &mut said, told, Way::Answer),
    );
    ended.err().unwrap_or(End::Closed)
}

async fn reach(upstream: &Upstream) -> io::Result<Box<dyn Stream>> {
    Ok(match upstream {
        Upstream::Tcp(address) => {
            let server = TcpStream::connect(address).await?;
            server.set_nodelay(true)?;
            Box::new(server)
        }
        Upstream::Unix(path) => Box::new(UnixStream::connect(path).await?),
    })
}

/// What the line does, once it does not hold everything back.
async fn passing(told: &mut watch::Receiver<Told>) -> Told {
    if let Ok(now) = told.wait_for(|told| told.line != Line::Stall).await.map(|told| *told) {
        return now;
    }
    // The proxy is gone, and this connection is about to be.
    pending().await
}

/// Takes whatever comes for nothing, until the client has enough.
async fn swallow(heard: &mut (impl AsyncRead + Unpin)) -> End {
    let _ = copy(heard, &mut sink()).await;
    End::Closed
}

/// Which way something goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From the client to the server.
    Request,
    /// Back.
    Answer,
}

/// Carries one direction to its end, which is passed on.
async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut told: watch::Receiver<Told>,
    way: Way,
) -> Result<(), End> {
    let mut piece = vec![0; PIECE];
    // Bytes that have passed since the line was last set.
    let (mut turn, mut passed) = (0, 0_u64);
    loop {
        let count = from.read(&mut piece).await.map_err(|_| End::Reset)?;
        let mut rest = &piece[..count];
        loop {
            let now = passing(&mut told).await;
            if now.turn != turn {
                (turn, passed) = (now.turn, 0);
            }
            let size = match (now.line, way) {
                (Line::HalfOpen, Way::Request) => return Err(swallow(from).await),
                // Not even the end of it is told.
                (Line::HalfOpen | Line::Reset, _) => return pending().await,
                _ if rest.is_empty() => break,
                (Line::Cut { after }, Way::Answer) => {
                    usize::try_from(after.saturating_sub(passed)).unwrap_or(usize::MAX)
                }
                (Line::Trickle { bytes, every }, Way::Answer) => {
                    sleep(every).await;
                    bytes.get()
                }
                (Line::Delay(by), _) => {
                    sleep(by).await;
                    rest.len()
                }
                (
                    Line::Pass
                    | Line::Refuse
                    | Line::Stall
                    | Line::Cut { .. }
                    | Line::Trickle { .. },
                    _,
                ) => rest.len(),
            };
            let (first, later) = rest.split_at(size.min(rest.len()));
            to.write_all(first).await.map_err(|_| End::Reset)?;
            to.flush().await.map_err(|_| End::Reset)?;
            passed += first.len() as u64;
            rest = later;
            if let (Line::Cut { after }, Way::Answer) = (now.line, way)
                && passed >= after
            {
                let _ = to.shutdown().await;
                return Err(End::Closed);
            }
        }
        if count == 0 {
            let _ = to.shutdown().await;
            return Ok(());
        }
    }
}
