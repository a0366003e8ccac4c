//! A receiver by script: it says yes to everything it is not told to refuse.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Answers that differ from the usual: by the command's first word, `greeting`, or `.` for the end
/// of a letter.
#[derive(Clone, Debug, Default)]
pub struct Script(Vec<(String, String)>);

impl Script {
    pub fn saying(mut self, at: &str, says: &str) -> Self {
        self.0.push((at.into(), says.into()));
        self
    }

    fn answer(&self, at: &str) -> String {
        let usual = match at {
            "greeting" => "220 receiver ready",
            "DATA" => "354 go on",
            "AUTH" => "235 welcome",
            "QUIT" => "221 bye",
            "EHLO" => "250-receiver\r\n250 8BITMIME",
            "MAIL" | "RCPT" | "." | "RSET" | "NOOP" => "250 fine",
            _ => "502 what?",
        };
        let told = self.0.iter().find(|(when, _)| when == at);
        format!("{}\r\n", told.map_or(usual, |(_, says)| says))
    }
}

/// In the place of an answer: the connection ends.
pub const HANGS_UP: &str = "(hangs up)";

/// What came in.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub commands: Vec<String>,
    /// Letters that were accepted, dots undone.
    pub letters: Vec<String>,
    /// Everything after each DATA, as it was on the wire.
    pub raw: String,
}

/// Listens on loopback until it is dropped.
pub struct Receiver {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut tasks = JoinSet::new();
        let shared = seen.clone();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                open.spawn(serve(stream, script.clone(), shared.clone()));
            }
        });
        Self { address, seen, _tasks: tasks }
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

/// Serves one peer until it leaves.
async fn serve(stream: TcpStream, script: Script, seen: Arc<Mutex<Seen>>) -> () {
    let mut stream = BufReader::new(stream);
    let _ = stream.write_all(script.answer("greeting").as_bytes()).await;
    while let Some(line) = line(&mut stream).await {
        let command = line.trim_end().to_owned();
        let word = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        seen.lock().unwrap().commands.push(command);
        let says = script.answer(&word);
        let go_on = says.starts_with("354");
        if stream.write_all(says.as_bytes()).await.is_err() {
            return;
        }
        if go_on {
            let Some(letter) = letter(&mut stream, &seen).await else {
                return;
            };
            let says = script.answer(".");
            if says.trim_end() == HANGS_UP {
                return;
            }
            if says.starts_with('2') {
                seen.lock().unwrap().letters.push(letter);
            }
            let _ = stream.write_all(says.as_bytes()).await;
        }
    }
}

/// Reads to the lone dot and takes the doubled ones back.
async fn letter(stream: &mut BufReader<TcpStream>, seen: &Mutex<Seen>) -> Option<String> {
    let mut letter = String::new();
    loop {
        let line = line(stream).await?;
        seen.lock().unwrap().raw.push_str(&line);
        match line.strip_prefix('.') {
            Some("\r\n") => return Some(letter),
            Some(rest) => letter.push_str(rest),
            None => letter.push_str(&line),
        }
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then_some(line)
}
