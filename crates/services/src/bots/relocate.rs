//! Moving a bot to another workspace of its owner.

use contract::{
    bots::{Destination, Relocate},
    cx::RequestCx,
};
use domain::{
    audit::{Event, Needed},
    ids::WorkspaceId,
    rights::{Right, Role},
};
use store::{
    BotScope, BotTx, WorkspaceScope, approvals, audit, bots, broadcasts, changes, exports,
    members::Membership, moving, secrets,
};

use super::renew;
use crate::{
    ServiceError, Services, access, approvals::void, billing::gate, credentials, refusals::At,
};

/// Where the bot could go: workspaces that the viewer owns. None for whoever does not own the one it is in.
pub(super) async fn destinations(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
) -> Result<Vec<Destination>, ServiceError> {
    let from = access::bot(svc, cx, slug, Right::View).await?;
    let mine = owned(svc, cx).await?;
    if mine.iter().all(|(one, _)| one.workspace != from.workspace) {
        return Ok(Vec::new());
    }
    let others = mine.into_iter().filter(|(one, _)| one.workspace != from.workspace);
    Ok(others.map(|(one, _)| Destination { id: one.workspace, name: one.name }).collect())
}

/// Workspaces that the viewer owns and that are not about to go.
async fn owned(
    svc: &Services,
    cx: &RequestCx,
) -> Result<Vec<(Membership, WorkspaceScope)>, ServiceError> {
    let mut mine = access::memberships(svc, cx).await?;
    mine.retain(|(one, scope)| scope.role == Role::Owner && !one.is_closing());
    Ok(mine)
}

/// Moves the bot with everything that is its own, in one transaction: rows, and secrets sealed anew for where
/// they are then. Gives the workspace it is in now.
///
/// Its slug and its webhook's path stay, so Telegram notices nothing. An update that arrives at that very
/// moment meets a bot that is not there, and Telegram brings it once more.
///
/// # Errors
/// [`ServiceError::Denied`] for whoever does not own the bot's workspace; a field's error for a workspace that
/// is not theirs; [`ServiceError::Conflict`] while a broadcast is being sent or the connection changed, and where
/// there is no room.
pub(super) async fn relocate(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    form: Relocate,
) -> Result<WorkspaceId, ServiceError> {
    let from = access::bot(svc, cx, slug, Right::Manage).await?;
    let mine = owned(svc, cx).await?;
    if mine.iter().all(|(one, _)| one.workspace != from.workspace) {
        return Err(svc.refusals.refuse(cx, At::Bot(from.workspace, from.bot), Needed::Owner));
    }
    let (mover, origin) = (access::fresh(cx)?.user, access::origin(cx));
    let to = destination(&mine, &from, &form.workspace)?;
    let there = access::bot_of(&to, from.bot)?;
    let sealed =
        svc.store.bot(&from, async |tx| Ok::<_, ServiceError>(secrets::all(tx).await?)).await?;
    let anew = seal_anew(svc, (&from, &there), &sealed).await?;

    let admit = async |tx: &mut BotTx<'_>| gate::admit_bot(svc, tx).await;
    svc.store
        .relocate(&from, &to, &origin, admit, async |tx: &mut BotTx<'_>| {
            moving::stop_work(tx).await?;
            let bot = bots::lock(tx).await?.ok_or(ServiceError::NotFound)?.slug;
            may_go(tx).await?;
            if secrets::all(tx).await? != sealed {
                // Another token was put into force since we read it.
                return Err(renew::busy());
            }
            for (kind, sealed) in &anew {
                secrets::put(tx, *kind, sealed).await?;
            }
            // Nobody's yes from here counts there.
            for broadcast in approvals::in_force(tx).await? {
                broadcasts::lock(tx, broadcast).await?;
                void(tx, cx, broadcast).await?;
            }
            moving::leave_people_behind(tx, mover).await?;
            exports::forget_all(tx).await?;
            audit::record(tx, &origin, &Event::BotMovedOut { bot: bot.clone() }).await?;
            match moving::carry(tx, to.workspace).await? {
                true => Ok(Event::BotMovedIn { bot }),
                false => Err(renew::busy()),
            }
        })
        .await?;
    // Whoever worked for it where it was finds it gone, and whoever looks next finds it here.
    svc.nudges.poll.notify_one();
    svc.nudges.apply.notify_one();
    svc.nudges.send.notify_one();
    Ok(to.workspace)
}

/// The workspace that the form names; alike for a foreign one and for none.
fn destination(
    mine: &[(Membership, WorkspaceScope)],
    from: &BotScope,
    typed: &str,
) -> Result<WorkspaceScope, ServiceError> {
    let wanted = typed.parse::<WorkspaceId>().ok().filter(|id| *id != from.workspace);
    let (membership, scope) =
        mine.iter().find(|(one, _)| Some(one.workspace) == wanted).ok_or_else(|| {
            ServiceError::field("workspace", "Choose another workspace that you own.")
        })?;
    match membership.barred {
        true => Err(ServiceError::NeedsSecondFactor),
        false => Ok(scope.clone()),
    }
}

/// Whether nothing is under way that a move would cut off. The caller has locked the bot.
async fn may_go(tx: &mut BotTx<'_>) -> Result<(), ServiceError> {
    if broadcasts::sending(tx).await?.is_some() {
        let why = "A broadcast of this bot is being sent. Pause it, or wait until it is done, then move the bot.";
        return Err(ServiceError::Conflict(why.into()));
    }
    if bots::is_changing(tx).await? || changes::begun(tx).await?.is_some() {
        return Err(renew::busy());
    }
    Ok(())
}

/// The bot's secrets, sealed for where it is going: they are bound to their place.
async fn seal_anew(
    svc: &Services,
    (from, to): (&BotScope, &BotScope),
    sealed: &[(secrets::Kind, Vec<u8>)],
) -> Result<Vec<(secrets::Kind, Vec<u8>)>, ServiceError> {
    let mut anew = Vec::with_capacity(sealed.len());
    for (kind, sealed) in sealed {
        let why = "move a bot to another workspace";
        let token = credentials::unseal(svc, from, sealed.clone(), why).await?;
        anew.push((*kind, credentials::seal(svc, to, &token).await?));
    }
    Ok(anew)
}
