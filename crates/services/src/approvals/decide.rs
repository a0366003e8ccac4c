//! A second person's yes or no.

use contract::{
    approvals::{Refuse, Which},
    cx::RequestCx,
};
use domain::{
    approval::{Event, LONGEST_REASON, NotYou},
    audit::Event as AuditEvent,
    email::Email,
    ids::BroadcastId,
    rights::{Right, Rights},
};
use store::{
    BotScope,
    approvals::{self, Approval, End},
    audit, broadcasts, members,
};

use super::{ask::matter, gone, moved, over};
use crate::{
    ServiceError, Services, access,
    bots::read_only,
    mail::{self, Written, templates},
};

/// Approves the draft as it was looked at.
pub(super) async fn approve(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    form: Which,
) -> Result<(), ServiceError> {
    let verdict =
        Verdict { request: form.request, version: Some(form.version), reason: None, slug, id };
    decide(svc, cx, verdict).await
}

/// Says no, and perhaps why.
pub(super) async fn refuse(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    form: Refuse,
) -> Result<(), ServiceError> {
    let reason = Some(form.reason);
    decide(svc, cx, Verdict { request: form.request, version: None, reason, slug, id }).await
}

fn reason(typed: &str) -> Result<Option<String>, ServiceError> {
    let reason = typed.replace("\r\n", "\n");
    let reason = reason.trim();
    if reason.contains('\0') {
        return Err(ServiceError::field("reason", "This text holds a character that no text has."));
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(ServiceError::field("reason", "Keep the reason to 500 characters."));
    }
    Ok((!reason.is_empty()).then(|| reason.to_owned()))
}

/// A decision that somebody is about to make.
struct Verdict<'a> {
    slug: &'a str,
    id: BroadcastId,
    /// Of which request.
    request: String,
    /// The edition that was looked at; none where it does not matter.
    version: Option<String>,
    /// For a no: why, as it was typed. None: it is a yes.
    reason: Option<String>,
}

impl Verdict<'_> {
    const fn event(&self) -> Event {
        match self.reason {
            None => Event::Approve,
            Some(_) => Event::Refuse,
        }
    }

    fn on_record(&self, request: &Approval, reason: Option<String>) -> AuditEvent {
        let (broadcast, asked_by) = (self.id, request.asked_by.clone());
        match self.event() {
            Event::Approve => {
                AuditEvent::ApprovalApproved { broadcast, audience: request.audience, asked_by }
            }
            _ => AuditEvent::ApprovalRefused { broadcast, asked_by, reason },
        }
    }
}

async fn decide(svc: &Services, cx: &RequestCx, verdict: Verdict<'_>) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, verdict.slug, Right::Send).await?;
    let (viewer, id) = (access::viewer(cx)?, verdict.id);
    let mail = tell(svc, &scope, &verdict, &viewer.name).await?;
    svc.store
        .bot(&scope, async |tx| {
            let draft = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let request = approvals::last(tx, id).await?.ok_or_else(gone)?;
            if request.id.to_string() != verdict.request {
                return Err(gone());
            }
            // The right as it is now, behind the lock: it may have been taken since.
            let holders = members::holders(tx).await?;
            let holder = holders.iter().find(|holder| holder.user == viewer.user);
            let rights = holder.map_or(Rights::NONE, |holder| holder.rights);
            request.hands.may_decide(viewer.user, rights).map_err(|why| match why {
                NotYou::Right => ServiceError::Denied,
                NotYou::Asked | NotYou::Wrote => ServiceError::Conflict(why.to_string()),
            })?;
            let state = request.state.after(verdict.event()).map_err(|_| over(&request))?;
            if verdict.event() == Event::Approve {
                read_only::refuse(svc, tx).await?;
                let seen = verdict.version.as_deref().unwrap_or_default();
                if request.version != draft.edition || draft.edition.to_string() != seen {
                    return Err(moved());
                }
            }
            // Complaints come last: only who may decide has the field that they are about.
            let reason = verdict.reason.as_deref().map(reason).transpose()?.flatten();
            let why = reason.as_deref();
            let end = End { state, by: viewer.user, by_name: &viewer.name, reason: why };
            approvals::settle(tx, request.id, end).await?;
            let event = verdict.on_record(&request, reason);
            audit::record(tx, &access::origin(cx), &event).await?;
            if let Some(mail) = &mail {
                mail.enqueue(tx, true).await?;
            }
            Ok(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(())
}

/// The mail to whoever asked, if they still have to do with the bot.
async fn tell(
    svc: &Services,
    scope: &BotScope,
    verdict: &Verdict<'_>,
    by: &str,
) -> Result<Option<Written>, ServiceError> {
    let id = verdict.id;
    let (request, asker) = svc
        .store
        .bot(scope, async |tx| {
            broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let request = approvals::last(tx, id).await?.ok_or_else(gone)?;
            let asker = request.hands.asked;
            let asker = members::holders(tx).await?.into_iter().find(|one| one.user == asker);
            Ok::<_, ServiceError>((request, asker))
        })
        .await?;
    if request.state.after(verdict.event()).is_err() {
        return Err(over(&request));
    }
    let Some(asker) = asker else { return Ok(None) };
    let base = &svc.settings.base_url;
    let letter = match verdict.event() {
        Event::Approve => {
            let matter = matter(svc, verdict.slug, id, request.audience, ("Approved by", by));
            templates::approval_given(base, &matter)
        }
        _ => {
            let matter = matter(svc, verdict.slug, id, request.audience, ("Refused by", by));
            templates::approval_refused(base, &matter)
        }
    };
    let to: Email =
        asker.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    let cause = format!("approval/{}/outcome", request.id);
    Ok(Some(mail::write(svc, &to, &letter, Some(cause)).await?))
}
