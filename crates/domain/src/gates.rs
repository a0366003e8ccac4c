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
}

/// A gate of the bot that is shut: nothing leaves until a person opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// The bot is read-only.
    ReadOnly,
    /// The bot has no token.
    NoToken,
}

impl Shut {
    /// Why a broadcast stopped, as it stays beside it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ReadOnly => "the bot was made read-only",
            Self::NoToken => "the bot has no token",
        }
    }
}

impl Gates {
    /// The gate that keeps everything of the bot from leaving, if one is shut.
    pub const fn shut(self) -> Option<Shut> {
        match self {
            Self { read_only: true, .. } => Some(Shut::ReadOnly),
            Self { has_token: false, .. } => Some(Shut::NoToken),
            Self { read_only: false, has_token: true } => None,
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
            for (read_only, has_token) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let gates = Gates { read_only, has_token };
                let open = !read_only && has_token;
                assert_eq!(gates.shut().is_none(), open, "{gates:?}");
                let passes = open && status == Some(Status::Sending);
                assert_eq!(gates.let_through(status), passes, "{gates:?} {status:?}");
            }
        }
    }

    #[test]
    fn a_bot_that_is_read_only_says_so_first() {
        let gates = Gates { read_only: true, has_token: false };
        assert_eq!(gates.shut(), Some(Shut::ReadOnly));
        assert_ne!(Shut::ReadOnly.reason(), Shut::NoToken.reason());
    }
}
