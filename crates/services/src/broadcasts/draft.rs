//! Writing a broadcast, and throwing it away.

use contract::{
    broadcasts::{Draft, Saved},
    cx::RequestCx,
};
use domain::{audit::Event, ids::BroadcastId, rights::Right};
use store::{
    audit,
    broadcasts::{self, New},
};
use uuid::Uuid;

use crate::{ServiceError, Services, access};

/// Most bytes of a draft's source: four times what the longest message needs in any script.
const MAX_SOURCE: usize = 65_536;

/// Saves a draft, a new one without `id`. What is the same is not written again.
pub async fn save(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: Option<BroadcastId>,
    draft: Draft,
) -> Result<Saved, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Edit).await?;
    let author = access::viewer(cx)?;
    let source = check(draft.text)?;
    svc.store
        .bot(&scope, async |tx| {
            let Some(id) = id else {
                let id = BroadcastId::from(Uuid::now_v7());
                let new = New { id, author: author.user, author_name: &author.name, source: &source };
                let version = broadcasts::insert(tx, new).await?;
                audit::record(tx, &access::origin(cx), &Event::BroadcastDrafted { broadcast: id }).await?;
                return Ok(Saved { id, version: version.to_string() });
            };
            let old = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            if !old.status.is_editable() {
                return Err(ServiceError::Conflict(
                    "This broadcast has been sent and cannot be changed any more. Your text is still here: \
                     copy it into a new one."
                        .into(),
                ));
            }
            if old.source == source {
                return Ok(Saved { id, version: old.version.to_string() });
            }
            if old.version.to_string() != draft.if_unmodified_since {
                return Err(ServiceError::Conflict(
                    "Somebody else changed this broadcast while you were writing. Your text is still here."
                        .into(),
                ));
            }
            let version = broadcasts::set_source(tx, id, &source).await?;
            audit::record(tx, &access::origin(cx), &Event::BroadcastEdited { broadcast: id }).await?;
            Ok(Saved { id, version: version.to_string() })
        })
        .await
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
            let draft = broadcasts::lock(tx, id).await?.ok_or(ServiceError::NotFound)?;
            if !draft.status.is_editable() {
                return Err(ServiceError::Conflict("What has been sent stays on record.".into()));
            }
            broadcasts::delete(tx, id).await?;
            audit::record(tx, &access::origin(cx), &Event::BroadcastDiscarded { broadcast: id })
                .await?;
            Ok(())
        })
        .await
}
