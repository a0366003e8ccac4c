//! How updates reach us: a webhook with a secret of its own, or long polling.

use std::time::Duration;

use adapters::telegram::{CallError, Command, Credentials, Webhook, WebhookInfo};
use domain::bot::{Api, Delivery};
use sha2::{Digest, Sha256};
use store::directory::Hook;
use tokio::time;
use zeroize::Zeroizing;

use crate::{ServiceError, Services, Settings};

/// Kinds of updates that Gannet understands. Others are not asked for.
pub(crate) const ALLOWED: [&str; 4] =
    ["message", "channel_post", "callback_query", "my_chat_member"];

/// Whether a webhook is asked for all of them. Telegram names none where it delivers the usual ones, and these are.
pub(super) fn asks_for_all(info: &WebhookInfo) -> bool {
    let is_asked =
        |kinds: &Vec<String>| ALLOWED.iter().all(|kind| kinds.iter().any(|asked| asked == kind));
    info.allowed_updates.as_ref().is_none_or(is_asked)
}

/// How many updates of one bot Telegram may deliver at once.
const MAX_CONNECTIONS: u8 = 40;

/// Longest wait that Telegram may ask for and that is worth waiting.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How long to wait after an answer that got lost.
const BREATH: Duration = Duration::from_secs(1);

/// Most characters of a host that is shown.
const HOST: usize = 100;

/// How updates of a bot on `api` can reach this instance.
pub(super) fn delivery(settings: &Settings, api: Api) -> Delivery {
    match api {
        Api::Telegram if settings.is_public => Delivery::Webhook,
        Api::Telegram | Api::Sandbox => Delivery::Polling,
    }
}

/// SHA-256 of a webhook's secret, as the directory has it.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// A path and a secret that were never used.
pub(super) struct Fresh {
    path: String,
    secret: Zeroizing<String>,
    hash: [u8; 32],
}

impl Fresh {
    /// 128 random bits of path, 256 of secret.
    pub fn new() -> Result<Self, ServiceError> {
        let random = |bytes: &mut [u8]| {
            getrandom::fill(bytes)
                .map_err(|err| ServiceError::bug("making a webhook's secret", err))
        };
        let mut path = [0; 16];
        let mut secret = Zeroizing::new([0; 32]);
        random(&mut path)?;
        random(&mut *secret)?;
        let secret = Zeroizing::new(hex::encode(*secret));
        Ok(Self { path: hex::encode(path), hash: hash(&secret), secret })
    }

    /// As the directory will have it; none for a bot that is polled.
    pub fn hook(&self, delivery: Delivery) -> Option<Hook<'_>> {
        (delivery == Delivery::Webhook)
            .then_some(Hook { path: &self.path, secret_hash: &self.hash })
    }

    /// What Telegram will have as the webhook's address.
    fn address(&self, svc: &Services, delivery: Delivery) -> String {
        match delivery {
            Delivery::Webhook => url(&svc.settings, &self.path),
            Delivery::Polling => String::new(),
        }
    }
}

/// Where Telegram calls for a path.
pub(super) fn url(settings: &Settings, path: &str) -> String {
    format!("{}/telegram/{path}", settings.base_url)
}

/// Tells Telegram how to deliver from now on. What waits there is kept.
///
/// Telegram takes one change of a webhook a second, so a short wait is waited out, once. After an answer
/// that got lost Telegram is asked what is in force.
///
/// # Errors
/// Telegram's own, and then what was in force before still is. [`CallError::Unanswered`] alone leaves it
/// open.
pub(super) async fn begin(
    svc: &Services,
    who: &Credentials,
    delivery: Delivery,
    fresh: &Fresh,
) -> Result<(), CallError> {
    let wait = match attempt(svc, who, delivery, fresh).await {
        Err(CallError::SlowDown(wait)) if wait <= LONGEST_WAIT => wait,
        Err(CallError::Unanswered(_)) => BREATH,
        done => return done,
    };
    time::sleep(wait).await;
    attempt(svc, who, delivery, fresh).await
}

async fn attempt(
    svc: &Services,
    who: &Credentials,
    delivery: Delivery,
    fresh: &Fresh,
) -> Result<(), CallError> {
    match tell(svc, who, delivery, fresh).await {
        Err(error @ CallError::Unanswered(_)) => match svc.telegram.get_webhook_info(who).await {
            Ok(info) if info.url == fresh.address(svc, delivery) => Ok(()),
            Ok(_) | Err(_) => Err(error),
        },
        told => told,
    }
}

