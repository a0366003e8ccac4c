//! Who may do what: roles in a workspace, rights on a bot.

use crate::words::words;

words! {
    /// What a member is in a workspace.
    pub enum Role {
        /// Holds every right, and the workspace itself.
        Owner = "owner",
        /// Holds every right on every bot.
        Admin = "admin",
        /// Holds what a BotPermission row gives, and nothing else.
        Member = "member",
    }
}

words! {
    /// One thing a person may be allowed to do with a bot.
    pub enum Right {
        /// See the bot, its subscribers and its broadcasts.
        View = "view",
        /// Write drafts and texts.
        Edit = "edit",
        /// Send to subscribers, pause, resume and cancel.
        Send = "send",
        /// Tokens, webhook, disconnecting.
        Manage = "manage",
        /// Read the bot's lines of the audit log.
        Audit = "audit",
    }
}

/// A set of [`Right`]s. Any right implies [`Right::View`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Rights(u8);

impl Rights {
    /// No right at all: what a stranger has.
    pub const NONE: Self = Self(0);
    /// Every right there is.
    pub const ALL: Self = Self(0b1_1111);

    const fn bit(right: Right) -> u8 {
        match right {
            Right::View => 1,
            Right::Edit => 2,
            Right::Send => 4,
            Right::Manage => 8,
            Right::Audit => 16,
        }
    }

    /// This set and `right`.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | Self::bit(right) | Self::bit(Right::View))
    }

    /// Whether `right` is in the set.
    pub const fn allow(self, right: Right) -> bool {
        self.0 & Self::bit(right) != 0
    }

    /// The rights a member has on a bot: all for owners and admins, the granted ones otherwise.
    #[must_use]
    pub fn of(role: Role, granted: impl IntoIterator<Item = Right>) -> Self {
        match role {
            Role::Owner | Role::Admin => Self::ALL,
            Role::Member => granted.into_iter().fold(Self::NONE, Self::with),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_right_implies_view_and_nothing_more() {
        for &right in Right::ALL {
            let rights = Rights::of(Role::Member, [right]);
            for &other in Right::ALL {
                let want = other == right || other == Right::View;
                assert_eq!(rights.allow(other), want, "{right} asked for {other}");
            }
        }
    }

    #[test]
    fn owners_and_admins_hold_all_and_a_member_without_grant_none() {
        assert_eq!(Rights::of(Role::Owner, []), Rights::ALL);
        assert_eq!(Rights::of(Role::Admin, []), Rights::ALL);
        assert_eq!(Rights::of(Role::Member, []), Rights::NONE);
        assert!(Right::ALL.iter().all(|&right| Rights::ALL.allow(right)));
    }
}
