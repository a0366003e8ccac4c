//! The people who talk to a bot.

mod list;
mod person;

use domain::subscriber::Status;
use leptos::prelude::*;

use crate::ui::{Badge, Tone};

pub(crate) use {list::SubscribersPage, person::PersonPage};

/// Where a person stands, in one word.
#[component]
fn PersonStatus(status: Status) -> impl IntoView {
    let tone = match status {
        Status::Active => Tone::Ok,
        Status::Paused => Tone::Warn,
        Status::Unsubscribed => Tone::Neutral,
        Status::Blocked | Status::Deactivated => Tone::Bad,
    };
    view! { <Badge tone label=status.as_str() /> }
}

/// The second line under a name: the username, or Telegram's number of those who have none.
fn handle(username: Option<&str>, chat: domain::ids::ChatId) -> String {
    username.map_or_else(|| chat.to_string(), |name| format!("@{name}"))
}

/// A name that can be shown: Telegram lets people have none.
fn name_or_number(name: &str, chat: domain::ids::ChatId) -> String {
    if name.trim().is_empty() { format!("Person {chat}") } else { name.to_owned() }
}