async fn tell(
    svc: &Services,
    who: &Credentials,
    delivery: Delivery,
    fresh: &Fresh,
) -> Result<(), CallError> {
    match delivery {
        Delivery::Webhook => {
            let hook = Webhook {
                url: &fresh.address(svc, delivery),
                secret: &fresh.secret,
                allowed_updates: &ALLOWED,
                max_connections: MAX_CONNECTIONS,
                drop_pending: false,
            };
            svc.telegram.set_webhook(who, &hook).await
        }
        Delivery::Polling => svc.telegram.delete_webhook(who, false).await,
    }
}

/// Puts `/start` and `/stop` into the bot's menu. A courtesy: without it everything works.
pub(super) async fn offer_commands(svc: &Services, who: &Credentials) {
    let command = |command: &str, description: &str| Command {
        command: command.to_owned(),
        description: description.to_owned(),
    };
    let menu =
        [command("start", "Get messages from this bot"), command("stop", "Get no more messages")];
    if let Err(error) = svc.telegram.set_my_commands(who, &menu).await {
        tracing::info!(%error, "the bot's menu was not set");
    }
}

/// Whether `address` is one of ours that ends in `path`, whatever this instance was called when it was
/// set.
pub(super) fn leads_to(address: &str, path: &str) -> bool {
    address.strip_suffix(path).is_some_and(|before| before.ends_with("/telegram/"))
}

/// What is wrong when Telegram delivers to nobody, or to where we are not.
pub(super) const NOT_TO_US: &str =
    "Telegram does not deliver this bot's messages to us. Press Repair.";

/// What is wrong when Telegram delivers to another program.
pub(super) fn taken_over(host: &str) -> String {
    format!(
        "Another program ({host}) has taken over this bot's messages. Stop it there, then press Repair to have them \
         back."
    )
}

/// The host to which another program has these updates delivered; none when nobody has, or this
/// instance. Its path stays out of sight: it may be a secret.
pub(super) fn held_by(settings: &Settings, info: &WebhookInfo) -> Option<String> {
    if info.url.is_empty() || info.url.starts_with(&url(settings, "")) {
        return None;
    }
    let rest = info.url.split_once("://").map_or(info.url.as_str(), |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    Some(host.chars().filter(|c| c.is_ascii_graphic()).take(HOST).collect())
}

#[cfg(test)]
mod tests {
    use adapters::telegram::ApiBase;

    use super::*;

    fn settings(is_public: bool) -> Settings {
        Settings {
            base_url: "https://bots.example".into(),
            is_public,
            telegram: ApiBase::telegram(),
            rate_per_bot: 30,
            paid: None,
            signups: contract::auth::Signups::Open,
        }
    }

    #[test]
    fn only_a_public_address_gets_webhooks_and_the_sandbox_never() {
        assert_eq!(delivery(&settings(true), Api::Telegram), Delivery::Webhook);
        assert_eq!(delivery(&settings(true), Api::Sandbox), Delivery::Polling);
        assert_eq!(delivery(&settings(false), Api::Telegram), Delivery::Polling);
    }

    #[test]
    fn another_programs_webhook_is_known_by_its_host_alone() {
        let cases = [
            ("", None),
            ("https://bots.example/telegram/0123", None),
            ("https://bots.example.evil.example/telegram/0123", Some("bots.example.evil.example")),
            ("https://n8n.example:8443/webhook/secret?token=1", Some("n8n.example:8443")),
            ("https://user:secret@old.example/x", Some("old.example")),
            ("https://b\u{202e}ad.example", Some("bad.example")),
        ];
        for (url, want) in cases {
            let info: WebhookInfo =
                serde_json::from_value(serde_json::json!({"url": url, "pending_update_count": 0}))
                    .expect("complete");
            assert_eq!(held_by(&settings(true), &info).as_deref(), want, "{url}");
        }
    }

    #[test]
    fn secrets_and_paths_are_long_and_never_the_same() {
        let (one, two) = (Fresh::new().expect("randomness"), Fresh::new().expect("randomness"));
        assert_eq!((one.path.len(), one.secret.len()), (32, 64));
        assert_ne!(one.path, two.path);
        assert_ne!(*one.secret, *two.secret);
        assert_eq!(one.hash, hash(&one.secret));
        assert!(one.hook(Delivery::Polling).is_none());
    }
}
