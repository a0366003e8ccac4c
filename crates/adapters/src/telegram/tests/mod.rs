//! The client against a server that speaks real HTTP, and misbehaves on request.

mod calls;
mod honesty;
mod secrecy;
mod server;
pub(super) mod spec;

use std::time::Duration;

use domain::text;

use self::server::{Act, Server};
use super::*;

const TOKEN: &str = "123456:TEST-not_a_token-TEST-not_a_token";
/// Short, so that tests of silence are short.
const DEADLINE: Duration = Duration::from_millis(400);

fn client() -> BotApi {
    BotApi::new().with_deadline(DEADLINE)
}

fn bot_at(base: &str) -> Credentials {
    Credentials { api: ApiBase::parse(base).unwrap(), token: BotToken::parse(TOKEN).unwrap() }
}

fn text(text: &str) -> Outgoing {
    text::Message { text: text.into(), entities: vec![] }.into()
}

fn sent(message_id: i64) -> Act {
    Act::ok(&format!(r#"{{"message_id":{message_id},"date":1,"chat":{{"id":5}}}}"#))
}
