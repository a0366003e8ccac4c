//! What must be open for a bot's messages to leave.

use crate::broadcast::Status;

/// The gates that stand before everything a bot sends, as they are at this moment. Each alone is enough
/// to stop it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gates {
    /// Somebody made the bot read-only.
    pub read_only: bool,
    /// There is a token to send with.
    pub has_token: bool,
    /// The workspace is about to be deleted.
    pub closing: bool,
}

/// A gate of the bot that is shut: nothing leaves until a person opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// The bot is read-only.
    ReadOnly,
    /// The bot has no token.
    NoToken,
    /// The workspace is about to be deleted.
    Closing,
}

impl Shut {
    /// Why a broadcast stopped, as it stays beside it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ReadOnly => "the bot was made read-only",
            Self::NoToken => "the bot has no token",
            Self::Closing => "its workspace is about to be deleted",
        }
    }
}

impl Gates {
    /// The gate that keeps everything of the bot from leaving, if one is shut.
    pub const fn shut(self) -> Option<Shut> {
        match self {
            Self { closing: true, .. } => Some(Shut::Closing),
            Self { read_only: true, .. } => Some(Shut::ReadOnly),
            Self { has_token: false, .. } => Some(Shut::NoToken),
            Self { read_only: false, has_token: true, closing: false } => None,
        }
    }

    /// Whether a broadcast that stands at `status` (none: it is gone) may go on: its own gate is open too.
    pub fn let_through(self, status: Option<Status>) -> bool {
        self.shut().is_none() && status == Some(Status::Sending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gate_alone_stops_a_broadcast() {
        let statuses = Status::ALL.iter().copied().map(Some).chain([None]);
        for status in statuses {
            for which in 0..8_u8 {
                let [read_only, has_token, closing] = [1, 2, 4].map(|bit| which & bit != 0);
                let gates = Gates { read_only, has_token, closing };
                let open = !read_only && has_token && !closing;
                assert_eq!(gates.shut().is_none(), open, "{gates:?}");
                let passes = open && status == Some(Status::Sending);
                assert_eq!(gates.let_through(status), passes, "{gates:?} {status:?}");
            }
        }
    }

    #[test]
    fn a_bot_that_is_read_only_says_so_first() {
        let gates = Gates { read_only: true, has_token: false, closing: false };
        assert_eq!(gates.shut(), Some(Shut::ReadOnly));
        assert_ne!(Shut::ReadOnly.reason(), Shut::NoToken.reason());
    }
}
