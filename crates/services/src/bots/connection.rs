//! The state of a bot's connection, asked from Telegram now.

use adapters::telegram::WebhookInfo;
use contract::{bots::Connection, cx::RequestCx};
use domain::{Timestamp, bot::Delivery, rights::Right};
use jiff::SignedDuration;
use store::{BotScope, StoreError, backlog, bots::Bot, directory};

use super::{identify, view, webhook};
use crate::{ServiceError, Services, access, credentials};

/// How updates arrive, what waits at Telegram, and what is wrong.
///
/// # Errors
/// As [`view::view`]. That Telegram does not answer is no error but part of the answer.
pub async fn connection(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
) -> Result<Connection, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let bot = view::connected(svc, &scope).await?;
    let (waiting, waiting_since) = stored(svc, cx, &scope).await?;
    let mut answer = Connection {
        delivery: bot.delivery,
        last_update_at: bot.last_update_at,
        pending: None,
        waiting,
        waiting_since,
        last_error: None,
        trouble: bot.trouble.clone(),
    };
    let Some(who) = credentials::open(svc, &scope, "look at the connection").await? else {
        answer.trouble.get_or_insert_with(|| "The sandbox is switched off on this server.".into());
        return Ok(answer);
    };
    let id = scope.bot;
    let path = svc
        .store
        .system("a webhook's path is compared with Telegram's", async |tx| {
            Ok::<_, StoreError>(directory::path_of(tx, id).await?)
        })
        .await?;
    match svc.telegram.get_webhook_info(&who).await {
        Ok(info) => {
            answer.pending = Some(info.pending_update_count);
            answer.last_error = complaint(&bot, &info);
            if answer.trouble.is_none() {
                let ours = path.map(|path| webhook::url(&svc.settings, &path));
                answer.trouble = mismatch(svc, bot.delivery, ours.as_deref(), &info);
            }
        }
        Err(error) => answer.last_error = Some(identify::explain(&error)),
    }
    Ok(answer)
}

/// How many updates have arrived and are not in effect yet, and when the oldest of them did.
async fn stored(
    svc: &Services,
    cx: &RequestCx,
    scope: &BotScope,
) -> Result<(u64, Option<Timestamp>), ServiceError> {
    let most = i64::try_from(Connection::MOST).unwrap_or(i64::MAX);
    let found = svc
        .store
        .bot(scope, async |tx| Ok::<_, StoreError>(backlog::updates_of_bot(tx, most).await?))
        .await?;
    let since = found.oldest_secs.and_then(|secs| SignedDuration::try_from_secs_f64(secs).ok());
    let since = since.and_then(|waited| cx.now.checked_sub(waited).ok());
    Ok((u64::try_from(found.waiting).unwrap_or_default(), since))
}

/// Telegram's last complaint, unless updates have arrived since.
fn complaint(bot: &Bot, info: &WebhookInfo) -> Option<String> {
    let is_over =
        info.last_error_date.zip(bot.last_update_at).is_some_and(|(error, update)| error < update);
    info.last_error_message.clone().filter(|_| !is_over)
}

/// What is wrong when Telegram delivers to somebody else, or to nobody.
fn mismatch(
    svc: &Services,
    delivery: Delivery,
    ours: Option<&str>,
    info: &WebhookInfo,
) -> Option<String> {
    if let Some(host) = webhook::held_by(&svc.settings, info) {
        return Some(webhook::taken_over(&host));
    }
    let fits = match delivery {
        Delivery::Webhook => ours == Some(info.url.as_str()),
        Delivery::Polling => info.url.is_empty(),
    };
    (!fits).then(|| webhook::NOT_TO_US.into())
}
