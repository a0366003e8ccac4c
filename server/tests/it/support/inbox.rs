//! A mail server that takes everything: a real one, over TCP.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What arrived, as it came over the wire.
#[derive(Clone, Default)]
pub struct SmtpInbox {
    mails: Arc<Mutex<Vec<String>>>,
    port: u16,
}

impl SmtpInbox {
    /// Listens on a free port of this machine until the test is over.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inbox = Self { port, ..Self::default() };
        let mails = inbox.mails.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mails = mails.clone();
                tokio::spawn(async move {
                    // A client that breaks off has sent no mail.
                    let _ = converse(stream, &mails).await;
                });
            }
        });
        inbox
    }

    /// For `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Waits for a mail to `address` with six digits in a row, and gives those of the newest.
    pub async fn code_for(&self, address: &str) -> String {
        self.newest(address, six_digits).await
    }

    /// Waits for a mail to `address` with a link that holds a token, and gives that of the newest.
    pub async fn token_for(&self, address: &str) -> String {
        self.newest(address, token).await
    }

    /// Whether `text` stands in any mail that came, however it was broken for the wire.
    pub fn has(&self, text: &str) -> bool {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().any(|mail| mail.replace("=\n", "").contains(text))
    }

    async fn newest(&self, address: &str, read: fn(&str) -> Option<String>) -> String {
        for _ in 0..200 {
            let found = {
                let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
                mails.iter().rev().filter(|mail| mail.contains(address)).find_map(|mail| read(mail))
            };
            if let Some(found) = found {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no such mail came for {address}");
    }
}

/// 64 hexadecimal digits after `token=`, however the text is broken for the wire.
fn token(mail: &str) -> Option<String> {
    let whole = mail.replace("=\n", "").replace("token=3D", "token=");
    let rest = whole.split_once("token=")?.1;
    rest.get(..64).map(str::to_owned)
}

/// Six digits that stand alone on a line of the text.
fn six_digits(mail: &str) -> Option<String> {
    mail.lines()
        .map(str::trim)
        .find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
}

async fn converse(stream: TcpStream, mails: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 inbox.test ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let command = line.to_ascii_uppercase();
        if command.starts_with("EHLO") {
            write.write_all(b"250-inbox.test\r\n250 8BITMIME\r\n").await?;
        } else if command == "DATA" {
            write.write_all(b"354 go on\r\n").await?;
            let mut mail = String::new();
            while let Some(line) = lines.next_line().await? {
                if line == "." {
                    break;
                }
                mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                mail.push('\n');
            }
            mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
            write.write_all(b"250 taken\r\n").await?;
        } else if command == "QUIT" {
            return write.write_all(b"221 bye\r\n").await;
        } else {
            write.write_all(b"250 ok\r\n").await?;
        }
    }
    Ok(())
}
