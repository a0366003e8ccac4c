//! Pause, resume, cancel: one change of a bot's broadcasts at a time, so that nobody is left in line.

use contract::cx::RequestCx;
use domain::{
    audit::Event as AuditEvent,
    broadcast::{Event, Status},
    ids::BroadcastId,
    markup,
    rights::Right,
};
use store::{
    BotTx, audit, bots,
    broadcasts::{self, Broadcast},
    sending,
};

use crate::{ServiceError, Services, access, approvals, bots::read_only, engine};

/// Lets `event` happen to a broadcast. A sender sees it at its next heartbeat.
pub async fn apply(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    event: Event,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    svc.store
        .bot(&scope, async |tx| {
            bots::lock(tx).await?.ok_or(ServiceError::NotFound)?;
            // To stop is always possible.
            if event == Event::Resume {
                read_only::refuse(svc, tx).await?;
            }
            let broadcast = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            change(tx, cx, &broadcast, event).await?;
            if let Some(event) = on_record(event, id) {
                audit::record(tx, &access::origin(cx), &event).await?;
            }
            engine::start_next_in_line(tx).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.send.notify_one();
    Ok(())
}

async fn change(
    tx: &mut BotTx<'_>,
    cx: &RequestCx,
    broadcast: &Broadcast,
    event: Event,
) -> Result<(), ServiceError> {
    // Paused and in line: pausing takes it out of the line.
    if event == Event::Pause && broadcast.queued_at.is_some() {
        broadcasts::unqueue(tx, broadcast.id).await?;
        return Ok(());
    }
    let status = broadcast.status.after(event)?;
    if event == Event::Resume && broadcast.started_at.is_none() {
        may_begin(tx, broadcast).await?;
    }
    if broadcast.status.is_editable() {
        approvals::void(tx, cx, broadcast.id).await?;
    }
    // What it waited for is over: from here on a person decides.
    sending::set_waiting(tx, broadcast.id, None).await?;
    if status == Status::Sending && broadcasts::sending(tx).await?.is_some() {
        broadcasts::queue(tx, broadcast.id).await?;
    } else {
        broadcasts::set_status(tx, broadcast.id, status).await?;
    }
    Ok(())
}

/// What kept a broadcast from beginning at its time is looked at once more when a person has it begin.
async fn may_begin(tx: &mut BotTx<'_>, broadcast: &Broadcast) -> Result<(), ServiceError> {
    markup::parse(&broadcast.source)
        .check()
        .map_err(|unsendable| ServiceError::Conflict(unsendable.to_string()))?;
    approvals::check(tx, broadcast, broadcast.total).await
}

fn on_record(event: Event, broadcast: BroadcastId) -> Option<AuditEvent> {
    match event {
        Event::Pause => Some(AuditEvent::BroadcastPaused { broadcast }),
        Event::Resume => Some(AuditEvent::BroadcastResumed { broadcast }),
        Event::Cancel => Some(AuditEvent::BroadcastCancelled { broadcast }),
        Event::Schedule
        | Event::Unschedule
        | Event::Hold
        | Event::Start
        | Event::Release
        | Event::Repeat
        | Event::Finish => None,
    }
}
