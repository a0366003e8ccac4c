//! The end of a workspace: 30 days in which its owners can keep it. [`super::remove_due`] ends them.

use contract::{
    cx::RequestCx,
    team::{Closing, Ending, Keep},
};
use domain::{
    audit::{Event, GRACE_DAYS},
    ids::{UserId, WorkspaceId},
    person,
    rights::Role,
};
use jiff::tz::TimeZone;
use store::{
    StoreError, WorkspaceScope, WorkspaceTx, audit, bots,
    endings::{self, Keeping},
    members,
};

use crate::{
    ServiceError, Services, access,
    billing::{self, reconcile},
    mail,
};

/// What would go.
pub(super) async fn ending(svc: &Services, cx: &RequestCx) -> Result<Ending, ServiceError> {
    let (scope, user) = (access::owner(svc, cx).await?, access::viewer(cx)?.user);
    let (bots, (others, _)) = svc
        .store
        .workspace(&scope, async |tx| {
            Ok::<_, StoreError>((
                bots::connected(tx, None).await?,
                members::others(tx, user).await?,
            ))
        })
        .await?;
    let bots = bots.into_iter().map(|bot| bot.username).collect();
    let pays = billing::pays(svc, &scope).await?;
    Ok(Ending { bots, others, goes_at: cx.now + days(), pays })
}

fn days() -> jiff::Span {
    // Whole days of 24 hours, as the database adds them.
    jiff::Span::new().hours(24 * i64::from(GRACE_DAYS))
}

/// Marks the current workspace for deletion. Of two owners at once one does it.
pub(super) async fn close(
    svc: &Services,
    cx: &RequestCx,
    form: Closing,
) -> Result<(), ServiceError> {
    let scope = access::owner(svc, cx).await?;
    let (user, origin) = (access::fresh(cx)?.user, access::origin(cx));
    let letters = letters(svc, cx, &scope).await?;
    svc.store
        .workspace(&scope, async |tx| {
            must_own(tx, user).await?;
            let name = members::workspace_name(tx).await?;
            if !person::is_meant_by(&form.typed, &name) {
                let why = format!("Type “{name}” to delete the workspace.");
                return Err(ServiceError::field("typed", why));
            }
            if endings::close(tx).await?.is_none() {
                let why = "Another owner has just marked this workspace for deletion.";
                return Err(ServiceError::Conflict(why.into()));
            }
            audit::record(tx, &origin, &Event::WorkspaceClosing).await?;
            reconcile::soon(tx).await?;
            for letter in &letters {
                letter.enqueue(tx, true).await?;
            }
            Ok(())
        })
        .await?;
    // The sender puts aside what it is at.
    svc.nudges.send.notify_one();
    svc.nudges.mail.notify_one();
    svc.nudges.jobs.notify_one();
    Ok(())
}

/// A letter to each owner.
async fn letters(
    svc: &Services,
    cx: &RequestCx,
    scope: &WorkspaceScope,
) -> Result<Vec<mail::Written>, ServiceError> {
    let (name, people) = svc
        .store
        .workspace(scope, async |tx| {
            let name = members::workspace_name(tx).await?;
            Ok::<_, StoreError>((name, members::people(tx).await?))
        })
        .await?;
    let goes_at = (cx.now + days()).to_zoned(TimeZone::UTC).strftime("%-d %B %Y").to_string();
    let by = &access::viewer(cx)?.name;
    let letter = mail::templates::workspace_closing(&svc.settings.base_url, &name, &goes_at, by);
    let mut letters = Vec::new();
    for owner in people.iter().filter(|person| person.role == Role::Owner) {
        let to = owner.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
        let cause = format!("workspace-closing/{}/{}", cx.request_id, owner.user);
        letters.push(mail::write(svc, &to, &letter, Some(cause)).await?);
    }
    Ok(letters)
}

/// Keeps one that was to go, for the caller to make it the current one. Any of its owners may, once or
/// twice alike.
pub(super) async fn keep(
    svc: &Services,
    cx: &RequestCx,
    form: Keep,
) -> Result<WorkspaceId, ServiceError> {
    let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
    let wanted = form.workspace.parse::<WorkspaceId>().ok();
    let memberships = access::memberships(svc, cx).await?;
    let (membership, scope) = memberships
        .iter()
        .find(|(one, scope)| Some(one.workspace) == wanted && scope.role == Role::Owner)
        .ok_or_else(|| ServiceError::field("", "Choose one of the workspaces that you own."))?;
    if membership.barred {
        return Err(ServiceError::NeedsSecondFactor);
    }
    svc.store
        .workspace(scope, async |tx| {
            must_own(tx, user).await?;
            match endings::keep(tx).await? {
                Keeping::Kept => {
                    audit::record(tx, &origin, &Event::WorkspaceKept).await?;
                    Ok(reconcile::soon(tx).await?)
                }
                Keeping::AsItWas => Ok(()),
                Keeping::TooLate => {
                    let why = "The 30 days of this workspace are over, and it is being deleted.";
                    Err(ServiceError::Conflict(why.into()))
                }
            }
        })
        .await?;
    svc.nudges.jobs.notify_one();
    Ok(scope.workspace)
}

/// Sees that `user` owns the workspace still, and goes on doing so until the transaction ends.
async fn must_own(tx: &mut WorkspaceTx<'_>, user: UserId) -> Result<(), ServiceError> {
    match members::roll(tx).await?.contains(&(user, Role::Owner)) {
        true => Ok(()),
        false => Err(ServiceError::Denied),
    }
}
