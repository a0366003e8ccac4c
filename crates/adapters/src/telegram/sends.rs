//! How many messages went out, and what became of them: figures of a process, not of a bot.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{SendError, Sent};

/// What became of a request to send a message. One message may take several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrived.
    Sent,
    /// The person blocked the bot.
    Blocked,
    /// The person's account is gone.
    Deactivated,
    /// Telegram will not take this message, or not for this chat.
    Failed,
    /// 429: Telegram asked the bot to wait.
    TooMany,
    /// Telegram does not know the token.
    Unauthorized,
    /// It surely never left.
    NotSent,
    /// Nobody knows.
    Unknown,
}

impl Fate {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 8] = [
        Self::Sent,
        Self::Blocked,
        Self::Deactivated,
        Self::Failed,
        Self::TooMany,
        Self::Unauthorized,
        Self::NotSent,
        Self::Unknown,
    ];

    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Blocked => "blocked",
            Self::Deactivated => "deactivated",
            Self::Failed => "failed",
            Self::TooMany => "too_many",
            Self::Unauthorized => "unauthorized",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }

    fn of(outcome: &Result<Sent, SendError>) -> Self {
        match outcome {
            Ok(_) => Self::Sent,
            Err(SendError::Blocked) => Self::Blocked,
            Err(SendError::Deactivated) => Self::Deactivated,
            Err(
                SendError::ChatNotFound
                | SendError::Rejected { .. }
                | SendError::Muted { .. }
                | SendError::NoStars { .. }
                | SendError::Migrated(_),
            ) => Self::Failed,
            Err(SendError::SlowDown(_)) => Self::TooMany,
            Err(SendError::Unauthorized) => Self::Unauthorized,
            Err(SendError::NotSent(_)) => Self::NotSent,
            Err(SendError::Unanswered(_)) => Self::Unknown,
        }
    }
}

/// Counts of a client's requests to send a message.
#[derive(Debug, Default)]
pub struct Sends {
    ended: [AtomicU64; Fate::ALL.len()],
    in_flight: AtomicU64,
}

impl Sends {
    /// How many requests have ended so.
    pub fn ended(&self, fate: Fate) -> u64 {
        self.ended[fate as usize].load(Ordering::Relaxed)
    }

    /// How many are under way.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// A request leaves. Until it has landed its fate is unknown, and so it is when it is dropped.
    pub(super) fn begin(&self) -> Flight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Flight { sends: self, fate: Fate::Unknown }
    }
}

/// A request under way.
pub(super) struct Flight<'s> {
    sends: &'s Sends,
    fate: Fate,
}

impl Flight<'_> {
    pub fn land(mut self, outcome: &Result<Sent, SendError>) {
        self.fate = Fate::of(outcome);
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.sends.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.sends.ended[self.fate as usize].fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_in_flight_until_it_has_a_fate() {
        let sends = Sends::default();
        let (refused, dropped) = (sends.begin(), sends.begin());
        assert_eq!(sends.in_flight(), 2);
        refused.land(&Err(SendError::Blocked));
        drop(dropped);
        assert_eq!(sends.in_flight(), 0);
        let counts = Fate::ALL.map(|fate| (fate.as_str(), sends.ended(fate)));
        let counted: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [("blocked", 1), ("unknown", 1)]);
    }
}
