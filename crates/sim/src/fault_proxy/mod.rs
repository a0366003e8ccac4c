//! A line between two programs that breaks on command: whatever speaks TCP, with all that networks and
//! dying servers do to it. It looks at no byte of what it carries.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::time::Duration;
//! use sim::{FaultProxy, Line, Upstream};
//!
//! let server = Upstream::Unix("/run/postgresql/.s.PGSQL.5432".into());
//! let proxy = FaultProxy::start(server).await?;
//! println!("connect to {}", proxy.address());
//! proxy.set(Line::Delay(Duration::from_millis(200))).await;
//! proxy.take_down().await; // as if the server had died
//! proxy.set(Line::Pass).await;
//! # Ok(())
//! # }
//! ```

mod carry;

use std::{
    fmt,
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinSet,
    time,
};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;
/// How long to wait when a connection cannot be accepted, or the port cannot be listened on again.
const BREATH: Duration = Duration::from_millis(50);

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// At this address.
    Tcp(SocketAddr),
    /// Behind this socket.
    Unix(PathBuf),
}

/// What the line does. It counts for connections that are open and for those to come, from the next piece
/// of data on (at most 16 KiB, as they are read).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Line {
    /// Everything passes at once.
    #[default]
    Pass,
    /// Each piece waits for so long, in either direction.
    Delay(Duration),
    /// Connections stand, and what is said on them is held; it passes once the line does something else.
    Stall,
    /// Requests pass. A connection is closed once so many bytes of the answer have passed on it since the
    /// line was told so; with 0 the server does what it was asked, and no byte of its answer arrives.
    Cut {
        /// Bytes of the answer that pass.
        after: u64,
    },
    /// Every connection is reset (RST) at once, and each new one as soon as it stands.
    Reset,
    /// There is nobody to connect to. Connections that are open go on.
    Refuse,
    /// What is said is swallowed and never answered, as by a peer that is gone without a word. Connections
    /// that have lost something so stay silent for good.
    HalfOpen,
    /// Requests pass, answers trickle.
    Trickle {
        /// So many bytes at a time.
        bytes: NonZeroUsize,
        /// One piece each time this is over.
        every: Duration,
    },
}

/// What connections are told.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    line: Line,
    /// How often the line was set.
    turn: u64,
    /// How often those that were open were reset.
    resets: u64,
}

/// Counts of connections.
#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicUsize,
    open: AtomicUsize,
}

/// A port of this machine that leads to a server, as well as its [`Line`] does. Dropped, it is gone with
/// every connection.
pub struct FaultProxy {
    address: SocketAddr,
    told: watch::Sender<Told>,
    /// The last turn that the port follows.
    followed: watch::Receiver<u64>,
    counts: Arc<Counts>,
    /// Keeps the port ours while nobody listens on it.
    _port: TcpSocket,
}

impl FaultProxy {
    /// Listens on a free port of 127.0.0.1 and lets everything pass. The server need not be there yet: whoever
    /// comes while it is not is reset.
    ///
    /// # Errors
    /// No port to be had.
    pub async fn start(upstream: Upstream) -> io::Result<Self> {
        let (port, address) = reserve()?;
        let listener = listen(address)?;
        let (told, follow) = watch::channel(Told::default());
        let (follows, followed) = watch::channel(0);
        let counts = Arc::new(Counts::default());
        let gate = Gate { address, upstream, counts: counts.clone(), told: follow, follows };
        tokio::spawn(gate.keep(listener));
        Ok(Self { address, told, followed, counts, _port: port })
    }

    /// Where to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what the line does. From the return on, new connections meet it so.
    pub async fn set(&self, line: Line) {
        self.tell(|told| told.line = line).await;
    }

    /// Resets every connection that is open; what the line does stays.
    pub async fn reset_open(&self) {
        self.tell(|told| told.resets += 1).await;
    }

    /// As if the server had died: whoever is connected is reset, and nobody comes in until [`FaultProxy::set`].
    pub async fn take_down(&self) {
        self.tell(|told| {
            told.line = Line::Refuse;
            told.resets += 1;
        })
        .await;
    }

    /// How many connections were accepted so far.
    pub fn accepted(&self) -> usize {
        self.counts.accepted.load(Ordering::Acquire)
    }

    /// How many of them are open.
    pub fn open(&self) -> usize {
        self.counts.open.load(Ordering::Acquire)
    }

    async fn tell(&self, change: impl FnOnce(&mut Told)) {
        let mut turn = 0;
        self.told.send_modify(|told| {
            change(told);
            told.turn += 1;
            turn = told.turn;
        });
        // It ends with its runtime alone, and then there is nobody to follow.
        let _ = self.followed.clone().wait_for(|followed| *followed >= turn).await;
    }
}

impl fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultProxy")
            .field("address", &self.address)
            .field("line", &self.told.borrow().line)
            .finish_non_exhaustive()
    }
}

/// A free port, bound and not listened on: connecting to it is refused, and nobody else is given it.
fn reserve() -> io::Result<(TcpSocket, SocketAddr)> {
    let port = TcpSocket::new_v4()?;
    port.set_reuseaddr(true)?;
    port.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let address = port.local_addr()?;
    Ok((port, address))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The port, as the line wants it.
struct Gate {
    address: SocketAddr,
    upstream: Upstream,
    counts: Arc<Counts>,
    told: watch::Receiver<Told>,
    follows: watch::Sender<u64>,
}

impl Gate {
    /// Lets connections in until the proxy is dropped, which ends them all.
    async fn keep(mut self, listener: TcpListener) {
        let mut listener = Some(listener);
        let mut connections = JoinSet::new();
        loop {
            let Told { line, turn, .. } = *self.told.borrow_and_update();
            if line == Line::Refuse {
                listener = None;
            } else if listener.is_none() {
                match listen(self.address) {
                    Ok(again) => listener = Some(again),
                    Err(error) => {
                        tracing::warn!(%error, "a port cannot be listened on again");
                        time::sleep(BREATH).await;
                        continue;
                    }
                }
            }
            self.follows.send_replace(turn);
            tokio::select! {
                biased;
                told = self.told.changed() => if told.is_err() { return },
                Some(_) = connections.join_next() => {}
                client = next(listener.as_ref()) => {
                    let open = Open::begin(self.counts.clone());
                    let (upstream, told) = (self.upstream.clone(), self.told.clone());
                    connections.spawn(async move {
                        carry::carry(client, &upstream, told).await;
                        drop(open);
                    });
                }
            }
        }
    }
}

/// The next connection; none ever where nobody listens.
async fn next(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else { return std::future::pending().await };
    loop {
        match listener.accept().await {
            Ok((client, _)) => return client,
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                time::sleep(BREATH).await;
            }
        }
    }
}

/// Counts a connection for as long as it is open.
struct Open(Arc<Counts>);

impl Open {
    fn begin(counts: Arc<Counts>) -> Self {
        counts.accepted.fetch_add(1, Ordering::AcqRel);
        counts.open.fetch_add(1, Ordering::AcqRel);
        Self(counts)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}
