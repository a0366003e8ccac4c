//! Who may do what: roles in a workspace, rights on a bot.

use std::fmt;

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

impl Role {
    /// As one speaks of one.
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Owner => "an owner",
            Self::Admin => "an admin",
            Self::Member => "a member",
        }
    }

    /// Whether somebody in this role may change or remove somebody in the `other` one, and give it: nobody
    /// touches a higher rank than their own, and a member touches nobody.
    pub const fn may_touch(self, other: Self) -> bool {
        match (self, other) {
            (Self::Owner, _) | (Self::Admin, Self::Admin | Self::Member) => true,
            (Self::Admin, Self::Owner) | (Self::Member, _) => false,
        }
    }
}

/// People of a workspace in their roles, of whom one owner at least must stay.
#[derive(Clone, Debug)]
pub struct Roll<K>(Vec<(K, Role)>);

/// Why a change of the roll is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSo {
    /// They are no member any more.
    #[error("This person is no member of the workspace any more. Reload the page.")]
    Gone,
    /// Their rank is higher than that of who asks, or would be.
    #[error(
        "You cannot change the role of somebody above you, nor give a higher one than your own."
    )]
    Rank,
    /// Their rank is higher than that of who asks.
    #[error("You cannot sign out somebody above you.")]
    Above,
    /// Nobody would own the workspace.
    #[error("A workspace needs an owner. Make somebody else an owner first.")]
    LastOwner,
}

impl<K: PartialEq + Copy> Roll<K> {
    /// Everybody there is, each once.
    pub fn new(people: Vec<(K, Role)>) -> Self {
        Self(people)
    }

    /// The role of `who`.
    ///
    /// # Errors
    /// [`NotSo::Gone`].
    pub fn role(&self, who: K) -> Result<Role, NotSo> {
        self.0.iter().find(|(one, _)| *one == who).map(|(_, role)| *role).ok_or(NotSo::Gone)
    }

    /// Whether `by` may give `who` the role `to`; gives the one they have.
    ///
    /// # Errors
    /// [`NotSo`], why not.
    pub fn may_change(&self, by: K, who: K, to: Role) -> Result<Role, NotSo> {
        let (mine, theirs) = (self.role(by)?, self.role(who)?);
        if !mine.may_touch(theirs) || !mine.may_touch(to) {
            return Err(NotSo::Rank);
        }
        self.keeps_an_owner(who, theirs, Some(to))?;
        Ok(theirs)
    }

    /// Whether `by` may remove `who`; everybody may leave. Gives the role they had.
    ///
    /// # Errors
    /// [`NotSo`], why not.
    pub fn may_remove(&self, by: K, who: K) -> Result<Role, NotSo> {
        let (mine, theirs) = (self.role(by)?, self.role(who)?);
        if by != who && !mine.may_touch(theirs) {
            return Err(NotSo::Rank);
        }
        self.keeps_an_owner(who, theirs, None)?;
        Ok(theirs)
    }

    /// Whether `by` may end the sessions of `who`, another member. Gives the role they have.
    ///
    /// # Errors
    /// [`NotSo`], why not.
    pub fn may_sign_out(&self, by: K, who: K) -> Result<Role, NotSo> {
        let (mine, theirs) = (self.role(by)?, self.role(who)?);
        if mine.may_touch(theirs) { Ok(theirs) } else { Err(NotSo::Above) }
    }

    fn keeps_an_owner(&self, who: K, was: Role, becomes: Option<Role>) -> Result<(), NotSo> {
        let loses_one = was == Role::Owner && becomes != Some(Role::Owner);
        let is_another = |(one, role): &(K, Role)| *one != who && *role == Role::Owner;
        if loses_one && !self.0.iter().any(is_another) {
            return Err(NotSo::LastOwner);
        }
        Ok(())
    }
}

/// Somebody of a workspace, as far as it matters who owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stake {
    /// As what they belong to it.
    pub role: Role,
    /// Their account is there; one that was closed goes within 30 days.
    pub stays: bool,
}

/// Whether nobody owns a workspace of these people any more, and yet somebody works in it: it may be given
/// to another owner. One whose people are all about to go is nobody's business but theirs.
pub fn is_ownerless(people: &[Stake]) -> bool {
    let is_owned = people.iter().any(|one| one.stays && one.role == Role::Owner);
    !is_owned && people.iter().any(|one| one.stays)
}

words! {
    /// A usual set of rights on a bot.
    pub enum Preset {
        /// Looks.
        Viewer = "viewer",
        /// Writes drafts and texts.
        Editor = "editor",
        /// Writes and sends.
        Sender = "sender",
        /// Does everything but reading the log.
        Manager = "manager",
        /// Looks, and reads the log.
        Auditor = "auditor",
        /// Everything.
        Full = "full",
    }
}

