//! Workspaces whose owners are gone, and a new owner for each.
//!
//! Nobody but an owner can hand a workspace on, so one whose owners closed their accounts would go with
//! them, whoever else works there. Whoever looks after the instance may give it to somebody as long as that
//! is so; it gives them no right of their own on it.

use adapters::vault::Vault;
use contract::{
    cx::RequestCx,
    instance::{GiveOwner, Heir, Ownerless},
};
use domain::{
    audit::Event,
    email::Email,
    ids::{UserId, WorkspaceId},
    rights::{Role, Stake, is_ownerless},
};
use store::{
    Store, StoreError, WorkspaceTx,
    audit::{self, Origin},
    bots, members,
    ownership::{self, Person, Sheet},
};

use crate::{ServiceError, Services, access, billing::reconcile, mail};

/// Workspaces that are looked at in one step.
const STEP: i64 = 100;

/// Most that are looked at. Most of them are somebody's own, and go with their account.
const MOST_LOOKS: usize = 2_000;

/// What the form calls somebody who is no member.
const BY_ADDRESS: &str = "address";

/// Those there are, the oldest first.
pub(super) async fn list(svc: &Services, cx: &RequestCx) -> Result<Vec<Ownerless>, ServiceError> {
    access::instance_admin(svc, cx)?;
    let (mut found, mut after, mut looks) = (Vec::new(), None, 0);
    while looks < MOST_LOOKS {
        let unowned = svc
            .store
            .system("workspaces of all tenants that nobody owns", async |tx| {
                Ok::<_, StoreError>(ownership::unowned(tx, after, STEP).await?)
            })
            .await?;
        let Some(last) = unowned.last().copied() else { break };
        (after, looks) = (Some(last), looks + unowned.len());
        for workspace in unowned {
            found.extend(ownerless(&svc.store, workspace).await?);
        }
    }
    Ok(found)
}

/// The workspace, if somebody works in it whom nobody could make its owner.
async fn ownerless(store: &Store, workspace: WorkspaceId) -> Result<Option<Ownerless>, StoreError> {
    let (sheet, people, bots) = look(store, workspace).await?;
    let Some(sheet) = sheet.filter(|_| has_nobody(&people)) else { return Ok(None) };
    let stays = people.into_iter().filter(|person| person.stays);
    let heir = |Person { user, name, email, role, .. }| Heir { user, name, email, role };
    let people = stays.map(heir).collect();
    Ok(Some(Ownerless { id: workspace, name: sheet.name, bots, people }))
}

fn has_nobody(people: &[Person]) -> bool {
    is_ownerless(&people.iter().map(Stake::from).collect::<Vec<_>>())
}

/// A workspace from outside: what it is called, who belongs to it, and how many bots it has connected.
pub(crate) async fn look(
    store: &Store,
    workspace: WorkspaceId,
) -> Result<(Option<Sheet>, Vec<Person>, u64), StoreError> {
    store
        .workspace(&access::caretaker(workspace), async |tx| {
            let bots = bots::connected(tx, None).await?.len() as u64;
            Ok((ownership::sheet(tx).await?, ownership::people(tx).await?, bots))
        })
        .await
}

/// Gives one to a member, or to another account by its address.
pub(super) async fn give(
    svc: &Services,
    cx: &RequestCx,
    form: GiveOwner,
) -> Result<(), ServiceError> {
    let admin = access::instance_admin(svc, cx)?.user;
    access::fresh(cx)?;
    let workspace = form.workspace.parse().map_err(|_| over())?;
    let to = match form.user.as_str() {
        BY_ADDRESS | "" => {
            let email = form.email.trim().parse();
            Heritor::Address(email.map_err(|why| ServiceError::field("email", why))?)
        }
        user => Heritor::Member(user.parse().map_err(|_| no_member())?),
    };
    let gift = Gift { workspace, to, by: Some(admin), origin: access::origin(cx) };
    gift.hand_over(&svc.store, &svc.vault, &svc.settings.base_url).await?;
    svc.nudges.mail.notify_one();
    Ok(())
}

/// The same for the person who runs the server, on its command line. Gives what the new owner is called.
///
/// # Errors
/// [`ServiceError::Conflict`], which says why not.
pub async fn give_by_hand(
    store: &Store,
    vault: &Vault,
    base_url: &str,
    (workspace, email): (WorkspaceId, Email),
    origin: Origin,
) -> Result<String, ServiceError> {
    let gift = Gift { workspace, to: Heritor::Address(email), by: None, origin };
    gift.hand_over(store, vault, base_url).await
}

