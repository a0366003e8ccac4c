//! Who may: the one place that turns a signed-in person into a scope.

#![allow(clippy::disallowed_methods, reason = "this is the place that may vouch for a scope")]

use contract::{
    auth::Again,
    cx::{RequestCx, Viewer},
};
use domain::{
    audit::{Actor, Needed},
    bot::Slug,
    ids::{BotId, UserId, WorkspaceId},
    rights::{Right, Rights, Role},
};
use store::{
    BotScope, StoreError, WorkspaceScope,
    audit::Origin,
    members::{self, Membership},
};

use crate::{ServiceError, Services, refusals::At};

/// The person who is signed in.
///
/// # Errors
/// [`ServiceError::Unauthenticated`] without one.
pub fn viewer(cx: &RequestCx) -> Result<&Viewer, ServiceError> {
    cx.viewer.as_ref().ok_or(ServiceError::Unauthenticated)
}

/// Sees that the viewer has proved within ten minutes who they are: a browser that somebody left open
/// must not be enough to change what lets people in.
///
/// # Errors
/// [`ServiceError::Unauthenticated`] without a viewer; otherwise a complaint at [`Again::FIELD`].
pub fn fresh(cx: &RequestCx) -> Result<&Viewer, ServiceError> {
    let viewer = viewer(cx)?;
    if cx.is_fresh() {
        return Ok(viewer);
    }
    Err(ServiceError::field(Again::FIELD, "Enter your password once more to do this."))
}

/// The viewer, who looks after the instance.
///
/// # Errors
/// [`ServiceError::Denied`] for everybody else.
pub fn instance_admin<'c>(svc: &Services, cx: &'c RequestCx) -> Result<&'c Viewer, ServiceError> {
    let viewer = viewer(cx)?;
    if viewer.instance_admin {
        return Ok(viewer);
    }
    Err(svc.refusals.refuse(cx, At::Outside, Needed::Instance))
}

/// The viewer's current workspace, in the role they hold now.
///
/// # Errors
/// [`ServiceError::Denied`] when the membership is gone, or the workspace about to go;
/// [`ServiceError::NeedsSecondFactor`] when the workspace asks for one that they do not have.
pub async fn workspace(svc: &Services, cx: &RequestCx) -> Result<WorkspaceScope, ServiceError> {
    let viewer = viewer(cx)?;
    let memberships = svc
        .store
        .user(Some(viewer.user), async |tx| Ok::<_, StoreError>(members::of_user(tx).await?))
        .await?;
    let membership = memberships
        .iter()
        .find(|membership| membership.workspace == viewer.workspace && !membership.is_closing())
        .ok_or_else(|| svc.refusals.refuse(cx, At::Outside, Needed::View))?;
    if membership.barred {
        return Err(ServiceError::NeedsSecondFactor);
    }
    Ok(WorkspaceScope::vouch(membership.workspace, Some(viewer.user), membership.role))
}

/// As [`workspace`], for those who look after it.
///
/// # Errors
/// [`ServiceError::Denied`] for members who are neither owner nor admin.
pub async fn admin(svc: &Services, cx: &RequestCx) -> Result<WorkspaceScope, ServiceError> {
    let scope = workspace(svc, cx).await?;
    match scope.role {
        Role::Owner | Role::Admin => Ok(scope),
        Role::Member => Err(svc.refusals.refuse(cx, At::Workspace(scope.workspace), Needed::Admin)),
    }
}

/// As [`workspace`], for those who own it.
///
/// # Errors
/// [`ServiceError::Denied`] for all other members.
pub async fn owner(svc: &Services, cx: &RequestCx) -> Result<WorkspaceScope, ServiceError> {
    let scope = workspace(svc, cx).await?;
    match scope.role {
        Role::Owner => Ok(scope),
        Role::Admin | Role::Member => {
            Err(svc.refusals.refuse(cx, At::Workspace(scope.workspace), Needed::Owner))
        }
    }
}

/// Every workspace of the viewer with the scope they have there, the oldest membership first. To owners
/// those too that are about to go: nothing may be done there but keeping them.
///
/// # Errors
/// [`ServiceError::Unauthenticated`] without a viewer.
pub async fn memberships(
    svc: &Services,
    cx: &RequestCx,
) -> Result<Vec<(Membership, WorkspaceScope)>, ServiceError> {
    let user = viewer(cx)?.user;
    let memberships = svc
        .store
        .user(Some(user), async |tx| Ok::<_, StoreError>(members::of_user(tx).await?))
        .await?;
    let scope = |membership: Membership| {
        let scope = WorkspaceScope::vouch(membership.workspace, Some(user), membership.role);
        (membership, scope)
    };
    Ok(memberships.into_iter().map(scope).collect())
}

