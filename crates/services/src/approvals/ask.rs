//! Asking for a second person's approval.

use contract::{approvals::Ask, cx::RequestCx};
use domain::{
    approval::is_needed,
    audit::Event as AuditEvent,
    broadcast::Event,
    email::Email,
    ids::{ApprovalId, BroadcastId},
    label, limit, markup,
    rights::Right,
};
use store::{
    BotTx,
    approvals::{self, New},
    audit, bots,
    broadcasts::{self, Broadcast},
    chats, members,
};
use uuid::Uuid;

use super::{over, read::deciders};
use crate::{
    ServiceError, Services, access,
    bots::read_only,
    limits,
    mail::{self, Written, templates::Matter},
};

/// Most people who are told by mail of one request, those who have been there the longest.
const MOST_MAILS: usize = 200;

const NOBODY_ELSE: &str = "Nobody else may approve this: it takes somebody with the right to send who neither wrote \
                           nor changed it. An owner can invite somebody, or grant the right.";

/// Asks for approval of the draft as it was looked at. Those who may give it get one mail each, and find
/// it on the bot's pages.
pub(super) async fn ask(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    form: Ask,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let viewer = access::viewer(cx)?;
    limits::charge(svc, cx, limit::Limit::Ask, &viewer.user.to_string()).await?;
    let (audience, people) = svc
        .store
        .bot(&scope, async |tx| {
            read_only::refuse(svc, tx).await?;
            let draft = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            is_askable(tx, &draft, &form.version).await?;
            let audience = chats::audience(tx, &draft.to).await?;
            let to_chats = draft.to.audience.has_chats();
            if !is_needed(approvals::above(tx).await?, audience, to_chats) {
                let why =
                    "No second person is needed for so few recipients. You can send it yourself.";
                return Err(ServiceError::Conflict(why.into()));
            }
            let people = deciders(tx, id, viewer.user).await?;
            if people.is_empty() {
                return Err(ServiceError::Conflict(NOBODY_ELSE.into()));
            }
            Ok((audience, people))
        })
        .await?;
    let request = ApprovalId::from(Uuid::now_v7());
    let matter = matter(svc, slug, id, audience, ("Asked by", &viewer.name));
    let mails = tell(svc, request, &matter, people).await?;
    svc.store
        .bot(&scope, async |tx| {
            let draft = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            read_only::refuse(svc, tx).await?;
            is_askable(tx, &draft, &form.version).await?;
            let (version, by) = (draft.edition, viewer.user);
            let new =
                New { id: request, broadcast: id, version, audience, by, by_name: &viewer.name };
            approvals::insert(tx, new).await?;
            for mail in &mails {
                mail.enqueue(tx, true).await?;
            }
            let event = AuditEvent::ApprovalAsked { broadcast: id, audience };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(())
}

/// Whether approval of this edition of the draft can be asked for.
async fn is_askable(
    tx: &mut BotTx<'_>,
    draft: &Broadcast,
    edition: &str,
) -> Result<(), ServiceError> {
    bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
    draft.status.after(Event::Start)?;
    if draft.edition.to_string() != edition {
        let why = "The message was changed after you looked at it. Read it once more, then ask.";
        return Err(ServiceError::Conflict(why.into()));
    }
    markup::parse(&draft.source)
        .check()
        .map_err(|unsendable| ServiceError::Conflict(unsendable.to_string()))?;
    match approvals::last(tx, draft.id).await? {
        Some(request) if request.state.is_in_force() => Err(over(&request)),
        _ => Ok(()),
    }
}

/// What a mail says of a broadcast: where it is, and `who` had to do with it.
pub(super) fn matter(
    svc: &Services,
    slug: &str,
    id: BroadcastId,
    audience: u64,
    (what, who): (&'static str, &str),
) -> Matter {
    let base = &svc.settings.base_url;
    let slug = slug.to_ascii_lowercase();
    Matter {
        url: format!("{base}/bots/{slug}/broadcasts/{id}/confirm"),
        bot: format!("@{slug}"),
        audience,
        // Somebody of the same workspace chose this name; in a mail it is one plain line.
        who: (what, label::clean(who, 80)),
    }
}

async fn tell(
    svc: &Services,
    request: ApprovalId,
    matter: &Matter,
    people: Vec<members::Holder>,
) -> Result<Vec<Written>, ServiceError> {
    let letter = mail::templates::approval_asked(&svc.settings.base_url, matter);
    let mut mails = Vec::with_capacity(people.len());
    for person in people.into_iter().take(MOST_MAILS) {
        let to: Email =
            person.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
        let cause = format!("approval/{request}/{}", person.user);
        mails.push(mail::write(svc, &to, &letter, Some(cause)).await?);
    }
    Ok(mails)
}
