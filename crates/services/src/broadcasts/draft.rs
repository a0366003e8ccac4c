//! Writing a broadcast, and throwing it away.

use contract::{
    broadcasts::{Draft, Saved},
    cx::RequestCx,
};
use domain::{
    audit::{Event, Needed},
    broadcast::Status,
    ids::BroadcastId,
    markup,
    rights::Right,
};
use store::{
    BotScope, BotTx, audit,
    broadcasts::{self, Broadcast, New},
};
use uuid::Uuid;

use crate::{ServiceError, Services, access, approvals, bots::read_only, refusals::At};

/// Most bytes of a draft's source: four times what the longest message needs in any script.
const MAX_SOURCE: usize = 65_536;

/// Saves a draft, a new one without `id`. What is the same is not written again. What is another text
/// makes void what was asked or approved of the one before.
///
/// A new draft has the id that came with its form. When the form comes again (a double click, or a page
/// that never heard the answer) it finds what it made, and goes on as if it had just been saved: as long
/// as nobody has changed it since, a newer text takes its place.
pub async fn save(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: Option<BroadcastId>,
    draft: Draft,
) -> Result<Saved, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Edit).await?;
    let author = access::viewer(cx)?;
    let manner = draft.manner();
    let source = check(draft.text)?;
    let (id, may_be_new) = id.map_or_else(|| (fresh(&draft.id), true), |id| (id, false));
    svc.store
        .bot(&scope, async |tx| {
            read_only::refuse(svc, tx).await?;
            if may_be_new {
                let new =
                    New { id, author: author.user, author_name: &author.name, source: &source, manner };
                if let Some(version) = broadcasts::insert(tx, new).await? {
                    audit::record(tx, &access::origin(cx), &Event::BroadcastDrafted { broadcast: id }).await?;
                    return Ok(Saved { id, version: version.to_string() });
                }
            }
            let old = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            if !old.status.is_editable() {
                return Err(ServiceError::Conflict(
                    "This broadcast has been sent and cannot be changed any more. Your text is still here: \
                     copy it into a new one."
                        .into(),
                ));
            }
            if old.source == source && old.manner == manner {
                return Ok(Saved { id, version: old.version.to_string() });
            }
            let is_as_made = may_be_new && old.updated_at == old.created_at;
            if !is_as_made && old.version.to_string() != draft.if_unmodified_since {
                return Err(ServiceError::Conflict(
                    "Somebody else changed this broadcast while you were writing. Your text is still here."
                        .into(),
                ));
            }
            if old.status == Status::Scheduled {
                may_touch_what_waits(svc, cx, &scope)?;
                // What is due goes out as it is then; nobody reads it once more.
                markup::parse(&source).check().map_err(|why| ServiceError::field("text", why))?;
            }
            approvals::void(tx, cx, id).await?;
            let version = broadcasts::set_source(tx, id, (&source, manner), author.user).await?;
            audit::record(tx, &access::origin(cx), &Event::BroadcastEdited { broadcast: id }).await?;
            Ok(Saved { id, version: version.to_string() })
        })
        .await
}

/// Sees that the viewer may do what only whoever may send does: what waits for its time goes out by itself.
///
/// # Errors
/// [`ServiceError::Denied`].
fn may_touch_what_waits(
    svc: &Services,
    cx: &RequestCx,
    scope: &BotScope,
) -> Result<(), ServiceError> {
    if scope.rights.allow(Right::Send) {
        return Ok(());
    }
    Err(svc.refusals.refuse(cx, At::Bot(scope.workspace, scope.bot), Needed::Send))
}

/// The id that came with the form of a new draft, or one of ours.
fn fresh(asked: &str) -> BroadcastId {
    let asked = asked.parse().ok().filter(|id: &Uuid| !id.is_nil());
    asked.unwrap_or_else(Uuid::now_v7).into()
}

/// A draft may be anything that can be stored; whether it can be sent is asked when it is sent.
fn check(text: String) -> Result<String, ServiceError> {
    if text.contains('\0') {
        return Err(ServiceError::field("text", domain::text::Unsendable::Nul));
    }
    if text.len() > MAX_SOURCE {
        return Err(ServiceError::field(
            "text",
            "This text is far too long for a message (4096 characters).",
        ));
    }
    Ok(text.replace("\r\n", "\n"))
}

/// Throws a draft away.
pub async fn discard(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Edit).await?;
    svc.store
        .bot(&scope, async |tx| {
            let draft = lock_editable(svc, tx, id, "What has been sent stays on record.").await?;
            if draft.status == Status::Scheduled {
                may_touch_what_waits(svc, cx, &scope)?;
            }
            approvals::void(tx, cx, id).await?;
            broadcasts::delete(tx, id).await?;
            audit::record(tx, &access::origin(cx), &Event::BroadcastDiscarded { broadcast: id })
                .await?;
            Ok(())
        })
        .await
}

/// The broadcast, for a change of what it is before anybody gets it. Nobody else changes it until the transaction ends.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] while the bot is read-only, and once it was sent, in the
/// words of `settled`.
pub(super) async fn lock_editable(
    svc: &Services,
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    settled: &str,
) -> Result<Broadcast, ServiceError> {
    read_only::refuse(svc, tx).await?;
    let draft = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
    match draft.status.is_editable() {
        true => Ok(draft),
        false => Err(ServiceError::Conflict(settled.into())),
    }
}
