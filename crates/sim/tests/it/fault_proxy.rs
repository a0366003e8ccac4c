//! A line that does what it is told, byte by byte.

use std::{io::ErrorKind, net::SocketAddr, num::NonZeroUsize, time::Duration};

use sim::{FaultProxy, Line, Upstream};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixListener},
    time::{Instant, timeout},
};

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(10);
/// Wait for what must not come.
const A_WHILE: Duration = Duration::from_millis(200);

/// A server that says everything back, and ends when its client has ended.
async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut piece = [0; 1_024];
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        if stream.write_all(&piece[..count]).await.is_err() {
            return;
        }
    }
}

async fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(echo(stream));
        }
    });
    address
}

async fn proxy() -> FaultProxy {
    FaultProxy::start(Upstream::Tcp(server().await)).await.expect("a port")
}

async fn client(proxy: &FaultProxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.expect("somebody listens")
}

async fn say(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.expect("it is taken");
}

/// The next `count` bytes.
async fn hear(stream: &mut TcpStream, count: usize) -> String {
    let mut bytes = vec![0; count];
    timeout(PATIENCE, stream.read_exact(&mut bytes)).await.expect("in time").expect("an answer");
    String::from_utf8(bytes).expect("text")
}

/// Whether nothing comes for a while, not even an end.
async fn is_silent(stream: &mut TcpStream) -> bool {
    timeout(A_WHILE, stream.read_u8()).await.is_err()
}

/// How the connection ends: what is still heard, and whether it was reset.
async fn end(stream: &mut TcpStream) -> (String, bool) {
    let mut bytes = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it ends");
    let is_reset = end.is_err_and(|err| err.kind() == ErrorKind::ConnectionReset);
    (String::from_utf8(bytes).expect("text"), is_reset)
}

async fn is_refused(proxy: &FaultProxy) -> bool {
    let tried = TcpStream::connect(proxy.address()).await;
    tried.is_err_and(|err| err.kind() == ErrorKind::ConnectionRefused)
}

