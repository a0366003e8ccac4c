//! What can go wrong, sorted by what to do about it.

use std::time::Duration;

use domain::ids::ChatId;

/// Why a message did not verifiably arrive.
///
/// | Telegram's answer | here | what to do |
/// |---|---|---|
/// | 403 blocked by the user, kicked from the chat | `Blocked` | never write there again |
/// | 403 user is deactivated | `Deactivated` | never write there again |
/// | 403 not a member, 400 or 403 group deleted | `Blocked`, `Deactivated` | never write there again |
/// | 400 or 403 no right to write in the chat | `Muted` | not there, until somebody gives the right |
/// | 400 chat not found | `ChatNotFound` | the person is unknown to this bot: failed |
/// | 400 group upgraded, with its new number | `Migrated` | write to the new number |
/// | 400 or 403 about Stars, balance or paying | `NoStars` | go on at the free rate |
/// | 429 | `SlowDown` | this bot waits, then sends again: nothing was delivered |
/// | 401, 404 of the Bot API | `Unauthorized` | the token is wrong or revoked: stop the bot |
/// | any other 3xx or 4xx | `Rejected` | failed, with Telegram's reason |
/// | no connection, or the request never left | `NotSent` | send again |
/// | 5xx | `Unanswered` | outcome unknown |
/// | silence, a cut connection, an answer that is none | `Unanswered` | outcome unknown |
///
/// A 5xx is not a refusal. The Bot API server answers 500 to requests that wait for Telegram's core
/// while it restarts, and to a message that it sent and could not show again; a 502 or 504 comes from
/// a gateway in between, which knows nothing of what happened behind it. In each case the message may
/// have arrived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The person blocked the bot, or the group removed it.
    #[error("the bot was blocked")]
    Blocked,

    /// The person's account is gone.
    #[error("the account is deactivated")]
    Deactivated,

    /// Telegram knows no such chat, as far as this bot is concerned.
    #[error("the chat was not found")]
    ChatNotFound,

    /// The bot is in the group or channel and has no right to write there.
    #[error("the bot may not write there: {description}")]
    Muted {
        /// Telegram's words, at most 300 characters, without tokens.
        description: String,
    },

    /// The bot has not the Stars that the message may cost, or may not pay. Nothing was sent.
    #[error("it cannot be paid for: {description}")]
    NoStars {
        /// Telegram's words, at most 300 characters, without tokens.
        description: String,
    },

    /// Telegram will not take this message.
    #[error("Telegram refused it ({code}): {description}")]
    Rejected {
        /// The Bot API's error code, or the HTTP status.
        code: u16,
        /// Telegram's words, at most 300 characters, without tokens.
        description: String,
    },

    /// Too much at once: nothing was sent, and nothing will be for so long.
    #[error("Telegram asks to wait {} s", .0.as_secs())]
    SlowDown(Duration),

    /// The group has another number now.
    #[error("the group is now {0}")]
    Migrated(ChatId),

    /// Provably, no byte of the request reached Telegram. May be sent again.
    #[error("not sent: {0}")]
    NotSent(NotSent),

    /// The request went out, and what became of it is not known. Only a person may decide to send
    /// again.
    #[error("no answer: {0}")]
    Unanswered(Unanswered),

    /// The token is wrong or was revoked.
    #[error("Telegram does not know this token")]
    Unauthorized,
}

/// Why a question was not answered, or a setting not made. All of it may be asked again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The token is wrong or was revoked: 401, or 404 of the Bot API.
    #[error("Telegram does not know this token")]
    Unauthorized,

    /// Somebody else reads this bot's updates: a webhook is set, or another program polls (409).
    #[error("another program receives this bot's updates: {0}")]
    Conflict(String),

    /// Too much at once.
    #[error("Telegram asks to wait {} s", .0.as_secs())]
    SlowDown(Duration),

    /// Telegram says no, and will say no again.
    #[error("Telegram refused it ({code}): {description}")]
    Rejected {
        /// The Bot API's error code, or the HTTP status.
        code: u16,
        /// Telegram's words, at most 300 characters, without tokens.
        description: String,
    },

    /// Telegram was not reached.
    #[error("Telegram was not reached: {0}")]
    NotSent(NotSent),

    /// Telegram was reached, and did not answer as it should. A setting may have been made.
    #[error("no answer from Telegram: {0}")]
    Unanswered(Unanswered),
}

impl CallError {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::SlowDown(_) | Self::NotSent(_) | Self::Unanswered(_) => true,
            Self::Unauthorized | Self::Conflict(_) | Self::Rejected { .. } => false,
        }
    }
}

/// Why a request never left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// No connection: no such host, refused, no TLS. The text has no token in it.
    #[error("no connection ({0})")]
    Unreachable(String),
    /// There was no connection before the deadline.
    #[error("no connection in time")]
    Deadline,
    /// The kept connection was closed before the request was begun.
    #[error("the connection had been closed")]
    Closed,
}

/// Why there is no answer to a request that left, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// Silence until the deadline.
    #[error("nothing in time")]
    Deadline,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
    /// A failure at Telegram's end, with its HTTP status.
    #[error("Telegram failed ({0})")]
    Server(u16),
    /// Something that is no answer of a Bot API: cut off, too long, or not JSON.
    #[error("not an answer of a Bot API")]
    Garbled,
}
