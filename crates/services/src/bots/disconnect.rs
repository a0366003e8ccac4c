//! Taking a bot out.

use contract::cx::RequestCx;
use domain::{audit::Event, broadcast::Status, rights::Right};
use store::{BotTx, audit, bots, broadcasts, changes, directory, jobs, replies, secrets};

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
            if !bots::disconnect(tx).await? {
                return Err(renew::busy());
            }
            secrets::set_token_aside(tx).await?;
            directory::set_hook(tx, None).await?;
            changes::forget(tx).await?;
            stop_sending(tx, cx).await?;
            jobs::enqueue(tx, leave::KIND, serde_json::json!({})).await?;
            audit::record(tx, &access::origin(cx), &Event::BotDisconnected { bot: bot.slug })
                .await?;
            Ok(())
        })
        .await?;
    svc.nudges.jobs.notify_one();
    svc.nudges.poll.notify_one();
    Ok(())
}

/// Nothing that was begun goes on, not even when the bot comes back.
async fn stop_sending(tx: &mut BotTx<'_>, cx: &RequestCx) -> Result<(), ServiceError> {
    for broadcast in broadcasts::under_way(tx).await? {
        broadcasts::set_status(tx, broadcast, Status::Cancelled).await?;
        audit::record(tx, &access::origin(cx), &Event::BroadcastCancelled { broadcast }).await?;
    }
    replies::drop_all(tx).await?;
    Ok(())
}
