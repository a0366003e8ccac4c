//! Inviting people to a workspace.

use contract::{
    cx::RequestCx,
    team::{Invite, Link, OnBots, Which},
};
use domain::{
    audit::Event,
    email::Email,
    ids::{InvitationId, WorkspaceId},
    limit::Limit,
    rights::{NotSo, Role},
};
use store::{
    WorkspaceScope, WorkspaceTx, audit,
    invitations::{self, Grants, Invitation, New},
    members,
};
use uuid::Uuid;

use super::{link::Key, not_so, rights};
use crate::{ServiceError, Services, access, billing::gate, limits, mail};

/// Invites somebody. With an address a mail brings the link; it is given back either way, for whoever
/// invites to hand over.
pub(super) async fn invite(
    svc: &Services,
    cx: &RequestCx,
    form: Invite,
    on: OnBots,
) -> Result<Link, ServiceError> {
    let scope = access::admin(svc, cx).await?;
    let email = match form.email.trim() {
        "" => None,
        typed => Some(typed.parse::<Email>().map_err(|why| ServiceError::field("email", why))?),
    };
    let role = role(&scope, &form.role)?;
    let draft = Draft::make(svc, cx, &scope, email).await?;
    let (key, origin) = (draft.email.as_ref().map(Email::key), access::origin(cx));
    svc.store
        .workspace(&scope, async |tx| {
            if let Some(key) = &key {
                refuse_member(tx, key).await?;
            }
            gate::admit_member(svc, tx).await?;
            let mut grants = Grants::new();
            for (bot, _, rights) in rights::read(tx, on).await? {
                if role == Role::Member && rights.iter().next().is_some() {
                    grants.insert(bot, rights.iter().collect());
                }
            }
            draft.put(tx, role, &grants).await?;
            let email = draft.email.as_ref().map(|email| email.as_str().to_owned());
            audit::record(tx, &origin, &Event::MemberInvited { email, role }).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(Link { url: draft.url })
}

/// Withdraws one.
pub(super) async fn revoke(
    svc: &Services,
    cx: &RequestCx,
    which: Which,
) -> Result<(), ServiceError> {
    let (scope, origin) = (access::admin(svc, cx).await?, access::origin(cx));
    let id = id(&which)?;
    svc.store
        .workspace(&scope, async |tx| {
            let Invitation { email, .. } = invitations::take(tx, id).await?.ok_or_else(over)?;
            audit::record(tx, &origin, &Event::InvitationRevoked { email }).await?;
            Ok::<_, ServiceError>(())
        })
        .await
}

/// Mails one again, with another link.
pub(super) async fn renew(
    svc: &Services,
    cx: &RequestCx,
    which: Which,
) -> Result<(), ServiceError> {
    let (scope, origin) = (access::admin(svc, cx).await?, access::origin(cx));
    let id = id(&which)?;
    let open = svc
        .store
        .workspace(&scope, async |tx| Ok::<_, ServiceError>(invitations::open(tx).await?))
        .await?;
    let before = open.into_iter().find(|one| one.id == id).ok_or_else(over)?;
    let Some(email) = before.email.clone() else {
        let why = "This one has no address. Withdraw it, and make another link.";
        return Err(ServiceError::Conflict(why.into()));
    };
    let to = email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    let draft = Draft::make(svc, cx, &scope, Some(to)).await?;
    svc.store
        .workspace(&scope, async |tx| {
            let Invitation { role, rights, .. } =
                invitations::take(tx, id).await?.ok_or_else(over)?;
            if !scope.role.may_touch(role) {
                return Err(not_so(NotSo::Rank));
            }
            draft.put(tx, role, &rights).await?;
            audit::record(tx, &origin, &Event::InvitationRenewed { email }).await?;
            Ok(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(())
}

/// An invitation that is ready to be put into force.
struct Draft {
    email: Option<Email>,
    hash: [u8; 32],
    url: String,
    mail: Option<mail::Written>,
    by: domain::ids::UserId,
}

impl Draft {
    async fn make(
        svc: &Services,
        cx: &RequestCx,
        scope: &WorkspaceScope,
        email: Option<Email>,
    ) -> Result<Self, ServiceError> {
        let workspace: WorkspaceId = scope.workspace;
        limits::charge(svc, cx, Limit::Invite, &workspace.to_string()).await?;
        let key = Key::fresh(workspace)?;
        let url = format!("{}/join?token={}", svc.settings.base_url, key.text());
        let mail = match &email {
            Some(email) => {
                let letter = mail::templates::team_invitation(&svc.settings.base_url, &url);
                Some(mail::write(svc, email, &letter, None).await?)
            }
            None => None,
        };
        Ok(Self { email, hash: key.hash(), url, mail, by: access::viewer(cx)?.user })
    }

    async fn put(
        &self,
        tx: &mut WorkspaceTx<'_>,
        role: Role,
        rights: &Grants,
    ) -> Result<(), ServiceError> {
        let key = self.email.as_ref().map(Email::key);
        let email = self.email.as_ref().map(Email::as_str).zip(key.as_deref());
        let id = InvitationId::from(Uuid::now_v7());
        let token_hash = self.hash;
        invitations::insert(tx, New { id, email, role, rights, token_hash, by: self.by }).await?;
        if let Some(mail) = &self.mail {
            mail.enqueue(tx, true).await?;
        }
        Ok(())
    }
}

async fn refuse_member(tx: &mut WorkspaceTx<'_>, key: &str) -> Result<(), ServiceError> {
    let people = members::people(tx).await?;
    match people.iter().any(|person| person.email.to_lowercase() == key) {
        true => Err(ServiceError::field("email", "This person belongs to the workspace already.")),
        false => Ok(()),
    }
}

/// Nobody gives more than they hold.
fn role(scope: &WorkspaceScope, word: &str) -> Result<Role, ServiceError> {
    let role: Role =
        word.parse().map_err(|_| ServiceError::field("role", "Choose one of the roles."))?;
    match scope.role.may_touch(role) {
        true => Ok(role),
        false => Err(ServiceError::field("role", "You cannot give a higher role than your own.")),
    }
}

fn id(which: &Which) -> Result<InvitationId, ServiceError> {
    which.invitation.parse().map_err(|_| over())
}

fn over() -> ServiceError {
    ServiceError::Conflict("This invitation was accepted or withdrawn, or has run out.".into())
}
