//! A Telegram that takes messages and does nothing else, as fast as a program can: the other end of a
//! benchmark.
//!
//! [`crate::Sim`] keeps what it was sent and checks every parameter; that costs more than what is to be
//! measured. The sink counts, per bot, and keeps the limits with no slack if it is told to. It knows any
//! token, and reads of a message no more than its chat. It is no oracle for what a message says.

mod request;
mod window;

use std::{
    collections::HashMap,
    fmt::Write as _,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, RwLock};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

use self::{
    request::{Call, Request},
    window::Recent,
};
use crate::{
    clock::{Clock, Moment},
    reply::whole_secs,
};

pub use self::window::{Window, Windows};

/// Chats of one bot that are remembered before those that limit nothing any more are forgotten.
const FORGET_ABOVE: usize = 8_192;

/// Longest a poll waits.
const LONGEST_POLL: Duration = Duration::from_secs(50);

/// What one bot has had so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Taken {
    /// Messages that were accepted.
    pub accepted: u64,
    /// Messages that were refused with 429.
    pub refused: u64,
}

/// A sink that runs until it is dropped.
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Shared {
    windows: Windows,
    clock: Clock,
    bots: RwLock<HashMap<i64, Arc<Mutex<Bot>>>>,
    accepted: AtomicU64,
    connections: AtomicUsize,
    most_connections: AtomicUsize,
}

#[derive(Default)]
struct Bot {
    taken: Taken,
    recent: Recent,
    chats: HashMap<i64, Recent>,
    punished_until: Moment,
}

impl Sink {
    /// Listens on a loopback port of the system's choice.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start(windows: Windows) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            windows,
            clock: Clock::system(),
            bots: RwLock::default(),
            accepted: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            most_connections: AtomicUsize::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client takes for the address of the Bot API.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Messages accepted of all bots.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// What each bot has had, by its number.
    pub fn taken(&self) -> HashMap<i64, Taken> {
        self.shared.bots.read().iter().map(|(id, bot)| (*id, bot.lock().taken)).collect()
    }

    /// Most connections that were open at once since the last call.
    pub fn most_connections(&self) -> usize {
        let now = self.shared.connections.load(Ordering::Relaxed);
        self.shared.most_connections.swap(now, Ordering::Relaxed)
    }

    /// From now on and for `long` every message of a bot is refused with 429, and told to wait as long as
    /// is left.
    pub fn punish(&self, bot: i64, long: Duration) {
        self.shared.bot(bot).lock().punished_until = self.shared.clock.now() + long;
    }
}

impl Shared {
    fn bot(&self, id: i64) -> Arc<Mutex<Bot>> {
        if let Some(bot) = self.bots.read().get(&id) {
            return Arc::clone(bot);
        }
        Arc::clone(self.bots.write().entry(id).or_default())
    }

