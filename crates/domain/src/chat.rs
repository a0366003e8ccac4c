//! Groups and channels that a bot is in.

use crate::{ids::ChatId, words::words};

/// Telegram's numbers have at most 52 significant bits (Bot API, `Chat.id`).
pub const FARTHEST: ChatId = 1 << 52;

/// Numbers of supergroups and channels lie below this one, those of groups of the old kind between it and zero.
const SUPERGROUPS: ChatId = -1_000_000_000_000;

/// Most characters of a title that are kept. Telegram allows 128.
pub const LONGEST_TITLE: usize = 128;

words! {
    /// What kind of chat it is.
    pub enum Kind {
        /// A group of the old, small kind. It may become a supergroup, which has another number.
        Group = "group",
        /// A group, as nearly all are.
        Supergroup = "supergroup",
        /// Where few write and many read.
        Channel = "channel",
    }
}

words! {
    /// Whether a bot can write to a group or channel.
    pub enum Standing {
        /// It is there, and nothing says that it may not write.
        Writable = "writable",
        /// It is there and may not write.
        Muted = "muted",
        /// It is not there any more, or the chat is not.
        Gone = "gone",
    }
}

/// Whether a number can be that of a group or channel.
pub const fn is_chat(number: ChatId) -> bool {
    -FARTHEST <= number && number < 0
}

/// Whether the group `from` can have become the supergroup `to`. A supergroup never becomes another one, so a
/// number leads on once at most.
pub const fn is_upgrade(from: ChatId, to: ChatId) -> bool {
    SUPERGROUPS < from && from < 0 && is_chat(to) && to < SUPERGROUPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_on_once_at_most() {
        let numbers = [
            i64::MIN,
            -FARTHEST - 1,
            -FARTHEST,
            -1_001_234_567_890,
            SUPERGROUPS - 1,
            SUPERGROUPS,
            SUPERGROUPS + 1,
            -(1 << 33),
            -1,
            0,
            1,
            i64::MAX,
        ];
        for from in numbers {
            for to in numbers {
                if is_upgrade(from, to) {
                    assert!(is_chat(from) && is_chat(to), "{from} {to}");
                    assert!(numbers.iter().all(|&next| !is_upgrade(to, next)), "{from} {to}");
                }
            }
        }
        assert!(is_upgrade(-1, -1_001_234_567_890) && is_upgrade(-(1 << 33), -FARTHEST));
        assert!(!is_upgrade(-1_001_234_567_890, -1) && !is_upgrade(7, -1_001_234_567_890));
    }
}
