//! The envelope every answer of the Bot API comes in, and the refusals it can hold.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use serde::Serialize;

/// What a method answers.
pub(crate) type Answer = Result<Bytes, Refusal>;

/// Why a request was refused, in Telegram's own words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    /// Both the HTTP status and `error_code`.
    pub code: u16,
    pub description: Cow<'static, str>,
    /// Seconds to wait, for 429 alone.
    pub retry_after: Option<u64>,
    /// The supergroup that a group has become.
    pub moved_to: Option<i64>,
}

impl Refusal {
    fn new(code: u16, description: impl Into<Cow<'static, str>>) -> Self {
        Self { code, description: description.into(), retry_after: None, moved_to: None }
    }

    /// 400: the request makes no sense. The first letter of `why` is lowered as Telegram does it,
    /// unless it starts like a constant (`BUTTON_…`).
    pub fn bad_request(why: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", lowered(why.as_ref())))
    }

    /// 400: the group has another number now.
    pub fn moved(to: i64) -> Self {
        let why = "group chat was upgraded to a supergroup chat";
        Self { moved_to: Some(to), ..Self::bad_request(why) }
    }

    /// 401: no bot has this token (any more).
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    /// 403: the person or group does not want to hear from this bot.
    pub fn forbidden(why: &str) -> Self {
        Self::new(403, format!("Forbidden: {why}"))
    }

    /// 404: what is not even shaped like a request to a bot.
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 404: a bot that exists was asked for something that does not.
    pub fn no_such_method() -> Self {
        Self::new(404, "Not Found: method not found")
    }

    /// 405: neither GET nor POST.
    pub fn wrong_verb() -> Self {
        Self::new(405, "Method Not Allowed")
    }

    /// 409: two ways of getting updates exclude each other.
    pub fn conflict(why: &str) -> Self {
        Self::new(409, format!("Conflict: {why}"))
    }

    /// 413: the body was not read to its end.
    pub fn too_large() -> Self {
        Self::new(413, "Request Entity Too Large")
    }

    /// 429. Telegram counts whole seconds, so the wait is rounded up, and is never 0.
    pub fn too_many(wait: Duration) -> Self {
        let secs = whole_secs(wait);
        let mut refusal = Self::new(429, format!("Too Many Requests: retry after {secs}"));
        refusal.retry_after = Some(secs);
        refusal
    }

    /// Any status with any text, for faults on command.
    pub fn arbitrary(code: u16, description: String) -> Self {
        Self::new(code, description)
    }

    /// `{"ok":false,…}`.
    pub fn envelope(&self) -> Bytes {
        #[derive(Serialize)]
        struct Envelope<'a> {
            ok: bool,
            error_code: u16,
            description: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            parameters: Option<Parameters>,
        }
        #[derive(Serialize)]
        struct Parameters {
            #[serde(skip_serializing_if = "Option::is_none")]
            migrate_to_chat_id: Option<i64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_after: Option<u64>,
        }
        let has_any = self.retry_after.is_some() || self.moved_to.is_some();
        let envelope = Envelope {
            ok: false,
            error_code: self.code,
            description: &self.description,
            parameters: has_any.then_some(Parameters {
                migrate_to_chat_id: self.moved_to,
                retry_after: self.retry_after,
            }),
        };
        json(&envelope).into()
    }
}

/// `wait` as Telegram states it: whole seconds, rounded up, at least 1.
pub(crate) fn whole_secs(wait: Duration) -> u64 {
    wait.as_micros().div_ceil(1_000_000).max(1).try_into().unwrap_or(u64::MAX)
}

/// `{"ok":true,"result":…}`.
pub(crate) fn ok(result: &impl Serialize) -> Answer {
    let mut body = Vec::with_capacity(640);
    body.extend_from_slice(br#"{"ok":true,"result":"#);
    write_json(&mut body, result);
    body.push(b'}');
    Ok(body.into())
}

/// `{"ok":true,"result":true}`.
pub(crate) fn yes() -> Answer {
    Ok(Bytes::from_static(br#"{"ok":true,"result":true}"#))
}

/// `{"ok":true,"result":true,"description":…}`, which only the webhook methods say.
pub(crate) fn yes_because(description: &str) -> Answer {
    let mut body = br#"{"ok":true,"result":true,"description":"#.to_vec();
    write_json(&mut body, &description);
    body.push(b'}');
    Ok(body.into())
}

/// `value` as JSON.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    write_json(&mut out, value);
    out
}

fn write_json(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value)
        .expect("our own types have string keys, and memory does not fail to be written");
}

fn lowered(why: &str) -> Cow<'_, str> {
    let mut chars = why.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else { return why.into() };
    if second.is_some_and(|c| c == '_' || c.is_ascii_uppercase()) {
        return why.into();
    }
    format!("{}{}", first.to_ascii_lowercase(), &why[first.len_utf8()..]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_lowered_unless_they_are_constants() {
        for (why, want) in [
            ("Chat not found", "Bad Request: chat not found"),
            ("BUTTON_DATA_INVALID", "Bad Request: BUTTON_DATA_INVALID"),
            ("can't parse", "Bad Request: can't parse"),
            ("Ж", "Bad Request: Ж"),
        ] {
            assert_eq!(Refusal::bad_request(why).description, want);
        }
    }

    #[test]
    fn waits_are_whole_seconds_and_never_none() {
        for (wait, secs) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (37_500, 38)] {
            let refusal = Refusal::too_many(Duration::from_millis(wait));
            assert_eq!(refusal.retry_after, Some(secs));
            let want = format!(
                r#"{{"ok":false,"error_code":429,"description":"Too Many Requests: retry after {secs}","parameters":{{"retry_after":{secs}}}}}"#
            );
            assert_eq!(refusal.envelope(), want.as_bytes());
        }
    }
}
