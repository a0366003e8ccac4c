//! Requests as far as the sink reads them.

use std::io;

/// Longest head and body, in bytes.
const LONGEST: usize = 1 << 20;

/// A whole request.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Request {
    /// What it asks for.
    pub call: Call,
    /// How long it was.
    pub bytes: usize,
}

/// What can be asked for.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Call {
    /// Any method that sends a message.
    Send { bot: i64, chat: i64 },
    /// `getMe`.
    Me { bot: i64 },
    /// `getUpdates`.
    Updates { wait_secs: u64 },
    /// `getWebhookInfo`.
    WebhookInfo,
    /// `getUserProfilePhotos`.
    Photos,
    /// Whatever is answered with `true`.
    Order,
    /// No method of a bot.
    Unknown,
}

/// The first request in `input`; none while it is not whole.
///
/// # Errors
/// When it is too long, or its body has no length.
pub(super) fn read(input: &[u8]) -> io::Result<Option<Request>> {
    let Some(head_ends) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if input.len() > LONGEST { Err(broken()) } else { Ok(None) };
    };
    let head = &input[..head_ends];
    let length = content_length(head)?;
    let bytes = head_ends + 4 + length;
    let Some(body) = input.get(head_ends + 4..bytes) else { return Ok(None) };
    Ok(Some(Request { call: call(head, body), bytes }))
}

fn broken() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn content_length(head: &[u8]) -> io::Result<usize> {
    const NAME: &[u8] = b"content-length:";
    for line in head.split(|&byte| byte == b'\n') {
        if line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME) {
            let value = std::str::from_utf8(&line[NAME.len()..]).map_err(|_| broken())?;
            let length = value.trim().parse().map_err(|_| broken())?;
            return if length > LONGEST { Err(broken()) } else { Ok(length) };
        }
    }
    Ok(0)
}

/// `POST /bot<id>:<secret>/<method> HTTP/1.1`
fn call(head: &[u8], body: &[u8]) -> Call {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let target = line.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    let known = || {
        let rest = target.strip_prefix(b"/bot")?;
        let colon = rest.iter().position(|&byte| byte == b':')?;
        let bot = std::str::from_utf8(&rest[..colon]).ok()?.parse().ok()?;
        let method = rest.rsplit(|&byte| byte == b'/').next()?;
        Some((bot, method.split(|&byte| byte == b'?').next()?))
    };
    match known() {
        None => Call::Unknown,
        Some((bot, method)) if method.starts_with(b"send") => {
            number(body, b"\"chat_id\":").map_or(Call::Unknown, |chat| Call::Send { bot, chat })
        }
        Some((bot, b"getMe")) => Call::Me { bot },
        Some((_, b"getUpdates")) => {
            let wait = number(body, b"\"timeout\":").unwrap_or_default();
            Call::Updates { wait_secs: wait.unsigned_abs() }
        }
        Some((_, b"getWebhookInfo")) => Call::WebhookInfo,
        Some((_, b"getUserProfilePhotos")) => Call::Photos,
        Some(_) => Call::Order,
    }
}

/// The whole number behind the first `name`.
fn number(body: &[u8], name: &[u8]) -> Option<i64> {
    let at = body.windows(name.len()).position(|part| part == name)? + name.len();
    let digits = body[at..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-');
    std::str::from_utf8(&body[at..at + digits.count()]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(method: &str, body: &str) -> String {
        let length = body.len();
        format!("POST /bot7:TEST/{method} HTTP/1.1\r\nContent-length: {length}\r\n\r\n{body}")
    }

    #[test]
    fn a_request_is_read_once_it_is_whole_and_the_next_stays() {
        let one = post("sendMessage", r#"{"chat_id":-100,"text":"x"}"#);
        for part in 0..one.len() {
            assert_eq!(read(&one.as_bytes()[..part]).expect("good so far"), None, "{part}");
        }
        let two = format!("{one}{one}");
        let want = Request { call: Call::Send { bot: 7, chat: -100 }, bytes: one.len() };
        assert_eq!(read(two.as_bytes()).expect("good"), Some(want));
    }

    #[test]
    fn each_method_has_its_answer() {
        let cases = [
            ("sendPhoto", r#"{"photo":"a","chat_id":5}"#, Call::Send { bot: 7, chat: 5 }),
            ("getMe", "{}", Call::Me { bot: 7 }),
            ("getUpdates", r#"{"offset":1,"timeout":25}"#, Call::Updates { wait_secs: 25 }),
            ("getWebhookInfo", "{}", Call::WebhookInfo),
            ("setMyCommands", "{}", Call::Order),
            ("sendMessage", "{}", Call::Unknown),
        ];
        for (method, body, want) in cases {
            let text = post(method, body);
            let got = read(text.as_bytes()).expect("good").expect("whole");
            assert_eq!(got.call, want, "{method}");
        }
    }

    #[test]
    fn what_has_no_bounds_is_refused() {
        assert!(read(b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n").is_err());
        assert!(read(b"POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n").is_err());
        assert!(read(&vec![b'a'; LONGEST + 1]).is_err());
    }
}
