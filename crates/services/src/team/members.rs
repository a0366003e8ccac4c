//! Who belongs to the current workspace, and as what.

use contract::{
    cx::RequestCx,
    team::{Change, Invited, Member, Team},
};
use domain::{
    audit::{AccountEvent, Event},
    ids::UserId,
    limit::Limit,
    rights::{NotSo, Role, Roll},
};
use store::{
    accounts::log,
    audit::{self, Origin},
    bots, invitations, members, sessions,
};

use super::not_so;
use crate::{ServiceError, Services, access, billing::reconcile, limits, mail};

pub(super) async fn team(svc: &Services, cx: &RequestCx) -> Result<Team, ServiceError> {
    let scope = access::workspace(svc, cx).await?;
    let looks_after = scope.role != Role::Member;
    svc.store
        .workspace(&scope, async |tx| {
            let people = members::people(tx).await?;
            let member = |person: members::Person| Member {
                user: person.user,
                name: person.name,
                email: looks_after.then_some(person.email),
                role: person.role,
                joined_at: person.joined_at.to_jiff(),
                has_factor: person.has_factor,
            };
            let mut team =
                Team { members: people.into_iter().map(member).collect(), ..Team::default() };
            if looks_after {
                let open = invitations::open(tx).await?;
                let invited = |one: invitations::Invitation| Invited {
                    id: one.id,
                    email: one.email,
                    role: one.role,
                    expires_at: one.expires_at,
                };
                team.invited = open.into_iter().map(invited).collect();
                let bots = bots::connected(tx, None).await?;
                team.bots = bots.into_iter().map(|bot| (bot.slug.into(), bot.name)).collect();
            }
            Ok::<_, ServiceError>(team)
        })
        .await
}

/// Gives a member another role. Of two who change each other at once the second is judged by what the
/// first has left.
pub(super) async fn set_role(
    svc: &Services,
    cx: &RequestCx,
    form: Change,
) -> Result<(), ServiceError> {
    let (scope, origin) = (access::admin(svc, cx).await?, access::origin(cx));
    let (by, who) = (access::viewer(cx)?.user, person(&form)?);
    let to: Role =
        form.role.parse().map_err(|_| ServiceError::field("role", "Choose one of the roles."))?;
    if to == Role::Owner {
        access::fresh(cx)?;
    }
    svc.store
        .workspace(&scope, async |tx| {
            let from =
                Roll::new(members::roll(tx).await?).may_change(by, who, to).map_err(not_so)?;
            if from == to {
                return Ok(());
            }
            let name = members::name_of(tx, who).await?;
            members::set_role(tx, who, to).await?;
            audit::record(tx, &origin, &Event::MemberRoleChanged { name, from, to }).await?;
            reconcile::soon(tx).await?;
            Ok::<_, ServiceError>(())
        })
        .await
}

pub(super) async fn remove(
    svc: &Services,
    cx: &RequestCx,
    form: Change,
) -> Result<(), ServiceError> {
    let (scope, origin) = (access::admin(svc, cx).await?, access::origin(cx));
    let (by, who) = (access::viewer(cx)?.user, person(&form)?);
    svc.store
        .workspace(&scope, async |tx| {
            let roll = Roll::new(members::roll(tx).await?);
            let role = roll.may_remove(by, who).map_err(not_so)?;
            let name = members::name_of(tx, who).await?;
            members::remove(tx, who).await?;
            audit::record(tx, &origin, &Event::MemberRemoved { name, role }).await?;
            reconcile::soon(tx).await?;
            Ok::<_, ServiceError>(())
        })
        .await
}

/// Ends all sessions of a member, wherever they are signed in: somebody has lost a telephone, or is not to be
/// trusted for the moment. They keep what they may do, and are told.
pub(super) async fn sign_out(
    svc: &Services,
    cx: &RequestCx,
    form: Change,
) -> Result<(), ServiceError> {
    let (scope, origin) = (access::admin(svc, cx).await?, access::origin(cx));
    let (by, who) = (access::fresh(cx)?.user, person(&form)?);
    if by == who {
        let why = "Your own browsers are signed out under Account → Sessions.";
        return Err(ServiceError::Conflict(why.into()));
    }
    limits::charge(svc, cx, Limit::SignOut, &format!("{}/{who}", scope.workspace)).await?;
    // From where the admin did it is for the log of the workspace, and not for theirs.
    let told = Origin { ip: None, user_agent: None, ..origin.clone() };
    let email = svc
        .store
        .workspace(&scope, async |tx| Ok::<_, ServiceError>(members::email_of(tx, who).await?))
        .await?
        .ok_or_else(|| not_so(NotSo::Gone))?;
    let to = email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    let letter = mail::templates::signed_out_by_admin(&svc.settings.base_url);
    let mail = mail::write(svc, &to, &letter, None).await?;
    svc.store
        .workspace(&scope, async |tx| {
            Roll::new(members::roll(tx).await?).may_sign_out(by, who).map_err(not_so)?;
            let name = members::name_of(tx, who).await?;
            sessions::end_all(tx, who).await?;
            log::record(tx, &told, Some(who), AccountEvent::SessionsEndedByAdmin).await?;
            mail.enqueue(tx, true).await?;
            audit::record(tx, &origin, &Event::MemberSignedOut { name }).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(())
}

pub(super) async fn leave(svc: &Services, cx: &RequestCx) -> Result<(), ServiceError> {
    let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
    let mut memberships = access::memberships(svc, cx).await?;
    memberships.retain(|(membership, _)| !membership.is_closing());
    let current = access::viewer(cx)?.workspace;
    let (_, scope) = memberships
        .iter()
        .find(|(membership, _)| membership.workspace == current)
        .ok_or(ServiceError::Denied)?;
    if memberships.len() == 1 {
        let why = "This is your only workspace. Create another one first, or close your account.";
        return Err(ServiceError::Conflict(why.into()));
    }
    svc.store
        .workspace(scope, async |tx| {
            let roll = Roll::new(members::roll(tx).await?);
            let role = roll.may_remove(user, user).map_err(not_so)?;
            members::remove(tx, user).await?;
            audit::record(tx, &origin, &Event::MemberLeft { role }).await?;
            reconcile::soon(tx).await?;
            Ok::<_, ServiceError>(())
        })
        .await
}

fn person(form: &Change) -> Result<UserId, ServiceError> {
    form.user.parse().map_err(|_| not_so(domain::rights::NotSo::Gone))
}
