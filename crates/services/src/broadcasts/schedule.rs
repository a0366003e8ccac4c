//! A broadcast that begins by itself: it is given a time, another one, or none any more.

use contract::{
    broadcasts::{Schedule, Scheduled},
    cx::RequestCx,
};
use domain::{
    Timestamp,
    audit::Event as AuditEvent,
    broadcast::Event,
    ids::BroadcastId,
    markup,
    rights::Right,
    schedule::{self, Moment},
};
use jiff::tz::TimeZone;
use store::{
    audit, bots,
    broadcasts::{self, Plan},
    chats, schedule as plans, sending,
};

use crate::{ServiceError, Services, access, approvals, auth::Complaints, bots::read_only};

/// Has a draft begin at a time, or what waits for one at another. Who gets it is settled then; a second
/// person's approval is asked for those who would get it now, and looked at again when it begins.
///
/// # Errors
/// [`ServiceError::Invalid`] at `day`, `time` and `zone`; [`ServiceError::Conflict`] when it moved, for a
/// text that cannot be sent, without an approval where one is needed, and while the bot is read-only.
pub(super) async fn schedule(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    form: Schedule,
) -> Result<Scheduled, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let viewer = access::viewer(cx)?;
    svc.store
        .bot(&scope, async |tx| {
            bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
            read_only::refuse(svc, tx).await?;
            let draft = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            draft.status.after(Event::Schedule)?;
            if draft.version.to_string() != form.if_unmodified_since {
                return Err(ServiceError::Conflict(
                    "Somebody changed this broadcast, or its time, after you looked at it. Look once more, then \
                     choose the time."
                        .into(),
                ));
            }
            markup::parse(&draft.source)
                .check()
                .map_err(|unsendable| ServiceError::Conflict(unsendable.to_string()))?;
            let active = chats::audience(tx, &draft.to).await?;
            approvals::check(tx, &draft, active).await?;
            // Complaints come last: the page has the fields that they are about only where it can be sent.
            let (Moment { at, clock }, zone) = chosen(&form, cx.now)?;
            let plan = Plan { at, zone, by: viewer.user, by_name: viewer.name.clone() };
            plans::set(tx, id, &plan).await?;
            let event = AuditEvent::BroadcastScheduled {
                broadcast: id,
                at: shown(plan.at, &plan.zone),
                at_before: draft.plan.map(|before| shown(before.at, &before.zone)),
            };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok(Scheduled { at, clock })
        })
        .await
}

/// Makes what waits for its time a draft again, also when its time came and something was in the way.
///
/// # Errors
/// [`ServiceError::Conflict`] once anybody may have got it.
pub(super) async fn unschedule(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    svc.store
        .bot(&scope, async |tx| {
            // It may stand in the line of the bot's broadcasts.
            bots::lock(tx).await?.ok_or(ServiceError::NotFound)?;
            let broadcast = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            broadcast.status.after(Event::Unschedule)?;
            if broadcast.started_at.is_some() {
                return Err(ServiceError::Conflict(
                    "Some people have got this already, so it stays as it is. Resume or cancel it."
                        .into(),
                ));
            }
            plans::thaw(tx, id).await?;
            sending::set_waiting(tx, id, None).await?;
            let event = AuditEvent::BroadcastUnscheduled { broadcast: id };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok(())
        })
        .await
}

/// The moment that was typed, and its zone as the database of zones spells it.
fn chosen(form: &Schedule, now: Timestamp) -> Result<(Moment, String), ServiceError> {
    let mut complaints = Complaints::default();
    let day = complaints.take("day", schedule::day(&form.day));
    let time = complaints.take("time", schedule::time(&form.time));
    let zone = complaints.take("zone", zone(&form.zone));
    let (Some(day), Some(time), Some((zone, name))) = (day, time, zone) else {
        return Err(complaints.refuse());
    };
    let moment = schedule::moment(day, time, &zone)
        .and_then(|moment| schedule::check(moment.at, now).map(|()| moment))
        .map_err(|out_of_reach| {
            let field = match out_of_reach {
                schedule::OutOfReach::Past if now.to_zoned(zone.clone()).date() == day => "time",
                schedule::OutOfReach::Past | schedule::OutOfReach::Far => "day",
            };
            ServiceError::field(field, out_of_reach)
        })?;
    Ok((moment, name))
}

fn zone(typed: &str) -> Result<(TimeZone, String), &'static str> {
    let zone = TimeZone::get(typed.trim()).ok();
    let named = zone.and_then(|zone| {
        let name = zone.iana_name().map(str::to_owned)?;
        Some((zone, name))
    });
    named.ok_or("Choose a time zone from the list.")
}

/// `2026-11-27 09:00 Europe/Berlin (UTC+01:00)`, as it stands in the log.
fn shown(at: Timestamp, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Q (UTC%:z)").to_string()
}
