//! How a bot gets its updates: by asking again and again, or by a webhook.

use std::{sync::Arc, time::Duration};

use frankenstein::{
    methods::{DeleteWebhookParams, GetUpdatesParams},
    types::AllowedUpdate,
};
use serde::{Deserialize, Serialize};

use super::LONGEST_POLL;
use crate::{
    bots::Bot,
    params::Params,
    reply::{self, Answer, Refusal},
    updates::Ask,
    webhook::{LARGEST_CERTIFICATE, Settings, checked_secret, checked_url},
    world::World,
};

/// Most connections of a webhook.
const MOST_CONNECTIONS: i64 = 100;
/// Connections of a webhook that does not say how many.
const USUAL_CONNECTIONS: i64 = 40;
/// How often the webhook may be changed.
const BETWEEN_WEBHOOKS: Duration = Duration::from_secs(1);

pub(super) async fn get_updates(world: &World, bot: &Bot, ask: GetUpdatesParams) -> Answer {
    if bot.hook.is_set() {
        return Err(Refusal::conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        ));
    }
    allow(world, bot, ask.allowed_updates);
    let ask = Ask {
        offset: ask.offset.unwrap_or(0),
        limit: ask.limit.map_or(100, |limit| limit.clamp(1, 100) as usize),
        timeout: Duration::from_secs(ask.timeout.unwrap_or(0).into()).min(LONGEST_POLL),
    };
    let found = bot.updates.poll(&world.clock, ask, &world.stop).await?;
    if ask.offset != 0 {
        world.touch();
    }
    let size: usize = found.iter().map(|update| update.len() + 1).sum();
    let mut body = String::with_capacity(size + 32);
    body.push_str(r#"{"ok":true,"result":["#);
    for (n, update) in found.iter().enumerate() {
        if n > 0 {
            body.push(',');
        }
        body.push_str(update);
    }
    body.push_str("]}");
    Ok(body.into())
}

/// The kinds stay as they are when a request does not mention them.
fn allow(world: &World, bot: &Bot, kinds: Option<Vec<AllowedUpdate>>) {
    let Some(kinds) = kinds else { return };
    let name = |kind: &AllowedUpdate| Some(serde_json::to_value(kind).ok()?.as_str()?.to_owned());
    bot.updates.allow(kinds.iter().filter_map(name).collect());
    world.touch();
}

/// What setWebhook takes. Our own type, because frankenstein's expects a certificate as a path.
#[derive(Deserialize, Serialize)]
struct SetWebhook {
    url: String,
    certificate: Option<String>,
    ip_address: Option<String>,
    max_connections: Option<i64>,
    allowed_updates: Option<Vec<AllowedUpdate>>,
    drop_pending_updates: Option<bool>,
    secret_token: Option<String>,
}

pub(super) fn set_webhook(world: &Arc<World>, bot: &Arc<Bot>, params: &Params<'_>) -> Answer {
    let ask: SetWebhook = params.typed()?;
    if ask.url.is_empty() {
        return remove(world, bot, ask.drop_pending_updates);
    }
    let now = world.clock.now();
    let limited = world.limits.read().bot.is_some();
    let again_at =
        bot.hook.set_at().map(|at| at + BETWEEN_WEBHOOKS).filter(|again| limited && *again > now);
    if let Some(again_at) = again_at {
        return Err(Refusal::too_many(again_at.since(now)));
    }
    let settings = Settings {
        url: checked_url(&ask.url, world.rules.allow_http_webhooks)?,
        secret: ask.secret_token.map(checked_secret).transpose()?,
        max_connections: ask.max_connections.unwrap_or(USUAL_CONNECTIONS).clamp(1, MOST_CONNECTIONS)
            as usize,
        ip_address: ask.ip_address.map(checked_ip).transpose()?,
        certificate: ask
            .certificate
            .map(|reference| certificate(params, &reference))
            .transpose()?,
    };
    if ask.drop_pending_updates == Some(true) {
        bot.updates.drop_pending();
    }
    allow(world, bot, ask.allowed_updates);
    if bot.hook.settings().as_ref() == Some(&settings) {
        return reply::yes_because("Webhook is already set");
    }
    bot.updates.end_poll("terminated by setWebhook request");
    bot.hook.set(world, bot, settings);
    world.touch();
    reply::yes_because("Webhook was set")
}

fn checked_ip(address: String) -> Result<String, Refusal> {
    match address.parse::<std::net::IpAddr>() {
        Ok(_) => Ok(address),
        Err(_) => Err(Refusal::bad_request("bad webhook: Invalid IP address specified")),
    }
}

fn certificate(params: &Params<'_>, reference: &str) -> Result<String, Refusal> {
    let upload = reference.strip_prefix("attach://").and_then(|name| params.upload(name));
    let content = &upload
        .ok_or_else(|| Refusal::bad_request("certificate must be uploaded as a file"))?
        .content;
    if content.len() > LARGEST_CERTIFICATE {
        return Err(Refusal::bad_request(format!(
            "certificate size is too big ({} bytes)",
            content.len()
        )));
    }
    String::from_utf8(content.to_vec())
        .map_err(|_| Refusal::bad_request("bad webhook: certificate is not PEM"))
}

pub(super) fn delete_webhook(world: &World, bot: &Bot, ask: DeleteWebhookParams) -> Answer {
    remove(world, bot, ask.drop_pending_updates)
}

fn remove(world: &World, bot: &Bot, drop_pending: Option<bool>) -> Answer {
    if drop_pending == Some(true) {
        bot.updates.drop_pending();
    }
    let was_set = bot.hook.remove();
    world.touch();
    reply::yes_because(if was_set { "Webhook was deleted" } else { "Webhook is already deleted" })
}

pub(super) fn get_webhook_info(world: &World, bot: &Bot) -> Answer {
    let pending = bot.updates.pending(world.clock.now());
    reply::ok(&bot.hook.info(pending, bot.updates.allowed()))
}
