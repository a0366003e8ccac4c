//! The mailer against a receiver that speaks real SMTP.

mod receiver;

use std::time::{Duration, Instant};

use base64::prelude::*;

use self::receiver::{Receiver, Script};
use super::*;

fn mail() -> Mail {
    Mail {
        id: Uuid::from_u128(7),
        to: "ada@example.org".parse().unwrap(),
        subject: "Your code".into(),
        text: "It is 123456.\n".into(),
        html: None,
        headers: vec![],
    }
}

fn mailer(receiver: &Receiver) -> SmtpMailer {
    mailer_at(&format!("smtp://{}", receiver.address))
}

fn mailer_at(url: &str) -> SmtpMailer {
    let from = From::parse("Gannet <gannet@mail.example.org>").unwrap();
    SmtpMailer::new(&SmtpUrl::parse(url).unwrap(), from).unwrap()
}

/// The value of a header, unfolded.
fn header<'a>(letter: &'a str, name: &str) -> Option<String> {
    let head: &'a str = letter.split_once("\r\n\r\n").unwrap().0;
    let unfolded = head.replace("\r\n ", " ");
    let start = format!("{name}: ");
    unfolded.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
}

#[tokio::test]
async fn a_mail_arrives_with_what_mail_needs() {
    let receiver = Receiver::start(Script::default()).await;
    let unsubscribe = ("List-Unsubscribe".into(), "<https://example.org/u/1>".into());
    let mail = Mail { headers: vec![unsubscribe], ..mail() };
    mailer(&receiver).send(&mail).await.unwrap();

    let seen = receiver.seen();
    assert!(seen.commands.contains(&"MAIL FROM:<gannet@mail.example.org>".to_owned()), "{seen:?}");
    assert!(seen.commands.contains(&"RCPT TO:<ada@example.org>".to_owned()), "{seen:?}");
    let letter = &seen.letters[0];
    let value = |name| header(letter, name).unwrap_or_else(|| panic!("no {name} in {letter}"));
    assert_eq!(value("From"), "Gannet <gannet@mail.example.org>");
    assert_eq!(value("To"), "ada@example.org");
    assert_eq!(value("Subject"), "Your code");
    assert_eq!(value("Message-ID"), "<00000000-0000-0000-0000-000000000007@mail.example.org>");
    assert_eq!(value("Auto-Submitted"), "auto-generated");
    assert_eq!(value("List-Unsubscribe"), "<https://example.org/u/1>");
    assert!(value("Date").ends_with("+0000"));
    assert!(value("Content-Type").starts_with("text/plain; charset=utf-8"));
    assert!(letter.trim_end().ends_with("\r\n\r\nIt is 123456."), "{letter}");
}

#[tokio::test]
async fn dots_come_through_as_they_are() {
    let receiver = Receiver::start(Script::default()).await;
    let text = ".\r\n..two\r\n.QUIT\r\n\r\n.\r\nRCPT TO:<eve@example.org>\r\nend";
    let mail = Mail { text: text.into(), ..mail() };
    mailer(&receiver).send(&mail).await.unwrap();
    let seen = receiver.seen();
    assert_eq!(seen.letters.len(), 1);
    let letter = seen.letters[0].trim_end();
    assert!(letter.ends_with(&format!("\r\n\r\n{text}")), "{letter}");
    assert!(!seen.commands.iter().any(|command| command.contains("eve")), "{seen:?}");
    assert!(seen.raw.contains("\r\n...two\r\n"), "dots were doubled on the wire: {}", seen.raw);
}

#[tokio::test]
async fn long_lines_are_broken_for_the_wire_alone() {
    let receiver = Receiver::start(Script::default()).await;
    let text = "0123456789".repeat(500);
    mailer(&receiver).send(&Mail { text: text.clone(), ..mail() }).await.unwrap();
    let seen = receiver.seen();
    assert!(seen.raw.lines().all(|line| line.len() <= 998));
    let (_, body) = seen.letters[0].split_once("\r\n\r\n").unwrap();
    // Quoted-printable: a = at the end of a line says that it goes on.
    assert_eq!(body.replace("=\r\n", "").trim_end(), text);
}

