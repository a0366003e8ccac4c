//! Taking a bot out.

use contract::cx::RequestCx;
use domain::{audit::Event, broadcast::Status, rights::Right};
use store::{
    BotScope, BotTx,
    audit::{self, Origin},
    bots, broadcasts, changes, directory, jobs, replies, secrets,
};

use super::{leave, renew};
use crate::{ServiceError, Services, access};

/// Removes webhook and token; subscribers are kept for 30 days. `typed` must be the username.
///
/// From the commit on the webhook's secret is refused; broadcasts that have begun are cancelled, and a
/// sender in the middle of one sees it at its next heartbeat. Telegram is told by a job ([`leave`]), so
/// that it can be away.
///
/// # Errors
/// A field's error when something else was typed; [`ServiceError::Conflict`] while the connection is
/// being changed.
pub async fn disconnect(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    typed: &str,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Manage).await?;
    svc.store
        .bot(&scope, async |tx| {
            let bot = bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
            let typed = typed.trim();
            if !typed.strip_prefix('@').unwrap_or(typed).eq_ignore_ascii_case(&bot.username) {
                return Err(ServiceError::field(
                    "username",
                    format!("Type {} to disconnect it.", bot.username),
                ));
            }
            part(tx, bot, &access::origin(cx)).await
        })
        .await?;
    svc.nudges.jobs.notify_one();
    svc.nudges.poll.notify_one();
    Ok(())
}

/// Takes a bot out because its owner closes their account. Nothing for one that is out already.
///
/// # Errors
/// [`ServiceError::Conflict`] while the connection is being changed.
pub async fn close(svc: &Services, scope: &BotScope, origin: &Origin) -> Result<(), ServiceError> {
    svc.store
        .bot(scope, async |tx| match bots::find(tx).await? {
            Some(bot) => part(tx, bot, origin).await,
            None => Ok(()),
        })
        .await?;
    svc.nudges.jobs.notify_one();
    svc.nudges.poll.notify_one();
    Ok(())
}

async fn part(tx: &mut BotTx<'_>, bot: bots::Bot, origin: &Origin) -> Result<(), ServiceError> {
    if !bots::disconnect(tx).await? {
        return Err(renew::busy());
    }
    secrets::set_token_aside(tx).await?;
    directory::set_hook(tx, None).await?;
    changes::forget(tx).await?;
    stop_sending(tx, origin).await?;
    jobs::enqueue(tx, leave::KIND, serde_json::json!({})).await?;
    audit::record(tx, origin, &Event::BotDisconnected { bot: bot.slug }).await?;
    Ok(())
}

/// Nothing that was begun goes on, not even when the bot comes back.
async fn stop_sending(tx: &mut BotTx<'_>, origin: &Origin) -> Result<(), ServiceError> {
    for broadcast in broadcasts::under_way(tx).await? {
        broadcasts::set_status(tx, broadcast, Status::Cancelled).await?;
        audit::record(tx, origin, &Event::BroadcastCancelled { broadcast }).await?;
    }
    replies::drop_all(tx).await?;
    Ok(())
}