/// Resolves the slug of a URL for the signed-in person.
///
/// # Errors
/// [`ServiceError::Denied`] alike for a foreign bot, for none at all, for a text that could name none,
/// and for too low a right, so strangers cannot learn which bots exist. After that
/// [`ServiceError::NeedsSecondFactor`], as [`workspace`].
pub async fn bot(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    need: Right,
) -> Result<BotScope, ServiceError> {
    let user = viewer(cx)?.user;
    // What is no slug is looked up like one: the answer must take as long.
    let slug = slug.parse::<Slug>().map(String::from).unwrap_or_default();
    let standing = svc
        .store
        .user(Some(user), async |tx| Ok::<_, StoreError>(members::rights_on(tx, &slug).await?))
        .await?;
    match standing {
        Some(standing) if standing.rights.allow(need) && standing.barred => {
            Err(ServiceError::NeedsSecondFactor)
        }
        Some(standing) if standing.rights.allow(need) => {
            Ok(BotScope::vouch(standing.workspace, standing.bot, Some(user), standing.rights))
        }
        Some(standing) => {
            let at = At::Bot(standing.workspace, standing.bot);
            Err(svc.refusals.refuse(cx, at, need.into()))
        }
        None => Err(svc.refusals.refuse(cx, At::Outside, need.into())),
    }
}

/// The scope of a part of Gannet that works on a row it has claimed for this bot.
pub fn claimed(workspace: WorkspaceId, bot: BotId) -> BotScope {
    BotScope::vouch(workspace, bot, None, Rights::ALL)
}

/// The scope of the person who founds a workspace, or connects a bot to one (which is not in the
/// directory yet).
pub fn newborn_workspace(workspace: WorkspaceId, owner: UserId) -> WorkspaceScope {
    WorkspaceScope::vouch(workspace, Some(owner), Role::Owner)
}

/// The scope in which an invitation is looked for and accepted: nobody's yet, so the holder may do nothing
/// but what the invitation says.
pub fn invited(workspace: WorkspaceId, user: Option<UserId>) -> WorkspaceScope {
    WorkspaceScope::vouch(workspace, user, Role::Member)
}

/// The scope in which an export is written that an owner of this workspace asked for.
pub(crate) fn exporting(workspace: WorkspaceId) -> WorkspaceScope {
    WorkspaceScope::vouch(workspace, None, Role::Owner)
}

/// The scope in which the end of a month of the audit log is put on record; the workspace may be gone.
pub(crate) fn keeper_of_the_log(workspace: WorkspaceId) -> WorkspaceScope {
    WorkspaceScope::vouch(workspace, None, Role::Owner)
}

/// The scope of the workspace of a bot that somebody may act on: for what has to be known of all its bots.
pub(crate) fn workspace_of(bot: &BotScope) -> WorkspaceScope {
    WorkspaceScope::vouch(bot.workspace, bot.user, Role::Member)
}

/// The scope in which it is seen to what a workspace pays: because Stripe told something, somebody asked, or its
/// time has come. Nothing of it is given to anybody but those who may see it.
pub(crate) fn cashier(workspace: WorkspaceId) -> WorkspaceScope {
    WorkspaceScope::vouch(workspace, None, Role::Owner)
}

/// The scope in which a workspace is looked after that nobody looks after any more: its day has come, or its
/// owners went. Not for anybody's request about a workspace of theirs.
pub(crate) fn caretaker(workspace: WorkspaceId) -> WorkspaceScope {
    WorkspaceScope::vouch(workspace, None, Role::Owner)
}

/// The scope of a bot of a workspace in which the holder may connect and disconnect bots.
///
/// # Errors
/// [`ServiceError::Denied`] for members who are neither owner nor admin.
pub fn bot_of(scope: &WorkspaceScope, bot: BotId) -> Result<BotScope, ServiceError> {
    match scope.role {
        Role::Owner | Role::Admin => {
            Ok(BotScope::vouch(scope.workspace, bot, scope.user, Rights::ALL))
        }
        Role::Member => Err(ServiceError::Denied),
    }
}

/// The request as the audit log remembers it.
pub fn origin(cx: &RequestCx) -> Origin {
    let actor =
        cx.viewer.as_ref().map_or(Actor::System("visitor"), |viewer| Actor::User(viewer.user));
    Origin {
        actor,
        actor_name: cx.viewer.as_ref().map(|viewer| viewer.name.clone()).unwrap_or_default(),
        ip: Some(cx.ip.to_string()),
        user_agent: Some(cx.user_agent.clone()),
        request_id: Some(cx.request_id.clone()),
    }
}
