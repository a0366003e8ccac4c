//! Closing an account, and its end 30 days later.

use contract::{
    account::{Close, Going, Leaving},
    cx::RequestCx,
};
use domain::{
    audit::{AccountEvent, GRACE_DAYS},
    rights::Role,
};
use jiff::tz::TimeZone;
use store::{
    StoreError, WorkspaceScope,
    accounts::{self, address, closing, log, resets},
    bots::{self, Bot},
    members, sessions,
};

use super::addressee;
use crate::{
    ServiceError, Services, access,
    billing::{self, reconcile},
    bots::disconnect,
    mail, team,
};

/// A workspace that goes with its only owner.
struct Last {
    scope: WorkspaceScope,
    name: String,
    bots: Vec<Bot>,
    others: u64,
    pays: bool,
}

/// What would go, and what would stay.
pub(super) async fn leaving(svc: &Services, cx: &RequestCx) -> Result<Leaving, ServiceError> {
    let (goes, stays) = look(svc, cx).await?;
    let going = |last: Last| Going {
        name: last.name,
        bots: last.bots.into_iter().map(|bot| bot.username).collect(),
        others: last.others,
        pays: last.pays,
    };
    Ok(Leaving { goes: goes.into_iter().map(going).collect(), stays })
}

/// Closes the account. Bots first: whoever is stopped in between has an account and can repeat it.
pub(super) async fn close(
    svc: &Services,
    cx: &RequestCx,
    form: &Close,
) -> Result<(), ServiceError> {
    let (user, origin) = (access::fresh(cx)?.user, access::origin(cx));
    if form.sure != "on" {
        return Err(ServiceError::field("sure", "Tick this to close your account."));
    }
    let (goes, _) = look(svc, cx).await?;
    for last in &goes {
        for bot in &last.bots {
            let scope = access::bot_of(&last.scope, bot.id)?;
            disconnect::close(svc, &scope, &origin).await?;
        }
    }
    let to = addressee(svc, user).await?;
    let letter = mail::templates::closing(&svc.settings.base_url, &mail::seen(svc, cx, &to));
    let mail = mail::write_to(svc, &to, &letter, format!("closing/{}", cx.request_id)).await?;
    let mut others = Vec::new();
    for last in goes.iter().filter(|last| last.others > 0) {
        others.extend(tell_others(svc, cx, last).await?);
    }
    svc.store
        .user(Some(user), async |tx| {
            accounts::hold(tx, user).await?;
            closing::close(tx, user).await?;
            address::forget(tx, user).await?;
            resets::void(tx, user).await?;
            sessions::end_others(tx, None).await?;
            log::record(tx, &origin, Some(user), AccountEvent::Closed).await?;
            mail.enqueue(tx, true).await?;
            for letter in &others {
                letter.enqueue(tx, true).await?;
            }
            Ok::<_, ServiceError>(())
        })
        .await?;
    for last in &goes {
        // What it pays ends without waiting for the daily round.
        svc.store.workspace(&last.scope, async |tx| reconcile::soon(tx).await).await?;
    }
    svc.nudges.mail.notify_one();
    svc.nudges.jobs.notify_one();
    Ok(())
}

/// Letters to those who lose a workspace with its owner, unless somebody else becomes one
/// ([`crate::instance`]).
async fn tell_others(
    svc: &Services,
    cx: &RequestCx,
    last: &Last,
) -> Result<Vec<mail::Written>, ServiceError> {
    let user = access::viewer(cx)?.user;
    let people = svc
        .store
        .workspace(&last.scope, async |tx| Ok::<_, StoreError>(members::people(tx).await?))
        .await?;
    let goes_at = cx.now + jiff::Span::new().hours(24 * i64::from(GRACE_DAYS));
    let goes_on = goes_at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y").to_string();
    let base_url = &svc.settings.base_url;
    let letter = mail::templates::workspace_loses_owner(base_url, &last.name, &goes_on);
    let mut letters = Vec::new();
    for person in people.into_iter().filter(|person| person.user != user) {
        let to =
            person.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
        let cause =
            format!("losing-owner/{}/{}/{}", cx.request_id, last.scope.workspace, person.user);
        letters.push(mail::write(svc, &to, &letter, Some(cause)).await?);
    }
    Ok(letters)
}

/// Workspaces of the viewer that have no other owner, and the names of all others.
async fn look(svc: &Services, cx: &RequestCx) -> Result<(Vec<Last>, Vec<String>), ServiceError> {
    let user = access::viewer(cx)?.user;
    let (mut goes, mut stays) = (Vec::new(), Vec::new());
    for (membership, scope) in access::memberships(svc, cx).await? {
        if membership.barred {
            // Neither seen nor ended by whoever owes a second factor there.
            return Err(ServiceError::NeedsSecondFactor);
        }
        let name = membership.name;
        if scope.role != Role::Owner {
            stays.push(name);
            continue;
        }
        let (others, owners, bots) = svc
            .store
            .workspace(&scope, async |tx| {
                let (others, owners) = members::others(tx, user).await?;
                Ok::<_, StoreError>((others, owners, bots::connected(tx, None).await?))
            })
            .await?;
        let pays = billing::pays(svc, &scope).await?;
        // Where it is about to go anyway the others have lost it already.
        let others = if membership.closes_at.is_some() { 0 } else { others };
        match owners {
            // It goes on its own day, whoever of its owners is there.
            1.. if membership.closes_at.is_some() => {}
            0 => goes.push(Last { scope, name, bots, others, pays }),
            _ => stays.push(name),
        }
    }
    Ok((goes, stays))
}

/// Most accounts without a proved address that go in one round.
const MOST_UNPROVED: i64 = 10_000;

/// Removes the accounts whose day has come, and says how many; and those whose address nobody has proved
/// within 30 days. Workspaces that nobody else owns go first ([`team::remove_due`]), and their owner's account
/// in the same round. A repeat removes nothing more.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub async fn remove_due(svc: &Services) -> Result<usize, ServiceError> {
    team::remove_due(svc).await?;
    let removed = svc
        .store
        .system("accounts whose 30 days are over are removed", async |tx| {
            closing::remove_unproved(tx, MOST_UNPROVED).await?;
            Ok::<_, StoreError>(closing::remove_due(tx).await?)
        })
        .await?;
    Ok(removed)
}
