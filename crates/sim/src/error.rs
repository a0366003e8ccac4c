//! What can go wrong for whoever runs the simulator. What bots are refused is in `reply`.

use std::{io, net::SocketAddr};

/// Why the simulator did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// No bot has this number.
    #[error("there is no bot {0}")]
    NoSuchBot(i64),
    /// The bot has no such chat.
    #[error("the bot has no chat {0}")]
    NoSuchChat(i64),
    /// This part of a new bot is not such as BotFather would give or take.
    #[error("BotFather would not accept this {0}")]
    BadBot(&'static str),
    /// Another bot has this token or username.
    #[error("there is a bot with this token or the username {0} already")]
    Taken(String),
    /// A person cannot do this now.
    #[error("{0}")]
    CannotDo(&'static str),
    /// A number is out of its bounds.
    #[error("{0}")]
    OutOfBounds(&'static str),
    /// The simulator listens on this machine only, unless it is told to do otherwise.
    #[error(
        "{0} is not a loopback address; set listen_anywhere (--listen-anywhere) if strangers may use the simulator"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The state or ledger file cannot be used.
    #[error("cannot use {path}: {why}")]
    File {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// The machine does not provide what every machine does.
    #[error("{0}")]
    Machine(String),
}
