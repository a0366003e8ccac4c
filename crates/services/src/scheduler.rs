//! Broadcasts that begin by themselves, each at its time.
//!
//! What is due is found by its index, a page at a time, and begun a few at once, each in one transaction
//! behind its own bot's fence. Nothing is claimed before: a broadcast is due until the commit in which it
//! begins, so a crash loses none, and of two instances at the same one the second finds the bot locked or
//! the broadcast begun.

use std::{collections::HashMap, time::Duration};

use domain::{
    Timestamp,
    audit::Event as AuditEvent,
    broadcast::{Event, Status},
    ids::BotId,
    markup,
    rights::Right,
    schedule as times,
    text::Message,
};
use futures::{StreamExt, stream};
use store::{
    BotTx, StoreError,
    audit::{self, Origin},
    bots,
    broadcasts::{self, Broadcast, Plan},
    members,
    schedule::{self, Due},
    sending,
};
use tokio::time;
use tokio_util::sync::CancellationToken;

use crate::{
    ServiceError, Services, access, approvals,
    billing::gate::{self, Room},
};

/// How the log names this part.
const SCHEDULER: &str = "Scheduler";

/// How often the clock is looked at: as late as this may a broadcast be by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Most that are read at once. All pages are walked in one turn, so that what cannot begin keeps nothing
/// from beginning behind it.
const PAGE: i64 = 200;

/// Most transactions at once: what is due in the same second leaves requests their connections.
pub const AT_ONCE: usize = 4;

/// Begins what is due until `stop`.
pub async fn run(svc: Services, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = turn(&svc, &stop).await {
            tracing::warn!(%error, "looking for broadcasts that are due failed");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Begins everything that is due now, those first that have been so for the longest.
pub async fn turn(svc: &Services, stop: &CancellationToken) -> Result<(), StoreError> {
    let mut after = None;
    while !stop.is_cancelled() {
        let page = svc
            .store
            .system("find broadcasts that are due", async |tx| {
                Ok::<_, StoreError>(schedule::due(tx, after, PAGE).await?)
            })
            .await?;
        let Some(last) = page.last().copied() else { break };
        after = Some(last);
        let is_last = page.len() < PAGE as usize;
        stream::iter(by_bot(page))
            .for_each_concurrent(AT_ONCE, async |of_one_bot| {
                for due in of_one_bot {
                    // In their order: while somebody is at the bot, all of its own wait.
                    if stop.is_cancelled() || !begin(svc, due).await {
                        break;
                    }
                }
            })
            .await;
        svc.nudges.send.notify_one();
        if is_last {
            break;
        }
    }
    Ok(())
}

/// The page as a list for each bot, in the page's order.
fn by_bot(page: Vec<Due>) -> Vec<Vec<Due>> {
    let mut lists: Vec<Vec<Due>> = Vec::new();
    let mut places: HashMap<BotId, usize> = HashMap::new();
    for due in page {
        let place = *places.entry(due.bot).or_insert(lists.len());
        match lists.get_mut(place) {
            Some(list) => list.push(due),
            None => lists.push(vec![due]),
        }
    }
    lists
}

/// Begins one. False: somebody is at its bot, and it is due as before.
async fn begin(svc: &Services, due: Due) -> bool {
    let scope = access::claimed(due.workspace, due.bot);
    let room = match gate::room(svc, &scope).await {
        Ok(room) => room,
        Err(error) => {
            tracing::warn!(%error, bot.id = %due.bot, "what the plan has room for is not known; it is tried again");
            return false;
        }
    };
    let begun = svc
        .store
        .bot(&scope, async |tx| {
            // Somebody is at this bot, perhaps another instance with this very broadcast. The next turn
            // finds what they left.
            if !bots::try_lock(tx).await? {
                return Ok(false);
            }
            let Some(broadcast) = broadcasts::lock(tx, due.id).await? else { return Ok(true) };
            let now = schedule::now(tx).await?;
            // It may have been sent, moved or taken back since it was found.
            let Some(plan) = broadcast.plan.clone().filter(|plan| plan.at <= now) else {
                return Ok(true);
            };
            if broadcast.status == Status::Scheduled {
                settle(svc, tx, (&broadcast, &plan), room, now).await?;
            }
            Ok::<_, ServiceError>(true)
        })
        .await;
    begun.unwrap_or_else(|error| {
        tracing::warn!(
            ?error,
            bot.id = %due.bot,
            broadcast.id = %due.id,
            "a broadcast that is due did not begin; it is tried again"
        );
        true
    })
}

/// Freezes what is sent and who gets it. Then it begins, stands in line behind another one of its bot, or
/// waits for a person, who is told why. Nobody to send to is no obstacle: it is done with nobody.
async fn settle(
    svc: &Services,
    tx: &mut BotTx<'_>,
    (broadcast, plan): (&Broadcast, &Plan),
    room: Option<Room>,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let (id, origin) = (broadcast.id, Origin::system(SCHEDULER));
    let message = markup::parse(&broadcast.source);
    let audience = sending::freeze(tx, id, &broadcast.to).await?;
    broadcasts::set_frozen(tx, id, &message, audience).await?;
    let obstacle = match obstacle(tx, broadcast, plan, (&message, audience), now).await? {
        Some(reason) => Some(reason),
        None => gate::wait(svc, tx, room, audience).await?.map(gate::reason),
    };
    let event = if let Some(reason) = obstacle {
        broadcasts::set_status(tx, id, broadcast.status.after(Event::Hold)?).await?;
        sending::set_waiting(tx, id, Some(&reason)).await?;
        AuditEvent::BroadcastReleased { broadcast: id, reason }
    } else {
        approvals::overtaken(tx, &origin, id, (plan.by, &plan.by_name)).await?;
        if broadcasts::sending(tx).await?.is_some() {
            broadcasts::set_status(tx, id, broadcast.status.after(Event::Hold)?).await?;
            broadcasts::queue(tx, id).await?;
            AuditEvent::BroadcastQueued { broadcast: id, audience }
        } else {
            broadcasts::set_status(tx, id, broadcast.status.after(Event::Start)?).await?;
            AuditEvent::BroadcastSent { broadcast: id, audience }
        }
    };
    audit::record(tx, &origin, &event).await?;
    Ok(())
}

/// Why it may not begin by itself, as it stays beside it: looked at now, whatever was so when it was given
/// its time.
async fn obstacle(
    tx: &mut BotTx<'_>,
    broadcast: &Broadcast,
    plan: &Plan,
    (message, audience): (&Message, u64),
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    if let Some(shut) = sending::look(tx, None).await?.gates.shut() {
        return Ok(Some(shut.reason().to_owned()));
    }
    if times::is_too_late(plan.at, now) {
        return Ok(Some("its time was more than a day ago".to_owned()));
    }
    if !members::may(tx, plan.by, Right::Send).await? {
        return Ok(Some(format!("{}, who set its time, may not send any more", plan.by_name)));
    }
    if let Err(unsendable) = message.check() {
        return Ok(Some(format!("its text cannot be sent: {unsendable}")));
    }
    Ok(approvals::missing(tx, broadcast, audience).await?.map(approvals::Missing::reason))
}
