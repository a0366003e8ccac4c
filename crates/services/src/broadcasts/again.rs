//! Sending once more to people of whom nobody knows whether they got it. Never by itself: a person says so, after
//! reading that some may get it twice. A second person's approval is not asked for anew: it is the same message, to
//! some of the same people.

use contract::{
    broadcasts::{Again, Repeats},
    cx::RequestCx,
};
use domain::{
    audit::Event as AuditEvent,
    broadcast::{Event, Status, duration_at},
    ids::BroadcastId,
    rights::Right,
};
use store::{
    BotTx, audit, bots,
    broadcasts::{self, Broadcast},
    leases,
    repeats::{self, Which},
};

use super::{
    read::rate,
    send::{ANOTHER, one_at_a_time},
};
use crate::{ServiceError, Services, access, bots::read_only};

const NOBODY: &str = "There is nobody to send it to once more: either they are being sent it already, or their \
                      outcome is known by now, or they have opted out. The results say which.";

const NOT_LOOKED_AT: &str = "It is not clear whose outcomes you looked at. Open the results, choose once more, and confirm.";

/// What sending once more to `which` would do.
///
/// # Errors
/// [`ServiceError::NotFound`] for a broadcast that there is not.
pub async fn repeats(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    which: &Again,
) -> Result<Repeats, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let (count, rate) = svc
        .store
        .bot(&scope, async |tx| {
            let broadcast = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let count = match may_be_repeated(broadcast.status) {
                true => Some(repeats::count(tx, id, chosen(which)).await?),
                false => None,
            };
            Ok::<_, ServiceError>((count, rate(svc, tx).await?))
        })
        .await?;
    let people = count.map_or(0, |count| count.people);
    Ok(Repeats {
        people,
        until: count.and_then(|count| count.until).map(|at| at.to_string()).unwrap_or_default(),
        secs: duration_at(people, rate).as_secs(),
    })
}

/// Puts `which` in line for one attempt more. A broadcast that is done goes out again for them; one that is being
/// sent comes to them last; one that is paused stays so, and they wait with the others.
///
/// # Errors
/// [`ServiceError::Conflict`] when none of them waits for such a word any more, so that the same word twice
/// sends once; while the bot is read-only, or another broadcast of it is being sent; for a broadcast that
/// was stopped for good. [`ServiceError::NotFound`] for one that there is not.
pub async fn send_again(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    which: &Again,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let until = which.until.parse();
    let put = svc
        .store
        .bot(&scope, async |tx| {
            // Before all other locks, as the sender takes them.
            leases::still(tx).await?;
            bots::lock(tx).await?.ok_or(ServiceError::NotFound)?;
            read_only::refuse(svc, tx).await?;
            let broadcast = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let Ok(until) = until else {
                return Err(ServiceError::Conflict(NOT_LOOKED_AT.into()));
            };
            let which = Which { until: Some(until), ..chosen(which) };
            take_up(tx, &broadcast).await?;
            let audience = repeats::put_in_line(tx, id, which).await?;
            if audience == 0 {
                return Err(ServiceError::Conflict(NOBODY.into()));
            }
            let event = AuditEvent::BroadcastRepeated { broadcast: id, audience };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok(())
        })
        .await;
    svc.nudges.send.notify_one();
    put.map_err(one_at_a_time)
}

/// Brings the broadcast where its sender comes to whoever is put in line.
async fn take_up(tx: &mut BotTx<'_>, broadcast: &Broadcast) -> Result<(), ServiceError> {
    if matches!(broadcast.status, Status::Sending | Status::Paused) {
        return Ok(());
    }
    let status = broadcast.status.after(Event::Repeat)?;
    if broadcasts::sending(tx).await?.is_some() {
        return Err(ServiceError::Conflict(ANOTHER.into()));
    }
    Ok(broadcasts::set_status(tx, broadcast.id, status).await?)
}

/// Whether anybody may be sent it once more, as it stands.
pub(super) fn may_be_repeated(status: Status) -> bool {
    matches!(status, Status::Sending | Status::Paused) || status.after(Event::Repeat).is_ok()
}

fn chosen(which: &Again) -> Which<'_> {
    Which { chats: (!which.all).then_some(which.chats.as_slice()), until: None }
}