#[tokio::test]
async fn what_passes_is_what_was_said_to_either_end() {
    let proxy = proxy().await;
    let mut client = client(&proxy).await;
    let long = "Gannet ".repeat(20_000);
    let (mut heard, mut said) = client.split();
    let both = async {
        let mut back = vec![0; long.len()];
        tokio::join!(said.write_all(long.as_bytes()), heard.read_exact(&mut back)).1.expect("all");
        back
    };
    assert_eq!(timeout(PATIENCE, both).await.expect("in time"), long.as_bytes());
    assert_eq!((proxy.accepted(), proxy.open()), (1, 1));

    // The client's end is told to the server, who ends as well.
    client.shutdown().await.expect("it is taken");
    assert_eq!(end(&mut client).await, (String::new(), false));
    for _ in 0..1_000 {
        if proxy.open() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the connection is not over");
}

#[tokio::test]
async fn a_server_may_be_behind_a_socket() {
    let dir = std::env::temp_dir().join(format!("gannet-proxy-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    let path = dir.join("socket");
    let listener = UnixListener::bind(&path).expect("a socket");
    tokio::spawn(async move { echo(listener.accept().await.expect("a client").0).await });
    let proxy = FaultProxy::start(Upstream::Unix(path)).await.expect("a port");
    let mut client = client(&proxy).await;
    say(&mut client, "hello").await;
    assert_eq!(hear(&mut client, 5).await, "hello");
    std::fs::remove_dir_all(dir).expect("removed");
}

#[tokio::test]
async fn a_delay_is_waited_for_and_loses_nothing() {
    let proxy = proxy().await;
    let mut client = client(&proxy).await;
    proxy.set(Line::Delay(Duration::from_millis(150))).await;
    let began = Instant::now();
    say(&mut client, "hello").await;
    assert_eq!(hear(&mut client, 5).await, "hello");
    assert!(began.elapsed() >= Duration::from_millis(300), "there and back");
}

#[tokio::test]
async fn a_line_that_stalls_holds_what_is_said_and_gives_it_later() {
    let proxy = proxy().await;
    let mut before = client(&proxy).await;
    say(&mut before, "a").await;
    assert_eq!(hear(&mut before, 1).await, "a");

    proxy.set(Line::Stall).await;
    let mut after = client(&proxy).await;
    for client in [&mut before, &mut after] {
        say(client, "b").await;
        assert!(is_silent(client).await);
    }
    proxy.set(Line::Pass).await;
    for client in [&mut before, &mut after] {
        assert_eq!(hear(client, 1).await, "b");
    }
}

#[tokio::test]
async fn an_answer_is_cut_to_the_byte() {
    let proxy = proxy().await;
    for (after, want) in [(0, ""), (3, "hel"), (5, "hello")] {
        let mut client = client(&proxy).await;
        proxy.set(Line::Cut { after }).await;
        say(&mut client, "hello").await;
        assert_eq!(end(&mut client).await, (want.to_owned(), false), "after {after}");
    }
    // It is counted from when the line was told so.
    let mut client = client(&proxy).await;
    proxy.set(Line::Pass).await;
    say(&mut client, "hello").await;
    assert_eq!(hear(&mut client, 5).await, "hello");
    proxy.set(Line::Cut { after: 2 }).await;
    say(&mut client, "again").await;
    assert_eq!(end(&mut client).await, ("ag".to_owned(), false));
}

#[tokio::test]
async fn a_reset_meets_those_who_are_there_and_those_who_come() {
    let proxy = proxy().await;
    let mut before = client(&proxy).await;
    say(&mut before, "a").await;
    assert_eq!(hear(&mut before, 1).await, "a");
    proxy.set(Line::Reset).await;
    assert!(end(&mut before).await.1, "hard");
    if let Ok(mut after) = TcpStream::connect(proxy.address()).await {
        assert!(end(&mut after).await.1, "hard");
    }
    proxy.set(Line::Pass).await;
    let mut again = client(&proxy).await;
    say(&mut again, "b").await;
    assert_eq!(hear(&mut again, 1).await, "b");

    proxy.reset_open().await;
    assert!(end(&mut again).await.1, "hard");
    let mut last = client(&proxy).await;
    say(&mut last, "c").await;
    assert_eq!(hear(&mut last, 1).await, "c", "only those that were open");
}

#[tokio::test]
async fn newcomers_are_refused_while_those_inside_go_on_until_the_server_dies() {
    let proxy = proxy().await;
    let mut inside = client(&proxy).await;
    say(&mut inside, "a").await;
    assert_eq!(hear(&mut inside, 1).await, "a");
    proxy.set(Line::Refuse).await;
    assert!(is_refused(&proxy).await);
    say(&mut inside, "b").await;
    assert_eq!(hear(&mut inside, 1).await, "b");

    proxy.take_down().await;
    assert!(end(&mut inside).await.1, "hard");
    assert!(is_refused(&proxy).await);

    // The same port, however often.
    for _ in 0..20 {
        proxy.set(Line::Pass).await;
        let mut client = client(&proxy).await;
        say(&mut client, "c").await;
        assert_eq!(hear(&mut client, 1).await, "c");
        proxy.take_down().await;
        assert!(is_refused(&proxy).await);
    }
}

#[tokio::test]
async fn what_a_half_open_line_has_swallowed_is_gone() {
    let proxy = proxy().await;
    let (mut asked, mut silent) = (client(&proxy).await, client(&proxy).await);
    for client in [&mut asked, &mut silent] {
        say(client, "a").await;
        assert_eq!(hear(client, 1).await, "a");
    }
    proxy.set(Line::HalfOpen).await;
    let mut after = client(&proxy).await;
    say(&mut asked, "b").await;
    say(&mut after, "b").await;
    assert!(is_silent(&mut asked).await && is_silent(&mut after).await);

    proxy.set(Line::Pass).await;
    say(&mut asked, "c").await;
    say(&mut after, "c").await;
    assert!(is_silent(&mut asked).await && is_silent(&mut after).await, "for good");
    // On this one nothing was lost.
    say(&mut silent, "c").await;
    assert_eq!(hear(&mut silent, 1).await, "c");
}

#[tokio::test]
async fn an_answer_trickles_and_is_whole_at_last() {
    let proxy = proxy().await;
    let mut client = client(&proxy).await;
    let bytes = NonZeroUsize::new(2).expect("not zero");
    proxy.set(Line::Trickle { bytes, every: Duration::from_millis(50) }).await;
    let began = Instant::now();
    say(&mut client, "0123456789").await;
    assert_eq!(hear(&mut client, 10).await, "0123456789");
    assert!(began.elapsed() >= Duration::from_millis(250), "five pieces");
}

#[tokio::test]
async fn a_server_that_is_not_there_resets_and_a_dropped_proxy_is_gone() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = nobody.local_addr().expect("bound");
    drop(nobody);
    let lost = FaultProxy::start(Upstream::Tcp(address)).await.expect("a port");
    assert!(end(&mut client(&lost).await).await.1, "hard");

    let proxy = proxy().await;
    let mut client = client(&proxy).await;
    say(&mut client, "a").await;
    assert_eq!(hear(&mut client, 1).await, "a");
    let address = proxy.address();
    drop(proxy);
    end(&mut client).await;
    for _ in 0..1_000 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("somebody listens still");
}