#[tokio::test]
async fn any_language_fits_subject_and_body() {
    let receiver = Receiver::start(Script::default()).await;
    let subject = "Код для входу 🐦 رمز ".repeat(4);
    let mail = Mail {
        subject: subject.clone(),
        text: "Привіт, світе\n".into(),
        html: Some("<p>Привіт, світе</p>".into()),
        ..mail()
    };
    mailer(&receiver).send(&mail).await.unwrap();
    let letter = &receiver.seen().letters[0];
    assert!(letter.is_ascii() && letter.lines().all(|line| line.len() <= 998), "{letter}");

    let written = header(letter, "Subject").unwrap();
    let decode = |word: &str| {
        let coded = word.strip_prefix("=?utf-8?b?").unwrap().strip_suffix("?=").unwrap();
        String::from_utf8(BASE64_STANDARD.decode(coded).unwrap()).unwrap()
    };
    assert_eq!(written.trim_end().split(' ').map(decode).collect::<String>(), subject.trim_end());
    assert!(header(letter, "Content-Type").unwrap().starts_with("multipart/alternative;"));
    assert!(letter.contains("text/plain") && letter.contains("text/html"));
    let base64 = |text: &str| BASE64_STANDARD.encode(text);
    assert!(letter.contains(&base64("<p>Привіт, світе</p>")), "{letter}");
}

#[tokio::test]
async fn nothing_typed_can_begin_a_header_or_a_receiver() {
    let receiver = Receiver::start(Script::default()).await;
    let mailer = mailer(&receiver);
    let with =
        |name: &str, value: &str| Mail { headers: vec![(name.into(), value.into())], ..mail() };
    let hostile = [
        Mail { subject: "Hi\r\nBcc: eve@example.org".into(), ..mail() },
        Mail { subject: "Hi\nBcc: eve@example.org".into(), ..mail() },
        Mail { subject: "Hi\0".into(), ..mail() },
        Mail { subject: "x".repeat(2001), ..mail() },
        with("X-Note", "a\r\nBcc: eve@example.org"),
        with("X-Note\r\nBcc", "eve@example.org"),
        with("X Note", "a"),
        with("X-Note:", "a"),
        with("", "a"),
        with("Bcc", "eve@example.org"),
        with("cc", "eve@example.org"),
        with("FROM", "eve@example.org"),
        with("Content-Type", "text/html"),
    ];
    for mail in hostile {
        let error = mailer.send(&mail).await.unwrap_err();
        assert!(matches!(error, MailError::Rejected(_)), "{} {:?}", mail.subject, mail.headers);
    }
    assert!(receiver.seen().commands.is_empty(), "nothing of it left");

    for from in ["", "Gannet", "a@b\r\nBcc: eve@example.org", "a@example.org, b@example.org"] {
        assert_eq!(From::parse(from), Err(BadFrom), "{from}");
    }
}

#[tokio::test]
async fn the_servers_answer_says_whether_to_try_again() {
    let script = |at: &str, says: &str| Script::default().saying(at, says);
    let cases = [
        (script("RCPT", "550 5.1.1 <ada@example.org>: no such user"), false),
        (script("RCPT", "450 4.2.0 greylisted"), true),
        (script("MAIL", "552 5.2.2 too big"), false),
        (script("DATA", "554 5.7.1 no"), false),
        (script(".", "554 5.6.0 spam"), false),
        (script(".", "451 4.3.0 try later"), true),
        (script(".", "421 closing"), true),
        (script("greeting", "421 too busy"), true),
        (script("MAIL", "530 5.7.0 sign in first"), true),
        (script("MAIL", "gibberish"), true),
    ];
    for (script, again) in cases {
        let receiver = Receiver::start(script.clone()).await;
        let error = mailer(&receiver).send(&mail()).await.unwrap_err();
        assert_eq!(matches!(error, MailError::Retry(_)), again, "{script:?} {error:?}");
        assert!(!error.to_string().contains("ada@"), "{error}");
        assert!(receiver.seen().letters.is_empty());
    }
}

#[tokio::test]
async fn a_letter_whose_answer_was_lost_is_told_from_one_that_never_left() {
    for says in [receiver::HANGS_UP, "gibberish"] {
        let receiver = Receiver::start(Script::default().saying(".", says)).await;
        let error = mailer(&receiver).send(&mail()).await.unwrap_err();
        assert!(matches!(error, MailError::Unanswered(_)), "{says}: {error:?}");
        assert!(receiver.seen().raw.contains("It is 123456."), "the letter went out");
    }
}

