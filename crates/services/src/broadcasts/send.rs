//! Pressing Send.

use contract::cx::RequestCx;
use domain::{
    audit::Event as AuditEvent,
    broadcast::{Audience, Event, Status},
    ids::BroadcastId,
    markup,
    rights::Right,
};
use store::{StoreError, audit, bots, broadcasts, schedule, sending};

use crate::{ServiceError, Services, access, approvals, billing::gate, bots::read_only};

pub(super) const ANOTHER: &str =
    "Another broadcast of this bot is being sent. Wait until it is done, or pause it first.";

/// Freezes message and audience and begins. The sender takes it from there. What waits for its time begins
/// now, and waits no longer.
///
/// # Errors
/// [`ServiceError::NotFound`] once the bot is disconnected; [`ServiceError::Conflict`] while another one
/// is being sent, for a text that was changed meanwhile, without anybody to send to, without a second
/// person's approval where one is needed, and while the bot is read-only.
pub async fn send(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    edition: &str,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let room = gate::room(svc, &scope).await?;
    let sent = svc
        .store
        .bot(&scope, async |tx| {
            bots::lock(tx).await?.ok_or(ServiceError::NotFound)?;
            read_only::refuse(svc, tx).await?;
            let draft = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let status = draft.status.after(Event::Start)?;
            if draft.edition.to_string() != edition {
                return Err(ServiceError::Conflict(
                    "The text was changed after you looked at it. Read it once more, then send."
                        .into(),
                ));
            }
            let message = markup::parse(&draft.source);
            message.check().map_err(|unsendable| ServiceError::field("text", unsendable))?;
            if broadcasts::sending(tx).await?.is_some() {
                return Err(ServiceError::Conflict(ANOTHER.into()));
            }
            let audience = sending::freeze(tx, id, &draft.to).await?;
            if audience == 0 {
                let why = match draft.to.audience {
                    Audience::Subscribers => {
                        "Nobody would get it: the bot has no active subscribers yet."
                    }
                    Audience::Chats => "Nobody would get it: the bot may write in no group or channel.",
                    Audience::Both => {
                        "Nobody would get it: the bot has no active subscribers, and may write in no group or channel."
                    }
                    Audience::Chosen => {
                        "Nobody would get it: the bot is not in the groups and channels that were chosen any more."
                    }
                };
                return Err(ServiceError::Conflict(why.into()));
            }
            if let Some(wait) = gate::wait(svc, tx, room, audience).await? {
                return Err(gate::refusal(wait));
            }
            approvals::check(tx, &draft, audience).await?;
            approvals::overtake(tx, cx, id).await?;
            broadcasts::set_frozen(tx, id, &message, audience).await?;
            broadcasts::set_status(tx, id, status).await?;
            if draft.status == Status::Scheduled {
                schedule::forget(tx, id).await?;
            }
            let event = AuditEvent::BroadcastSent { broadcast: id, audience };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok(())
        })
        .await;
    svc.nudges.send.notify_one();
    sent.map_err(one_at_a_time)?;
    gate::retell(svc, scope.workspace).await;
    Ok(())
}

/// Says it where somebody else's broadcast began between a look and a write.
pub(super) fn one_at_a_time(err: ServiceError) -> ServiceError {
    match err {
        ServiceError::Store(StoreError::Refused { constraint })
            if constraint == "broadcasts_one_sending" =>
        {
            ServiceError::Conflict(ANOTHER.into())
        }
        err => err,
    }
}
