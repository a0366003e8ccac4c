//! How things stand with approval, and what waits for whom.

use contract::{
    approvals::{Request, Standing, Waiting},
    cx::RequestCx,
};
use domain::{
    approval::Hands,
    bot::Slug,
    ids::{BotId, BroadcastId, UserId},
    markup,
    rights::{Right, Rights},
    text::excerpt,
};
use store::{
    BotTx, WorkspaceTx,
    approvals::{self, Approval},
    broadcasts, members,
};

use crate::{ServiceError, Services, access};

/// Characters of a text that a list shows.
const EXCERPT: usize = 80;

pub(super) async fn standing(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<Standing, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let user = access::viewer(cx)?.user;
    svc.store
        .bot(&scope, async |tx| {
            let draft = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let above = approvals::above(tx).await?.map(|above| above.get());
            let last = approvals::last(tx, id).await?;
            let others = match above {
                Some(_) => deciders(tx, id, user).await?.len() as u64,
                None => 0,
            };
            let last = last.map(|one| request(one, user, scope.rights));
            Ok::<_, ServiceError>(Standing {
                above,
                last,
                others,
                to_chats: draft.to.audience.has_chats(),
            })
        })
        .await
}

fn request(one: Approval, user: UserId, rights: Rights) -> Request {
    let not_you = one.hands.may_decide(user, rights).err().map(|why| why.to_string());
    Request {
        id: one.id,
        version: one.version.to_string(),
        audience: one.audience,
        state: one.state,
        is_mine: one.hands.asked == user,
        asked_by: one.asked_by,
        asked_at: one.asked_at,
        decided_by: one.decided_by,
        decided_at: one.decided_at,
        reason: one.reason,
        not_you,
    }
}

/// Who could approve the draft at this moment if `asker` asked for it.
pub(super) async fn deciders(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    asker: UserId,
) -> Result<Vec<members::Holder>, ServiceError> {
    let (wrote, changed) = broadcasts::writers(tx, id).await?.ok_or(ServiceError::NotFound)?;
    let hands = Hands { asked: asker, wrote, changed };
    let mut holders = members::holders(tx).await?;
    holders.retain(|holder| hands.may_decide(holder.user, holder.rights).is_ok());
    Ok(holders)
}

/// Requests of the transaction's bot that `user` may decide.
pub(crate) async fn waiting_at(
    tx: &mut BotTx<'_>,
    slug: &Slug,
    user: Option<UserId>,
    rights: Rights,
) -> Result<Vec<Waiting>, ServiceError> {
    // Whoever may not send decides nothing, and is spared the look.
    let (Some(user), true) = (user, rights.allow(Right::Send)) else { return Ok(Vec::new()) };
    let open = approvals::open(tx).await?.into_iter();
    let mine = open.filter(|one| one.hands.may_decide(user, rights).is_ok());
    Ok(mine.map(|one| waiting(one, slug)).collect())
}

/// Requests of all bots of the transaction's workspace that `user` may decide.
pub(crate) async fn waiting_everywhere(
    tx: &mut WorkspaceTx<'_>,
    user: UserId,
    rights: impl Fn(BotId) -> Rights,
) -> Result<Vec<(BotId, Approval)>, ServiceError> {
    let mut open = approvals::open_everywhere(tx).await?;
    open.retain(|(bot, one)| one.hands.may_decide(user, rights(*bot)).is_ok());
    Ok(open)
}

/// One of them, as pages show it.
pub(crate) fn waiting(one: Approval, slug: &Slug) -> Waiting {
    Waiting {
        slug: slug.clone(),
        broadcast: one.broadcast,
        excerpt: excerpt(&markup::parse(&one.source).text, EXCERPT),
        audience: one.audience,
        asked_by: one.asked_by,
    }
}