impl Preset {
    /// What it allows.
    pub const fn rights(self) -> Rights {
        let view = Rights::NONE.with(Right::View);
        let edit = view.with(Right::Edit);
        match self {
            Self::Viewer => view,
            Self::Editor => edit,
            Self::Sender => edit.with(Right::Send),
            Self::Manager => edit.with(Right::Send).with(Right::Manage),
            Self::Auditor => view.with(Right::Audit),
            Self::Full => Rights::ALL,
        }
    }

    /// The one that allows exactly `rights`.
    pub fn of(rights: Rights) -> Option<Self> {
        Self::ALL.iter().copied().find(|preset| preset.rights() == rights)
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

    /// The rights in it, in their order.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.iter().copied().filter(move |right| self.allow(*right))
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

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("nothing");
        }
        for (n, right) in self.iter().enumerate() {
            write!(f, "{}{right}", if n == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_touches_a_higher_rank_and_members_touch_nobody() {
        use Role::{Admin, Member, Owner};
        let may = [
            (Owner, Owner, true),
            (Owner, Admin, true),
            (Owner, Member, true),
            (Admin, Owner, false),
            (Admin, Admin, true),
            (Admin, Member, true),
            (Member, Owner, false),
            (Member, Admin, false),
            (Member, Member, false),
        ];
        for (who, other, want) in may {
            assert_eq!(who.may_touch(other), want, "{who} {other}");
        }
    }

    #[test]
    fn a_workspace_keeps_an_owner_and_ranks_keep_their_place() {
        use Role::{Admin, Member, Owner};
        let roll = Roll::new(vec![(1, Owner), (2, Admin), (3, Admin), (4, Member)]);
        assert_eq!(roll.may_change(1, 2, Owner), Ok(Admin));
        assert_eq!(roll.may_change(2, 3, Member), Ok(Admin));
        assert_eq!(
            roll.may_change(2, 4, Owner),
            Err(NotSo::Rank),
            "nobody gives more than they hold"
        );
        assert_eq!(roll.may_change(2, 1, Member), Err(NotSo::Rank));
        assert_eq!(roll.may_change(4, 4, Admin), Err(NotSo::Rank));
        assert_eq!(roll.may_change(1, 1, Admin), Err(NotSo::LastOwner));
        assert_eq!(roll.may_change(1, 9, Admin), Err(NotSo::Gone));
        assert_eq!(roll.may_remove(1, 1), Err(NotSo::LastOwner));
        assert_eq!(roll.may_remove(4, 4), Ok(Member), "everybody may leave");
        assert_eq!(roll.may_remove(4, 3), Err(NotSo::Rank));
        assert_eq!(roll.may_remove(9, 4), Err(NotSo::Gone), "whoever was removed removes nobody");
        assert_eq!(roll.may_sign_out(2, 3), Ok(Admin));
        assert_eq!(roll.may_sign_out(2, 1), Err(NotSo::Above));
        assert_eq!(roll.may_sign_out(4, 4), Err(NotSo::Above), "members touch nobody");
        assert_eq!(roll.may_sign_out(1, 9), Err(NotSo::Gone));
        let two = Roll::new(vec![(1, Owner), (2, Owner)]);
        assert_eq!(two.may_remove(1, 1), Ok(Owner));
        assert_eq!(two.may_remove(2, 1), Ok(Owner));
    }

    #[test]
    fn a_workspace_is_ownerless_when_its_owners_went_and_somebody_stayed() {
        use Role::{Admin, Member, Owner};
        let of = |people: &[(Role, bool)]| {
            let stake = |&(role, stays): &(Role, bool)| Stake { role, stays };
            is_ownerless(&people.iter().map(stake).collect::<Vec<_>>())
        };
        assert!(of(&[(Owner, false), (Member, true)]));
        assert!(of(&[(Admin, true)]));
        assert!(of(&[(Owner, false), (Owner, false), (Admin, false), (Member, true)]));
        assert!(!of(&[(Owner, true), (Member, true)]));
        assert!(!of(&[(Owner, false), (Owner, true)]));
        assert!(!of(&[(Owner, false), (Admin, false)]), "all are about to go");
        assert!(!of(&[]), "nobody is there to be helped");
    }

    #[test]
    fn presets_are_different_sets_and_are_found_again() {
        for &preset in Preset::ALL {
            assert_eq!(Preset::of(preset.rights()), Some(preset));
        }
        assert_eq!(Preset::of(Rights::NONE), None);
        assert_eq!(Preset::of(Rights::NONE.with(Right::Manage)), None);
    }

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
