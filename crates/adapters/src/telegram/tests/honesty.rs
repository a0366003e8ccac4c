//! Sent, not sent, or unknown: what a send says must be true whatever the network does.

use std::collections::HashMap;

use tokio::task::JoinSet;

use super::server::answer;
use super::*;

const REFUSED: &str =
    r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#;

#[tokio::test]
async fn one_connection_serves_many_sends() {
    let server = Server::start((1..=20).map(sent)).await;
    let (api, who) = (client(), bot_at(&server.base));
    let message = Prepared::new(&who, &text("hello"));
    for n in 1..=20 {
        assert_eq!(api.send_prepared(&message, n).await.unwrap().message_id, n);
    }
    assert_eq!(server.connections(), 1);
    let chats: Vec<_> = server.seen().iter().map(|s| s.body["chat_id"].as_i64().unwrap()).collect();
    assert_eq!(chats, (1..=20).collect::<Vec<_>>());
    assert!(server.seen().iter().all(|seen| seen.method == "POST" && seen.body["text"] == "hello"));
}

#[tokio::test]
async fn a_refusal_is_read_from_the_wire() {
    let slow = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    let server = Server::start([Act::status(403, REFUSED), Act::Say(slow.into())]).await;
    let (api, who) = (client(), bot_at(&server.base));
    assert_eq!(api.send(&who, 5, &text("x")).await, Err(SendError::Blocked));
    let wait = SendError::SlowDown(Duration::from_secs(7));
    assert_eq!(api.send(&who, 5, &text("x")).await, Err(wait));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let closed = {
        let server = Server::start([]).await;
        server.base.clone()
    };
    // Nobody accepts here: the kernel does, and the TLS handshake gets no answer.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mute_at = format!("https://{}", mute.local_addr().unwrap());
    let rude = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rude_at = format!("https://{}", rude.local_addr().unwrap());
    let hang_up = tokio::spawn(async move {
        loop {
            drop(rude.accept().await);
        }
    });

    for base in [closed, rude_at] {
        let error = client().send(&bot_at(&base), 5, &text("x")).await.unwrap_err();
        assert!(matches!(error, SendError::NotSent(NotSent::Unreachable(_))), "{base} {error:?}");
    }
    let error = client().send(&bot_at(&mute_at), 5, &text("x")).await.unwrap_err();
    assert_eq!(error, SendError::NotSent(NotSent::Deadline));
    hang_up.abort();
}

#[tokio::test]
async fn after_the_request_left_silence_and_breakage_are_unknown() {
    use Unanswered::*;
    let half_head = "HTTP/1.1 200 OK\r\nContent-Le";
    let half_body = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":true";
    let slow_body = Act::Say(half_body.into());
    let huge = format!(r#"{{"ok":true,"result":"{}"}}"#, "x".repeat(1 << 20));
    let cases = [
        (Act::Stall, Deadline),
        (Act::Reset, Broken),
        (Act::SayAndClose(String::new()), Broken),
        (Act::SayAndClose(half_head.into()), Broken),
        (Act::SayAndClose(half_body.into()), Garbled),
        (slow_body, Garbled),
        (Act::status(200, &huge), Garbled),
        (Act::Say("SMTP ready\r\n\r\n".into()), Broken),
        (Act::status(502, "<html>"), Server(502)),
        (Act::status(500, r#"{"ok":false,"error_code":500,"description":"x"}"#), Server(500)),
    ];
    for (act, want) in cases {
        let server = super::Server::start([act.clone()]).await;
        let error = client().send(&bot_at(&server.base), 5, &text("x")).await.unwrap_err();
        assert_eq!(error, SendError::Unanswered(want), "{act:?}");
        assert_eq!(server.seen().len(), 1, "{act:?} must not be sent again by itself");
    }
}

#[tokio::test]
async fn a_refusal_counts_even_when_its_words_are_lost() {
    let cut = "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n{\"ok\":false";
    let server = Server::start([Act::SayAndClose(cut.into())]).await;
    let error = client().send(&bot_at(&server.base), 5, &text("x")).await.unwrap_err();
    assert!(matches!(error, SendError::Rejected { code: 403, .. }), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_broke_under_a_request_is_not_a_reason_to_repeat_it() {
    // The first answer keeps the connection; the second request dies on it.
    for death in [Act::Reset, Act::SayAndClose(String::new())] {
        let server = Server::start([sent(1), death, sent(3)]).await;
        let (api, who) = (client(), bot_at(&server.base));
        api.send(&who, 1, &text("x")).await.unwrap();
        let second = api.send(&who, 2, &text("x")).await.unwrap_err();
        assert_eq!(second, SendError::Unanswered(Unanswered::Broken));
        assert_eq!(api.send(&who, 3, &text("x")).await.unwrap().message_id, 3);
        let chats: Vec<_> = server.seen().iter().map(|s| s.body["chat_id"].as_i64()).collect();
        assert_eq!(chats, [Some(1), Some(2), Some(3)]);
    }
}

/// The server closes each connection right after an answer and does not say so, while the client is
/// about to use it again: the race of a kept connection that goes idle, some hundred times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_race_with_a_closing_connection_never_tells_a_lie() {
    const SENDERS: i64 = 4;
    const EACH: i64 = 100;
    let body = r#"{"ok":true,"result":{"message_id":9}}"#;
    let close = Act::SayAndClose(answer(200, body));
    let server = Server::start(std::iter::repeat_n(close, 2 * (SENDERS * EACH) as usize)).await;
    let (api, who) = (client(), bot_at(&server.base));
    let message = Prepared::new(&who, &text("x"));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (api, message) = (api.clone(), message.clone());
        senders.spawn(async move {
            let mut said = Vec::new();
            for chat in sender * EACH..(sender + 1) * EACH {
                said.push((chat, api.send_prepared(&message, chat).await));
            }
            said
        });
    }
    let said = senders.join_all().await.concat();

    let mut read: HashMap<i64, usize> = HashMap::new();
    for seen in server.seen() {
        *read.entry(seen.body["chat_id"].as_i64().unwrap()).or_default() += 1;
    }
    for (chat, said) in said {
        let read = read.get(&chat).copied().unwrap_or(0);
        match said {
            Ok(_) => assert_eq!(read, 1, "{chat} was sent"),
            Err(SendError::NotSent(_)) => assert_eq!(read, 0, "{chat} was not sent"),
            Err(SendError::Unanswered(_)) => assert!(read <= 1, "{chat} is unknown"),
            Err(other) => panic!("{chat} {other:?}"),
        }
    }
}