    /// Takes a message, or says how long to wait.
    fn take(&self, bot: i64, chat: i64) -> Result<u64, Duration> {
        let now = self.clock.now();
        let bot = self.bot(bot);
        let mut bot = bot.lock();
        let Bot { taken, recent, chats, punished_until } = &mut *bot;
        let window = if chat < 0 { self.windows.group } else { self.windows.chat };
        let punished = (*punished_until > now).then(|| punished_until.since(now));
        let wait = punished
            .or_else(|| recent.wait(self.windows.bot, now))
            .or_else(|| chats.get(&chat)?.wait(window, now));
        if let Some(wait) = wait {
            taken.refused += 1;
            return Err(wait);
        }
        recent.note(self.windows.bot, now);
        if window.is_some() {
            if chats.len() >= FORGET_ABOVE {
                chats.retain(|_, recent| !recent.is_over(window, now));
            }
            chats.entry(chat).or_default().note(window, now);
        }
        taken.accepted += 1;
        self.accepted.fetch_add(1, Ordering::Relaxed);
        Ok(taken.accepted)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let shared = Arc::clone(&shared);
                    connections.spawn(async move {
                        let open = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
                        shared.most_connections.fetch_max(open, Ordering::Relaxed);
                        // Whoever hangs up has had enough.
                        let _ = serve(stream, &shared).await;
                        shared.connections.fetch_sub(1, Ordering::Relaxed);
                    });
                }
                // Out of files, most likely: some will be closed soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = Vec::with_capacity(8 * 1024);
    let (mut body, mut answer) = (String::new(), String::new());
    loop {
        let Some(Request { call, bytes }) = request::read(&input)? else {
            if stream.read_buf(&mut input).await? == 0 {
                return Ok(());
            }
            continue;
        };
        input.drain(..bytes);
        let status = judge(shared, &call, &mut body).await;
        answer.clear();
        let _ = write!(
            answer,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Writes the answer's body; gives its status.
async fn judge(shared: &Shared, call: &Call, body: &mut String) -> &'static str {
    body.clear();
    let written = match *call {
        Call::Send { bot, chat } => match shared.take(bot, chat) {
            Ok(number) => write!(
                body,
                r#"{{"ok":true,"result":{{"message_id":{number},"from":{{"id":{bot},"is_bot":true,"first_name":"Sink","username":"sink_{bot}_bot"}},"chat":{{"id":{chat},"first_name":"Somebody","type":"private"}},"date":{},"text":"Taken"}}}}"#,
                shared.clock.now().unix_secs()
            ),
            Err(wait) => {
                let secs = whole_secs(wait);
                let _ = write!(
                    body,
                    r#"{{"ok":false,"error_code":429,"description":"Too Many Requests: retry after {secs}","parameters":{{"retry_after":{secs}}}}}"#
                );
                return "429 Too Many Requests";
            }
        },
        Call::Me { bot } => write!(
            body,
            r#"{{"ok":true,"result":{{"id":{bot},"is_bot":true,"first_name":"Sink {bot}","username":"sink_{bot}_bot","can_join_groups":true,"can_read_all_group_messages":false,"supports_inline_queries":false}}}}"#
        ),
        Call::Updates { wait_secs } => {
            shared.clock.sleep(Duration::from_secs(wait_secs).min(LONGEST_POLL)).await;
            write!(body, r#"{{"ok":true,"result":[]}}"#)
        }
        Call::WebhookInfo => write!(
            body,
            r#"{{"ok":true,"result":{{"url":"","has_custom_certificate":false,"pending_update_count":0}}}}"#
        ),
        Call::Photos => write!(body, r#"{{"ok":true,"result":{{"total_count":0,"photos":[]}}}}"#),
        Call::Order => write!(body, r#"{{"ok":true,"result":true}}"#),
        Call::Unknown => {
            let _ = write!(body, r#"{{"ok":false,"error_code":404,"description":"Not Found"}}"#);
            return "404 Not Found";
        }
    };
    written.expect("a string takes what fits its memory");
    "200 OK"
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(sink: &Sink, text: &str) -> (u16, serde_json::Value) {
        let mut stream = TcpStream::connect(sink.address()).await.expect("a connection");
        stream.write_all(text.as_bytes()).await.expect("written");
        let mut answer = Vec::new();
        loop {
            let answered = String::from_utf8_lossy(&answer).into_owned();
            if let Some((head, body)) = answered.split_once("\r\n\r\n")
                && let Ok(body) = serde_json::from_str(body)
            {
                return (head[9..12].parse().expect("a status"), body);
            }
            assert_ne!(stream.read_buf(&mut answer).await.expect("read"), 0, "{answered}");
        }
    }

    fn message(bot: i64, chat: i64) -> String {
        let body = format!(r#"{{"chat_id":{chat},"text":"Hello"}}"#);
        format!(
            "POST /bot{bot}:TEST/sendMessage HTTP/1.1\r\nhost: x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    #[tokio::test]
    async fn it_counts_what_it_takes() {
        let sink = Sink::start(Windows::OFF).await.expect("a sink");
        let (status, answer) = ask(&sink, &message(7, -5)).await;
        assert_eq!((status, &answer["result"]["chat"]["id"]), (200, &(-5).into()));
        ask(&sink, &message(7, 1)).await;
        ask(&sink, &message(8, 1)).await;
        let taken = sink.taken();
        assert_eq!((sink.accepted(), taken[&7].accepted, taken[&8].accepted), (3, 2, 1));
        let (_, me) = ask(&sink, "GET /bot7:TEST/getMe HTTP/1.1\r\n\r\n").await;
        assert_eq!(me["result"]["id"], 7);
        let (status, _) = ask(&sink, "GET /nothing HTTP/1.1\r\n\r\n").await;
        assert_eq!(status, 404);
        assert!(sink.most_connections() >= 1);
    }

    #[tokio::test]
    async fn it_keeps_the_limits_it_is_told_and_punishes_whom_it_is_told() {
        let one = Window { count: 1, long: Duration::from_secs(1) };
        let windows = Windows { bot: Some(one), ..Windows::OFF };
        let sink = Sink::start(windows).await.expect("a sink");
        assert_eq!(ask(&sink, &message(7, 1)).await.0, 200);
        let (status, answer) = ask(&sink, &message(7, 2)).await;
        assert_eq!((status, &answer["parameters"]["retry_after"]), (429, &1.into()));
        sink.punish(8, Duration::from_secs(60));
        assert_eq!(ask(&sink, &message(8, 1)).await.0, 429);
        assert_eq!(sink.taken()[&8], Taken { accepted: 0, refused: 1 });
    }
}
