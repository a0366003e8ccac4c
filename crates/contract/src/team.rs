//! Who belongs to a workspace, who may join, and what members may do with which bot.

use domain::{
    Timestamp,
    ids::{InvitationId, UserId, WorkspaceId},
    rights::{Rights, Role},
};

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx};

/// One of the viewer's workspaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Which.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// As what the viewer belongs to it.
    pub role: Role,
    /// When it goes for good, if one of its owners wants it gone: the others see it no longer.
    pub closes_at: Option<Timestamp>,
}

/// What would go with the current workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Usernames of its bots.
    pub bots: Vec<String>,
    /// Other people who belong to it.
    pub others: u64,
    /// When, if it were marked now.
    pub goes_at: Timestamp,
    /// It has a subscription, which ends with it.
    pub pays: bool,
}

/// Somebody who belongs to the current workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// What they want to be called.
    pub name: String,
    /// Their address, for owners and admins; others see none.
    pub email: Option<String>,
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
    /// Whether they have a second factor.
    pub has_factor: bool,
}

/// An invitation that nobody has accepted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// Which.
    pub id: InvitationId,
    /// Whose; none for whoever holds the link.
    pub email: Option<String>,
    /// As what.
    pub role: Role,
    /// Until when.
    pub expires_at: Timestamp,
}

/// The people of the current workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// Those who belong to it, the longest first.
    pub members: Vec<Member>,
    /// Those who are invited, the latest first; for owners and admins, others see none.
    pub invited: Vec<Invited>,
    /// Its bots, by slug and name, for what an invitation may grant; as [`Team::invited`].
    pub bots: Vec<(String, String)>,
}

/// What the members may do with the bots: those who are neither owners nor admins, who may do everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// The bots, by slug and name.
    pub bots: Vec<(String, String)>,
    /// The members, with what each may do, bot by bot in the same order.
    pub members: Vec<(UserId, String, Vec<Rights>)>,
}

/// What an invitation leads to, for whoever holds its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The workspace's name.
    pub workspace: String,
    /// As what they would join.
    pub role: Role,
    /// For whom it is; none for whoever holds the link.
    pub email: Option<String>,
}

/// `POST /w/new`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Founding {
    /// What the new one is called, 1 to 80 characters.
    #[serde(default)]
    pub called: String,
}

/// `POST /w/rename`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Naming {
    /// 1 to 80 characters.
    #[serde(default)]
    pub name: String,
}

/// `POST /w/close`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Closing {
    /// The workspace's name, as typed by whoever means it.
    #[serde(default)]
    pub typed: String,
}

/// `POST /w/keep`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Keep {
    /// Which of the viewer's workspaces.
    #[serde(default)]
    pub workspace: String,
}

/// `POST /w/switch`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Switch {
    /// Which of the viewer's workspaces.
    #[serde(default)]
    pub workspace: String,
}

/// `POST /w/members/role`, `POST /w/members/remove` and `POST /w/members/sign-out`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Change {
    /// Whom it concerns.
    #[serde(default)]
    pub user: String,
    /// The role they are to have; the others read none.
    #[serde(default)]
    pub role: String,
}

/// `POST /w/invitations`. What it grants stands in further fields, `on:` and a bot's slug each, with a
/// preset's word in it.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Invite {
    /// Whom to mail; empty: a link for whoever gets it.
    #[serde(default)]
    pub email: String,
    /// As what.
    #[serde(default)]
    pub role: String,
}

/// `POST /w/invitations/revoke` and `POST /w/invitations/resend`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Which {
    /// Which invitation.
    #[serde(default)]
    pub invitation: String,
}

/// `POST /w/rights`: what one member may do. Fields as with [`Invite`]; a bot without one stays as it is.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Grant {
    /// Who.
    #[serde(default)]
    pub user: String,
}

/// What a form says of bots: slug and a preset's word; an empty word takes everything back.
pub type OnBots = Vec<(String, String)>;

/// How a form's field is called that is about a bot.
pub const ON: &str = "on:";

/// `POST /join`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Join {
    /// From the link.
    #[serde(default)]
    pub token: String,
}

/// The link of an invitation, shown this once.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// Where it leads.
    pub url: String,
}

