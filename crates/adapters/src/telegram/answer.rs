//! What an answer means. Pure: bytes in, verdict out.

use std::time::Duration;

use domain::ids::ChatId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::http::Reply;
use super::{CallError, NotSent, SendError, Unanswered, redact};

/// How long to wait when Telegram says "too many" and not how long.
const WAIT: Duration = Duration::from_secs(5);
/// Longest wait that is believed; Telegram's own are of minutes, rarely hours.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Most characters kept of Telegram's words.
const WORDS: usize = 300;

/// The envelope of every answer.
#[derive(Deserialize)]
struct Envelope<'a> {
    ok: bool,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<ChatId>,
}

/// What Telegram says where a bot has no right to write: its Bot API server, and what comes through it unchanged.
const MUTED: [&str; 8] = [
    "not enough rights to send",
    "have no rights to send",
    "need administrator rights in the channel",
    "CHAT_WRITE_FORBIDDEN",
    "CHAT_ADMIN_REQUIRED",
    "CHAT_RESTRICTED",
    "CHAT_SEND_PLAIN_FORBIDDEN",
    "CHAT_GUEST_SEND_FORBIDDEN",
];

/// What Telegram says where a message cannot be paid for. Its words are not documented: these are the names its core
/// has for want of Stars and for what must be paid.
const PAYING: [&str; 5] =
    ["BALANCE_TOO_LOW", "STARS_", "PAYMENT_REQUIRED", "PAID_BROADCAST", "not enough Stars"];

/// Why a request failed, before anybody asks what it was for.
#[derive(Debug)]
pub(super) enum Failure {
    /// It never left.
    NotSent(NotSent),
    /// No verdict.
    Unanswered(Unanswered),
    /// 429.
    SlowDown(Duration),
    /// A refusal. `genuine` when it is the Bot API that speaks, and not something in between.
    Refused { code: u16, description: String, genuine: bool, migrated: Option<ChatId> },
}

/// Reads `result` out of a reply.
pub(super) fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Failure> {
    let envelope = reply.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
    match envelope {
        Some(Envelope { ok: true, result: Some(result), .. }) if reply.status < 300 => {
            serde_json::from_str(result.get()).map_err(|_| Failure::Unanswered(Unanswered::Garbled))
        }
        Some(Envelope { ok: false, error_code, description, parameters, .. }) => {
            let code = error_code.unwrap_or(reply.status);
            Err(refused(code, description, parameters.unwrap_or_default(), reply, true))
        }
        _ => Err(refused(reply.status, None, Parameters::default(), reply, false)),
    }
}

fn refused(
    code: u16,
    description: Option<String>,
    parameters: Parameters,
    reply: &Reply,
    genuine: bool,
) -> Failure {
    match code {
        // Only a refusal proves that nothing happened, and these are none.
        0..=299 => Failure::Unanswered(Unanswered::Garbled),
        500.. => Failure::Unanswered(Unanswered::Server(code)),
        429 => {
            let asked = parameters.retry_after.or(reply.retry_after).map(Duration::from_secs);
            Failure::SlowDown(asked.unwrap_or(WAIT).clamp(Duration::from_secs(1), LONGEST_WAIT))
        }
        _ => {
            let words = description.unwrap_or_else(|| "not an answer of a Bot API".into());
            let description = redact(&words).chars().take(WORDS).collect();
            let migrated = parameters.migrate_to_chat_id;
            Failure::Refused { code, description, genuine, migrated }
        }
    }
}

