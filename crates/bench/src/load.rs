//! Loads over kept-alive connections: one that uses a plain HTTP client, and one that uses none at all
//! and shows what the other end could do.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Sends `count` requests, `connections` at a time, each connection one after the other, with hyper and
/// nothing around it. `make` is given the number of each. All must be answered 200. Gives how long it took.
///
/// # Errors
/// When a connection breaks, or an answer says something else.
pub async fn with_client<F>(
    to: SocketAddr,
    connections: usize,
    count: u64,
    make: F,
) -> Result<Duration>
where
    F: Fn(u64) -> Request<Full<Bytes>> + Send + Sync + 'static,
{
    let (next, make) = (Arc::new(AtomicU64::new(0)), Arc::new(make));
    let mut clients = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let (client, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        clients.push(client);
    }
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for mut client in clients {
        let (next, make) = (Arc::clone(&next), Arc::clone(&make));
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(());
                }
                client.ready().await?;
                let answer = client.send_request(make(number)).await?;
                let status = answer.status();
                answer.into_body().collect().await?;
                ensure!(status == 200, "answered {status}");
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(begun.elapsed())
}

/// As [`with_client`], with the same bytes each time, written and read as bytes.
///
/// # Errors
/// When a connection breaks, or an answer says something else.
pub async fn without_client(
    to: SocketAddr,
    connections: usize,
    count: u64,
    request: Bytes,
) -> Result<Duration> {
    let next = Arc::new(AtomicU64::new(0));
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for mut stream in streams {
        let (next, request) = (Arc::clone(&next), request.clone());
        tasks.spawn(async move {
            let mut answer = Vec::with_capacity(4 * 1024);
            while next.fetch_add(1, Ordering::Relaxed) < count {
                stream.write_all(&request).await?;
                answer.clear();
                while !is_whole(&answer)? {
                    ensure!(stream.read_buf(&mut answer).await? > 0, "the answer broke off");
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(begun.elapsed())
}

/// Whether `answer` is a whole one, with a length of its own. It must be a 200.
fn is_whole(answer: &[u8]) -> Result<bool> {
    const LENGTH: &[u8] = b"content-length: ";
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(false);
    };
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "not answered 200");
    let at = answer[..head].windows(LENGTH.len()).position(|part| part == LENGTH);
    let at = at.context("a length")? + LENGTH.len();
    let digits = answer[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length: usize = std::str::from_utf8(&answer[at..at + digits])?.parse()?;
    Ok(answer.len() >= head + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        for part in 0..answer.len() {
            assert!(!is_whole(&answer[..part]).expect("good so far"), "{part}");
        }
        assert!(is_whole(answer).expect("good"));
        assert!(is_whole(b"HTTP/1.1 429 No\r\ncontent-length: 0\r\n\r\n").is_err());
    }
}