#[tokio::test]
async fn the_login_is_used_and_a_refused_one_is_not_the_mails_fault() {
    let auth = Script::default().saying("EHLO", "250-receiver\r\n250 AUTH PLAIN");
    let receiver = Receiver::start(auth.clone()).await;
    let url = format!("smtp://us%40er:p%2Fw@{}", receiver.address);
    mailer_at(&url).send(&mail()).await.unwrap();
    let plain = BASE64_STANDARD.encode("\0us@er\0p/w");
    assert!(receiver.seen().commands.contains(&format!("AUTH PLAIN {plain}")));

    let receiver = Receiver::start(auth.saying("AUTH", "535 5.7.8 no")).await;
    let error = mailer_at(&format!("smtp://user:TEST@{}", receiver.address)).send(&mail()).await;
    assert!(matches!(error, Err(MailError::Retry(_))), "{error:?}");
    // A server without AUTH gets neither the mail nor the password.
    let receiver = Receiver::start(Script::default()).await;
    let error = mailer_at(&format!("smtp://user:TEST@{}", receiver.address)).send(&mail()).await;
    assert!(matches!(error, Err(MailError::Retry(_))), "{error:?}");
    assert!(receiver.seen().letters.is_empty());
}

#[tokio::test]
async fn a_server_elsewhere_must_offer_encryption() {
    let receiver = Receiver::start(Script::default()).await;
    let elsewhere = SmtpUrl {
        security: Security::StartTls,
        ..SmtpUrl::parse(&format!("smtp://user:TEST@{}", receiver.address)).unwrap()
    };
    let from = From::parse("gannet@example.org").unwrap();
    let error = SmtpMailer::new(&elsewhere, from).unwrap().send(&mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Retry(_)), "{error:?}");
    let seen = receiver.seen();
    assert!(seen.letters.is_empty());
    assert!(
        !seen.commands.iter().any(|c| c.starts_with("AUTH") || c.starts_with("MAIL")),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_silent_or_absent_server_is_tried_again_later() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", silent.local_addr().unwrap());
    let begun = Instant::now();
    let error = mailer_at(&url).with_deadline(Duration::from_millis(200)).send(&mail()).await;
    assert_eq!(error, Err(MailError::Retry("no answer in time".into())));
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(silent);
    let error = mailer_at(&url).send(&mail()).await;
    assert!(matches!(error, Err(MailError::Retry(_))), "{error:?}");
}

#[tokio::test]
async fn letters_beyond_ascii_are_for_servers_that_know_them() {
    let receiver = Receiver::start(Script::default()).await;
    let host = Mail { to: "ada@пошта.example.org".parse().unwrap(), ..mail() };
    mailer(&receiver).send(&host).await.unwrap();
    let rcpt = "RCPT TO:<ada@xn--80a1acn3a.example.org>".to_owned();
    assert!(receiver.seen().commands.contains(&rcpt), "{:?}", receiver.seen().commands);
    let name = Mail { to: "ада@example.org".parse().unwrap(), ..mail() };
    let error = mailer(&receiver).send(&name).await.unwrap_err();
    assert!(matches!(error, MailError::Rejected(_)), "{error:?}");
}

#[tokio::test]
async fn connections_serve_several_mails() {
    let receiver = Receiver::start(Script::default()).await;
    let mailer = mailer(&receiver);
    for _ in 0..20 {
        mailer.send(&mail()).await.unwrap();
    }
    let seen = receiver.seen();
    assert_eq!(seen.letters.len(), 20);
    // A connection goes back to the pool behind the sender's back, so now and then one is too late.
    let greetings = seen.commands.iter().filter(|command| command.starts_with("EHLO")).count();
    assert!(greetings < 20, "{greetings}");
}

#[tokio::test]
async fn kept_mail_is_newest_first_and_bounded() {
    let kept = Kept::default();
    for n in 0..205 {
        kept.send(&Mail { id: Uuid::from_u128(n), ..mail() }).await.unwrap();
    }
    let mails = kept.mails();
    assert_eq!((mails.len(), mails[0].id), (200, Uuid::from_u128(204)));
    assert_eq!(format!("{:?}", mails[0]), "Mail(00000000-0000-0000-0000-0000000000cc)");
}