/// Who is to own it.
enum Heritor {
    Member(UserId),
    Address(Email),
}

/// A workspace that is given to somebody.
struct Gift {
    workspace: WorkspaceId,
    to: Heritor,
    /// The instance's admin who gives it; none on the command line.
    by: Option<UserId>,
    origin: Origin,
}

impl Gift {
    /// Of two gifts at once the second finds an owner.
    async fn hand_over(
        &self,
        store: &Store,
        vault: &Vault,
        base_url: &str,
    ) -> Result<String, ServiceError> {
        let scope = access::caretaker(self.workspace);
        let (name, heir, others) = store
            .workspace(&scope, async |tx| {
                let (sheet, people) = open(tx).await?;
                let heir = self.heir(tx, &people).await?;
                Ok::<_, ServiceError>((sheet.name, heir, people))
            })
            .await?;
        let mut letters = Vec::new();
        let to =
            |email: &str| email.parse().map_err(|err| ServiceError::bug("reading an address", err));
        let given = mail::templates::workspace_given(base_url, &name);
        letters.push(mail::seal(vault, &to(&heir.email)?, &given, None).await?);
        let told = mail::templates::workspace_has_owner(base_url, &name, &heir.name);
        let is_told = |one: &&Person| one.stays && one.role == Role::Admin && one.user != heir.user;
        for admin in others.iter().filter(is_told) {
            letters.push(mail::seal(vault, &to(&admin.email)?, &told, None).await?);
        }
        store
            .workspace(&scope, async |tx| {
                members::roll(tx).await?;
                // As it is now, and stays until the end.
                let (_, people) = open(tx).await?;
                let Person { user, name, .. } = self.heir(tx, &people).await?;
                let from = people.iter().find(|one| one.user == user).map(|one| one.role);
                match from {
                    Some(_) => members::set_role(tx, user, Role::Owner).await?,
                    None => members::add(tx, user, Role::Owner).await?,
                }
                let event = Event::OwnerGiven { name: name.clone(), from };
                audit::record(tx, &self.origin, &event).await?;
                reconcile::soon(tx).await?;
                for letter in &letters {
                    letter.enqueue(tx, true).await?;
                }
                Ok(name)
            })
            .await
    }

    async fn heir(
        &self,
        tx: &mut WorkspaceTx<'_>,
        people: &[Person],
    ) -> Result<Person, ServiceError> {
        let user = match &self.to {
            Heritor::Member(user) => *user,
            Heritor::Address(email) => {
                let (user, name, email) =
                    ownership::account(tx, &email.key()).await?.ok_or_else(no_account)?;
                if people.iter().all(|one| one.user != user) {
                    if self.by == Some(user) {
                        return Err(not_to_oneself());
                    }
                    return Ok(Person { user, name, email, role: Role::Member, stays: true });
                }
                user
            }
        };
        people.iter().find(|one| one.user == user && one.stays).cloned().ok_or_else(no_member)
    }
}

/// The transaction's workspace, if nobody owns it any more.
async fn open(tx: &mut WorkspaceTx<'_>) -> Result<(Sheet, Vec<Person>), ServiceError> {
    let sheet = ownership::sheet(tx).await?.ok_or_else(over)?;
    let people = ownership::people(tx).await?;
    match sheet.closes_at.is_none() && has_nobody(&people) {
        true => Ok((sheet, people)),
        false => Err(over()),
    }
}

fn over() -> ServiceError {
    let why = "This workspace has an owner (again), is to be deleted, or is gone. Only one that nobody owns and \
               somebody works in can be given to a new owner.";
    ServiceError::Conflict(why.into())
}

fn no_member() -> ServiceError {
    let why = "This person does not belong to the workspace any more, or is closing their account.";
    ServiceError::Conflict(why.into())
}

fn no_account() -> ServiceError {
    let why = "No account with this address can own a workspace: there is none, nobody has proved the address, or \
               its owner is closing it.";
    ServiceError::field("email", why)
}

fn not_to_oneself() -> ServiceError {
    let why = "You do not belong to this workspace, and cannot give it to yourself. Another admin of this Gannet can, \
               or the command line.";
    ServiceError::Conflict(why.into())
}