/// Workspaces and their people.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait TeamApi: Send + Sync {
    /// The viewer's workspaces, the longest membership first.
    ///
    /// # Errors
    /// [`ClientError::Unauthenticated`] without a viewer.
    async fn workspaces(&self, cx: &RequestCx) -> Result<Vec<Workspace>, ClientError>;

    /// Founds a workspace of the viewer's own.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at `called`.
    async fn found(&self, cx: &RequestCx, form: Founding) -> Result<WorkspaceId, ClientError>;

    /// One of the viewer's workspaces, for the caller to make it the current one.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] alike for a foreign one and for none.
    async fn choose(&self, cx: &RequestCx, form: Switch) -> Result<WorkspaceId, ClientError>;

    /// Calls the current workspace something else. Owners and admins.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at `name`.
    async fn rename(&self, cx: &RequestCx, form: Naming) -> Result<(), ClientError>;

    /// What would go with the current workspace. Owners.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for everybody else.
    async fn ending(&self, cx: &RequestCx) -> Result<Ending, ClientError>;

    /// Marks the current workspace for deletion: from now on only its owners see it, nothing is sent, and in
    /// 30 days it is gone unless one of them keeps it. Owners, with a fresh proof.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at `typed`; [`ClientError::Conflict`] when another owner was faster.
    async fn close_workspace(&self, cx: &RequestCx, form: Closing) -> Result<(), ClientError>;

    /// Keeps one that was to go, for the caller to make it the current one. Its owners.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] alike for a foreign one and for none; [`ClientError::Conflict`] when its day
    /// has come.
    async fn keep_workspace(&self, cx: &RequestCx, form: Keep) -> Result<WorkspaceId, ClientError>;

    /// The people of the current workspace.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for whoever is no member any more.
    async fn team(&self, cx: &RequestCx) -> Result<Team, ClientError>;

    /// Gives a member another role. Owners and admins, up to their own rank.
    ///
    /// # Errors
    /// [`ClientError::Conflict`], which says why not; [`ClientError::Invalid`] for an unknown role, and for
    /// making an owner without a fresh proof.
    async fn set_role(&self, cx: &RequestCx, form: Change) -> Result<(), ClientError>;

    /// Removes a member, who loses the workspace with their next click.
    ///
    /// # Errors
    /// As [`TeamApi::set_role`].
    async fn remove(&self, cx: &RequestCx, form: Change) -> Result<(), ClientError>;

    /// Ends all sessions of another member, who is told by mail. Owners and admins, up to their own rank,
    /// with a fresh proof.
    ///
    /// # Errors
    /// As [`TeamApi::set_role`]; [`ClientError::Conflict`] for the viewer's own.
    async fn sign_out(&self, cx: &RequestCx, form: Change) -> Result<(), ClientError>;

    /// Leaves the current workspace.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] for its last owner.
    async fn leave(&self, cx: &RequestCx) -> Result<(), ClientError>;

    /// Invites somebody: by mail, or by the link that is given back. Owners and admins.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] at the fields, at `email` for a member too; [`ClientError::Conflict`] for a
    /// bot that is gone; [`ClientError::RateLimited`] after fifty within an hour.
    async fn invite(&self, cx: &RequestCx, form: Invite, on: OnBots) -> Result<Link, ClientError>;

    /// Withdraws an invitation.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] when it is not open any more.
    async fn revoke_invitation(&self, cx: &RequestCx, which: Which) -> Result<(), ClientError>;

    /// Mails an invitation once more, with a new link; the old one is void.
    ///
    /// # Errors
    /// As [`TeamApi::revoke_invitation`].
    async fn renew_invitation(&self, cx: &RequestCx, which: Which) -> Result<(), ClientError>;

    /// What members may do with which bot. Owners and admins.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for everybody else.
    async fn matrix(&self, cx: &RequestCx) -> Result<Matrix, ClientError>;

    /// Changes what a member may do, from their next request on. Owners and admins.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] for whoever is no member, or holds everything already.
    async fn grant(&self, cx: &RequestCx, form: Grant, on: OnBots) -> Result<(), ClientError>;

    /// What the invitation behind a link leads to; none when it is void.
    ///
    /// # Errors
    /// [`ClientError::Unavailable`] when the database is away.
    async fn welcome(&self, token: &str) -> Result<Option<Welcome>, ClientError>;

    /// Makes the viewer a member. The caller makes the workspace the current one.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] for a void link, another person's invitation, or a member.
    async fn join(&self, cx: &RequestCx, form: Join) -> Result<WorkspaceId, ClientError>;
}
