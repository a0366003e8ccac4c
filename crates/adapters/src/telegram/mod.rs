//! Telegram's Bot API: the port, and the client that speaks it over HTTP.
//!
//! [`Telegram`] is the port. Its errors say what to do next: [`CallError`] for questions and settings,
//! which may always be asked again, and [`SendError`] for messages, of which a second copy would
//! annoy a person and a lost one a bot's owner. [`BotApi`] is the client, for Telegram itself, a Bot
//! API server of one's own, and the sandbox alike: which one is part of the [`Credentials`].
//!
//! A token is in the address of every request. It is never in an error, a `Debug` or a line of the
//! log, and [`redact`] takes it out of whatever text comes from elsewhere.

mod answer;
mod base;
mod client;
mod connections;
mod error;
mod http;
mod outgoing;
mod port;
mod sends;
mod token;
mod wire;

#[cfg(test)]
mod tests;

pub use base::{ApiBase, BadBase, Credentials};
pub use client::BotApi;
pub use error::{CallError, NotSent, SendError, Unanswered};
pub use outgoing::{Content, Outgoing, Prepared};
pub use port::Telegram;
pub use sends::{Fate, Sends};
pub use token::{BotToken, NoToken, redact};
pub use wire::{Command, FileRef, Me, Picture, RawUpdate, Sent, Webhook, WebhookInfo};
