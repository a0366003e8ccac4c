//! Taking a bot out.

use contract::cx::RequestCx;
use domain::{audit::Event, rights::Right};
use store::{
    BotScope, BotTx,
    audit::{self, Origin},
    bots, directory, jobs, secrets,
};

use super::{leave, renew};
use crate::{ServiceError, Services, access};

/// Removes webhook and token; subscribers are kept for 30 days. `typed` must be the username.
///
/// From the commit on the webhook's secret is refused and nothing is sent any more. Telegram is told by
/// a job ([`leave`]), so that it can be away.
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
                    "typed",
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
    jobs::enqueue(tx, leave::KIND, serde_json::json!({})).await?;
    audit::record(tx, origin, &Event::BotDisconnected { bot: bot.slug }).await?;
    Ok(())
}