/// Whether a refusal means that the token is none. 404 is also said of unknown methods and files, in
/// other words.
fn is_about_the_token(code: u16, description: &str) -> bool {
    code == 401 || (code == 404 && description == "Not Found")
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(why) => Self::NotSent(why),
            Failure::Unanswered(why) => Self::Unanswered(why),
            Failure::SlowDown(wait) => Self::SlowDown(wait),
            Failure::Refused { code, description, genuine: false, .. } => {
                Self::Rejected { code, description }
            }
            Failure::Refused { migrated: Some(chat), .. } => Self::Migrated(chat),
            Failure::Refused { code, description, .. } => {
                let says = |words: &str| description.contains(words);
                match code {
                    _ if is_about_the_token(code, &description) => Self::Unauthorized,
                    400 | 403 if says("deactivated") || says("USER_DEACTIVATED") => {
                        Self::Deactivated
                    }
                    400 | 403 if says("blocked by the user") || says("USER_IS_BLOCKED") => {
                        Self::Blocked
                    }
                    403 if says("bot was kicked") || says("bot is not a member") => Self::Blocked,
                    400 | 403 if says("group chat was deleted") => Self::Deactivated,
                    400 | 403 if MUTED.iter().any(|words| says(words)) => {
                        Self::Muted { description }
                    }
                    400 | 402 | 403 if PAYING.iter().any(|words| says(words)) => {
                        Self::NoStars { description }
                    }
                    400 if says("chat not found") || says("PEER_ID_INVALID") => Self::ChatNotFound,
                    _ => Self::Rejected { code, description },
                }
            }
        }
    }
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(why) => Self::NotSent(why),
            Failure::Unanswered(why) => Self::Unanswered(why),
            Failure::SlowDown(wait) => Self::SlowDown(wait),
            Failure::Refused { code, description, genuine: true, .. }
                if is_about_the_token(code, &description) =>
            {
                Self::Unauthorized
            }
            Failure::Refused { code: 409, description, genuine: true, .. } => {
                Self::Conflict(description)
            }
            Failure::Refused { code, description, .. } => Self::Rejected { code, description },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::SentMessage;
    use super::super::{Me, Sent};
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, retry_after: None, body: Some(body.to_owned().into()) }
    }

    fn no(code: u16, description: &str) -> Reply {
        let body = serde_json::json!({"ok": false, "error_code": code, "description": description});
        reply(code, &body.to_string())
    }

    fn send(reply: &Reply) -> Result<Sent, SendError> {
        Ok(read::<SentMessage>(reply)?.into())
    }

    #[test]
    fn every_answer_to_a_send_says_what_to_do() {
        use SendError::*;
        let rejected = |code, description: &str| Rejected { code, description: description.into() };
        let muted = |code, words: &'static str| (code, words, Muted { description: words.into() });
        let cases = [
            (403, "Forbidden: bot was blocked by the user", Blocked),
            (403, "Forbidden: bot was kicked from the group chat", Blocked),
            (403, "Forbidden: bot was kicked from the supergroup chat", Blocked),
            (403, "Forbidden: bot was kicked from the channel chat", Blocked),
            (403, "Forbidden: bot is not a member of the channel chat", Blocked),
            (403, "Forbidden: bot is not a member of the supergroup chat", Blocked),
            (403, "Forbidden: the group chat was deleted", Deactivated),
            (400, "Bad Request: group chat was deactivated", Deactivated),
            (
                400,
                "Bad Request: BALANCE_TOO_LOW",
                NoStars { description: "Bad Request: BALANCE_TOO_LOW".into() },
            ),
            muted(400, "Bad Request: not enough rights to send text messages to the chat"),
            muted(400, "Bad Request: have no rights to send a message"),
            muted(400, "Bad Request: need administrator rights in the channel chat"),
            muted(403, "Forbidden: CHAT_WRITE_FORBIDDEN"),
            (400, "Bad Request: USER_IS_BLOCKED", Blocked),
            (403, "Forbidden: user is deactivated", Deactivated),
            (400, "Bad Request: INPUT_USER_DEACTIVATED", Deactivated),
            (400, "Bad Request: chat not found", ChatNotFound),
            (400, "Bad Request: PEER_ID_INVALID", ChatNotFound),
            (
                403,
                "Forbidden: bot can't initiate conversation with a user",
                rejected(403, "Forbidden: bot can't initiate conversation with a user"),
            ),
            (
                400,
                "Bad Request: message is too long",
                rejected(400, "Bad Request: message is too long"),
            ),
            (401, "Unauthorized", Unauthorized),
            (404, "Not Found", Unauthorized),
            (404, "Not Found: method not found", rejected(404, "Not Found: method not found")),
            (413, "Request Entity Too Large", rejected(413, "Request Entity Too Large")),
            (
                421,
                "Misdirected Request: unallowed token specified",
                rejected(421, "Misdirected Request: unallowed token specified"),
            ),
            (429, "Too Many Requests", SlowDown(WAIT)),
            (500, "Internal Server Error: restart", Unanswered(super::Unanswered::Server(500))),
            (502, "Bad Gateway", Unanswered(super::Unanswered::Server(502))),
        ];
        for (code, description, want) in cases {
            assert_eq!(send(&no(code, description)), Err(want), "{code} {description}");
        }
    }

    #[test]
    fn only_the_bot_api_itself_can_blame_the_token_or_the_person() {
        for code in [301, 400, 401, 403, 404, 409] {
            let portal = reply(code, "<h1>blocked by the user</h1>");
            let want =
                SendError::Rejected { code, description: "not an answer of a Bot API".into() };
            assert_eq!(send(&portal), Err(want));
            let cut = Reply { body: None, ..portal };
            let error = CallError::from(read::<Me>(&cut).unwrap_err());
            assert!(matches!(error, CallError::Rejected { .. }), "{error:?}");
        }
    }

    #[test]
    fn what_is_no_refusal_is_unknown() {
        use Unanswered::*;
        let cases = [
            (200, r#"{"ok":true,"result":{"chat":1}}"#, Garbled),
            (200, r#"{"ok":true}"#, Garbled),
            (200, r#"{"ok":false}"#, Garbled),
            (200, "<html>sign in to this network</html>", Garbled),
            (200, "", Garbled),
            (204, "", Garbled),
            (500, r#"{"ok":true,"result":{"message_id":7}}"#, Server(500)),
            (502, "<html>bad gateway</html>", Server(502)),
            (503, "", Server(503)),
            (504, "", Server(504)),
        ];
        for (status, body, want) in cases {
            let got = send(&reply(status, body));
            assert_eq!(got, Err(SendError::Unanswered(want)), "{status} {body}");
        }
        let cut = Reply { status: 200, retry_after: None, body: None };
        assert_eq!(send(&cut), Err(SendError::Unanswered(Garbled)));
    }

    #[test]
    fn the_wait_is_telegrams_own_wherever_it_stands() {
        let secs = |s| Err(SendError::SlowDown(Duration::from_secs(s)));
        let body =
            r#"{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":37}}"#;
        assert_eq!(send(&reply(429, body)), secs(37));
        assert_eq!(send(&Reply { retry_after: Some(99), ..reply(429, body) }), secs(37));
        assert_eq!(send(&Reply { retry_after: Some(99), ..reply(429, "<html>") }), secs(99));
        assert_eq!(send(&reply(429, &body.replace("37", "0"))), secs(1));
    }

    #[test]
    fn a_group_that_moved_says_where() {
        let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}}"#;
        assert_eq!(send(&reply(400, body)), Err(SendError::Migrated(-1_001_234_567_890)));
    }

    #[test]
    fn a_sent_message_has_its_number_and_its_medium() {
        let cases = [
            (r#"{"message_id":7,"text":"x"}"#, None),
            (r#"{"message_id":7,"photo":[{"file_id":"s"},{"file_id":"l"}]}"#, Some("l")),
            (r#"{"message_id":7,"document":{"file_id":"d"}}"#, Some("d")),
            (r#"{"message_id":7,"video":{"file_id":"v"}}"#, Some("v")),
        ];
        for (result, file) in cases {
            let sent = send(&reply(200, &format!(r#"{{"ok":true,"result":{result}}}"#))).unwrap();
            assert_eq!(sent, Sent { message_id: 7, file_id: file.map(Into::into) });
        }
    }

    #[test]
    fn questions_know_a_conflict_and_words_are_kept_short_and_clean() {
        let call = |reply: &Reply| CallError::from(read::<Me>(reply).unwrap_err());
        let busy = "Conflict: terminated by other getUpdates request";
        assert_eq!(call(&no(409, busy)), CallError::Conflict(busy.into()));
        assert_eq!(call(&no(401, "Unauthorized")), CallError::Unauthorized);
        assert_eq!(call(&no(404, "Not Found")), CallError::Unauthorized);

        let echo = format!(
            "bad url http://x/bot123456:TEST-not_a_token-TEST-not_a_token {}",
            "é".repeat(999)
        );
        let CallError::Rejected { description, .. } = call(&no(400, &echo)) else { panic!() };
        assert!(description.starts_with("bad url http://x/bot123456:… é"), "{description}");
        assert_eq!(description.chars().count(), 300);
    }
}
