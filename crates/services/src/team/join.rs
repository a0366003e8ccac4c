//! Accepting an invitation.

use contract::{
    cx::RequestCx,
    team::{Join, Welcome},
};
use domain::{
    audit::Event,
    email::Email,
    ids::WorkspaceId,
    rights::{Rights, Role},
};
use store::{audit, bots, invitations, members};

use super::link::Key;
use crate::{ServiceError, Services, access};

/// What a link leads to; none when it is void.
pub(super) async fn welcome(svc: &Services, token: &str) -> Result<Option<Welcome>, ServiceError> {
    let Some(key) = Key::parse(token) else { return Ok(None) };
    let scope = access::invited(key.workspace, None);
    svc.store
        .workspace(&scope, async |tx| {
            let Some(found) = invitations::by_token(tx, &key.hash()).await? else {
                return Ok(None);
            };
            let workspace = members::workspace_name(tx).await?;
            Ok::<_, ServiceError>(Some(Welcome { workspace, role: found.role, email: found.email }))
        })
        .await
}

/// Whether a link is for this address: it admits to signing up, too, where strangers may not.
pub(crate) async fn admits(
    svc: &Services,
    token: &str,
    email: &Email,
) -> Result<bool, ServiceError> {
    let Some(key) = Key::parse(token) else { return Ok(false) };
    let scope = access::invited(key.workspace, None);
    svc.store
        .workspace(&scope, async |tx| {
            let found = invitations::by_token(tx, &key.hash()).await?;
            Ok(found.is_some_and(|one| one.email_key.as_deref() == Some(&email.key())))
        })
        .await
}

/// Makes the viewer a member, once.
pub(super) async fn join(
    svc: &Services,
    cx: &RequestCx,
    form: Join,
) -> Result<WorkspaceId, ServiceError> {
    let (viewer, origin) = (access::viewer(cx)?, access::origin(cx));
    let key = Key::parse(&form.token).ok_or_else(void)?;
    let address: Email =
        viewer.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    let scope = access::invited(key.workspace, Some(viewer.user));
    svc.store
        .workspace(&scope, async |tx| {
            let found = invitations::by_token(tx, &key.hash()).await?.ok_or_else(void)?;
            if found.email_key.as_deref().is_some_and(|wanted| wanted != address.key()) {
                let why = "This invitation is for another address. Sign in with that one.";
                return Err(ServiceError::Conflict(why.into()));
            }
            let roll = members::roll(tx).await?;
            if roll.iter().any(|(user, _)| *user == viewer.user) {
                let why = "You belong to this workspace already.";
                return Err(ServiceError::Conflict(why.into()));
            }
            let taken = invitations::take(tx, found.id).await?.ok_or_else(void)?;
            members::add(tx, viewer.user, taken.role).await?;
            if taken.role == Role::Member {
                let bots = bots::connected(tx, None).await?;
                for (bot, rights) in taken.rights {
                    // One that was disconnected meanwhile is granted to nobody.
                    if bots.iter().any(|one| one.id == bot) {
                        let rights = Rights::of(Role::Member, rights);
                        members::grant(tx, viewer.user, bot, rights).await?;
                    }
                }
            }
            audit::record(tx, &origin, &Event::MemberJoined { role: taken.role }).await?;
            Ok(())
        })
        .await?;
    Ok(scope.workspace)
}

fn void() -> ServiceError {
    let why =
        "This invitation was accepted or withdrawn, or is older than a week. Ask for another.";
    ServiceError::Conflict(why.into())
}
