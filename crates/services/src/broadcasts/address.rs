//! Whom a draft goes to: subscribers, groups and channels, or some that are chosen by name.

use contract::{
    broadcasts::{Address, Addressees},
    cx::RequestCx,
};
use domain::{
    audit::Event,
    broadcast::{Audience, MOST_CHOSEN, Recipients},
    ids::BroadcastId,
    rights::Right,
};
use store::{BotTx, audit, broadcasts, chats};

use super::draft::lock_editable;
use crate::{ServiceError, Services, access, approvals, chats::shown};

const SETTLED: &str = "This broadcast has been sent: who gets it was settled then.";
const INCOMPLETE: &str = "This form is incomplete. Open the page again, and choose there.";

/// Whom a draft could go to.
///
/// # Errors
/// [`ServiceError::NotFound`] for a broadcast that there is not.
pub(super) async fn addressees(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<Addressees, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let (to, mut chats) = svc
        .store
        .bot(&scope, async |tx| {
            let draft = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let chats = chats::choosable(tx, MOST_CHOSEN as i64 + 1).await?;
            Ok::<_, ServiceError>((draft.to, chats))
        })
        .await?;
    let is_cut = chats.len() > MOST_CHOSEN;
    chats.truncate(MOST_CHOSEN);
    // A group may have become a supergroup since it was chosen: it is ticked all the same.
    let chosen = chats.iter().filter(|chat| {
        to.chosen.iter().any(|&number| number == chat.chat || Some(number) == chat.was)
    });
    let to = Recipients { chosen: chosen.map(|chat| chat.chat).collect(), ..to };
    Ok(Addressees { to, chats: chats.into_iter().map(shown).collect(), is_cut })
}

/// Has a draft go to others. What was asked or approved of those before is void; the same once more changes nothing.
///
/// # Errors
/// [`ServiceError::Invalid`] at `audience` for no such audience, and for nobody chosen;
/// [`ServiceError::Conflict`] when it moved, once it has been sent, when a chat that was chosen is gone, and while
/// the bot is read-only.
pub(super) async fn address(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    form: &Address,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let by = access::viewer(cx)?.user;
    svc.store
        .bot(&scope, async |tx| {
            let draft = lock_editable(svc, tx, id, SETTLED).await?;
            let to = as_they_are(tx, recipients(form)?).await?;
            if draft.to == to {
                return Ok(());
            }
            if draft.version.to_string() != form.if_unmodified_since {
                return Err(ServiceError::Conflict(
                    "Somebody changed this broadcast after you looked at it. Look once more, then choose.".into(),
                ));
            }
            approvals::void(tx, cx, id).await?;
            broadcasts::set_recipients(tx, id, &to, by).await?;
            let event = Event::BroadcastAddressed {
                broadcast: id,
                audience: to.audience,
                audience_before: draft.to.audience,
                chosen: to.chosen.len() as u64,
            };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok(())
        })
        .await
}

/// What the form says, as far as that can be told without looking.
fn recipients(form: &Address) -> Result<Recipients, ServiceError> {
    let audience: Audience =
        form.audience.parse().map_err(|_| ServiceError::field("audience", INCOMPLETE))?;
    if audience != Audience::Chosen {
        return Ok(Recipients { audience, chosen: Vec::new() });
    }
    let mut chosen = form.chosen.clone();
    chosen.sort_unstable();
    chosen.dedup();
    match chosen.len() {
        0 => {
            Err(ServiceError::field("audience", "Tick the groups and channels that are to get it."))
        }
        1..=MOST_CHOSEN => Ok(Recipients { audience, chosen }),
        _ => {
            let why = format!(
                "At most {MOST_CHOSEN} can be chosen by name. Send it to all of them instead."
            );
            Err(ServiceError::field("audience", why))
        }
    }
}

/// The same with the numbers that those who were chosen have now.
async fn as_they_are(tx: &mut BotTx<'_>, to: Recipients) -> Result<Recipients, ServiceError> {
    if to.audience != Audience::Chosen {
        return Ok(to);
    }
    let chosen = chats::present(tx, &to.chosen).await?;
    if chosen.len() < to.chosen.len() {
        let why = "The bot is not in one of these groups and channels any more. Look at the list once more.";
        return Err(ServiceError::Conflict(why.into()));
    }
    Ok(Recipients { chosen, ..to })
}
