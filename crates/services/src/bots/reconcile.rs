//! Keeps connections as they should be, without anybody asking.
//!
//! A change whose process died between Telegram's yes and our commit is settled by asking Telegram what it
//! has: the new secret is put into force, or forgotten. And what should be is compared with what is, at the
//! start and then every hour: the instance may have another address since.

use std::time::Duration;

use adapters::telegram::{CallError, Credentials, Me, WebhookInfo};
use domain::{
    audit::Event,
    bot::Delivery,
    ids::{BotId, WorkspaceId},
};
use futures::{StreamExt, stream};
use store::{
    BotScope, StoreError,
    audit::Origin,
    bots::{self, Bot, Claim},
    changes::{self, Begun},
    directory,
};
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use super::{
    identify::{self, Identified},
    renew, webhook,
};
use crate::{ServiceError, Services, Settings, access, credentials};

/// How the audit log names this part.
const PART: &str = "Connection check";

/// How often changes that were left behind are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// How often all connections are compared.
const COMPARE: Duration = Duration::from_secs(60 * 60);

/// How many bots are looked at at once.
const ABREAST: usize = 4;

/// Settles and compares until `stop`.
pub async fn run(svc: &Services, stop: &CancellationToken) {
    let mut compare_at = Instant::now();
    while !stop.is_cancelled() {
        settle(svc, stop).await;
        if Instant::now() >= compare_at {
            compare(svc, stop).await;
            compare_at = Instant::now() + COMPARE;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Settles changes that nobody is at any more. A repeat costs a look.
pub async fn settle(svc: &Services, stop: &CancellationToken) {
    let abandoned = svc
        .store
        .system("bots of all workspaces whose change was left behind", async |tx| {
            Ok::<_, StoreError>(changes::abandoned(tx).await?)
        })
        .await;
    each(svc, stop, abandoned, true).await;
}

/// Compares every connection with what it should be, and mends what is ours to mend. A repeat costs a
/// request for each bot with a webhook.
pub async fn compare(svc: &Services, stop: &CancellationToken) {
    let settled = svc
        .store
        .system("bots of all workspaces whose connection is compared", async |tx| {
            Ok::<_, StoreError>(bots::settled(tx).await?)
        })
        .await;
    each(svc, stop, settled, false).await;
}

async fn each(
    svc: &Services,
    stop: &CancellationToken,
    bots: Result<Vec<(WorkspaceId, BotId)>, StoreError>,
    is_abandoned: bool,
) {
    let bots = match bots {
        Ok(bots) => bots,
        Err(error) => return tracing::warn!(%error, "looking for connections failed"),
    };
    stream::iter(bots.into_iter().take_while(|_| !stop.is_cancelled()))
        .for_each_concurrent(ABREAST, |(workspace, bot)| async move {
            let scope = access::claimed(workspace, bot);
            if let Err(error) = look_after(svc, &scope, is_abandoned).await {
                tracing::warn!(?error, bot.id = %bot, "a connection could not be looked after");
            }
        })
        .await;
}

/// A bot whose connection nobody else changes meanwhile.
struct Held {
    bot: Bot,
    claim: Claim,
    begun: Option<Begun>,
}

/// Looks after one bot. Where Telegram does not answer, a change that was left behind stays claimed and is
/// looked at again when the claim has lapsed.
async fn look_after(
    svc: &Services,
    scope: &BotScope,
    is_abandoned: bool,
) -> Result<(), ServiceError> {
    let Some(held) = hold(svc, scope).await? else { return Ok(()) };
    if let Some(begun) = &held.begun {
        match ask_for(svc, scope, &held.bot, begun).await? {
            Ok(Some((who, me))) => {
                return put_into_force(svc, scope, &held, begun, &who, &me).await;
            }
            Ok(None) => {}
            Err(error) => return unanswered(&held.bot, &error),
        }
    }
    let is_abandoned = is_abandoned || held.begun.is_some();
    let should = webhook::delivery(&svc.settings, held.bot.api);
    let who = credentials::open(svc, scope, "compare the connection").await?;
    // Who polls notices by itself what is wrong.
    let is_polled = (held.bot.delivery, should) == (Delivery::Polling, Delivery::Polling);
    let Some(who) = who.filter(|_| is_abandoned || !is_polled) else {
        return end(svc, scope, &held, &Verdict::Unseen).await.map(drop);
    };
    let verdict = match svc.telegram.get_webhook_info(&who).await {
        Ok(info) => {
            let path = path(svc, scope.bot).await?;
            judge(&svc.settings, (held.bot.delivery, should), path.as_deref(), &info, is_abandoned)
        }
        Err(error @ CallError::Unauthorized) => Verdict::Trouble(identify::explain(&error)),
        Err(error) if is_abandoned => return unanswered(&held.bot, &error),
        Err(_) => Verdict::Unseen,
    };
    if end(svc, scope, &held, &verdict).await? && verdict == Verdict::Renew {
        renew(svc, scope, held.bot, who).await?;
    }
    Ok(())
}

/// Claims the change of a bot that is connected. None: somebody else is at it.
async fn hold(svc: &Services, scope: &BotScope) -> Result<Option<Held>, ServiceError> {
    svc.store
        .bot(scope, async |tx| {
            let Some(bot) = bots::find(tx).await? else { return Ok(None) };
            let Some(claim) = bots::claim_change(tx).await? else { return Ok(None) };
            Ok(Some(Held { bot, claim, begun: changes::begun(tx).await? }))
        })
        .await
}

fn unanswered(bot: &Bot, error: &CallError) -> Result<(), ServiceError> {
    tracing::info!(%error, bot.id = %bot.id, "a change that was left behind cannot be settled yet");
    Ok(())
}

/// A bot that Telegram vouched for, and its token.
type Vouched = (Credentials, Me);

/// Asks Telegram whether it has heard of a change: then with which token, and what the bot is called.
async fn ask_for(
    svc: &Services,
    scope: &BotScope,
    bot: &Bot,
    begun: &Begun,
) -> Result<Result<Option<Vouched>, CallError>, ServiceError> {
    let why = "settle a change";
    let who = match (&begun.token, svc.base(bot.api)) {
        (_, None) => None,
        (None, Some(_)) => credentials::open(svc, scope, why).await?,
        (Some(sealed), Some(api)) => {
            let token = credentials::unseal(svc, scope, sealed.clone(), why).await?;
            Some(Credentials { api, token })
        }
    };
    let Some(who) = who else { return Ok(Ok(None)) };
    Ok(match has_heard(svc, &who, begun).await {
        Ok(me) => Ok(me.map(|me| (who, me))),
        // A token that is not known any more never will be in force.
        Err(CallError::Unauthorized) => Ok(None),
        Err(error) => Err(error),
    })
}

async fn has_heard(
    svc: &Services,
    who: &Credentials,
    begun: &Begun,
) -> Result<Option<Me>, CallError> {
    let info = svc.telegram.get_webhook_info(who).await?;
    let has_heard = match begun.hook() {
        Some(hook) => webhook::leads_to(&info.url, hook.path),
        None => info.url.is_empty(),
    };
    match has_heard {
        true => svc.telegram.get_me(who).await.map(Some),
        false => Ok(None),
    }
}

async fn put_into_force(
    svc: &Services,
    scope: &BotScope,
    held: &Held,
    begun: &Begun,
    who: &Credentials,
    me: &Me,
) -> Result<(), ServiceError> {
    let new = changes::New {
        delivery: begun.delivery,
        hook: begun.hook(),
        token: begun.token.as_deref(),
        event: &begun.event,
    };
    svc.store
        .bot(scope, async |tx| {
            if bots::end_change(tx, held.claim).await? {
                let origin = Origin::system(PART);
                renew::put_into_force(tx, &origin, me, who.token.last4(), &new).await?;
            }
            Ok::<_, ServiceError>(())
        })
        .await?;
    tracing::info!(bot.id = %scope.bot, "a change that was left behind is in force");
    svc.nudges.poll.notify_one();
    Ok(())
}

async fn path(svc: &Services, bot: BotId) -> Result<Option<String>, StoreError> {
    svc.store
        .system("a webhook's path is compared with Telegram's", async |tx| {
            Ok(directory::path_of(tx, bot).await?)
        })
        .await
}

/// What is to be done about a connection.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It is as it should be.
    Fits,
    /// It is ours, and not as it should be.
    Renew,
    /// A person must act.
    Trouble(String),
    /// Nothing is known of it.
    Unseen,
}

/// Compares how a bot is connected and should be (`is`, `should`) with what Telegram says.
///
/// Only what is ours is renewed: a webhook of ours, a way of delivery that this instance left, a change
/// that was left behind. Where nobody receives, another program may be polling, and a person decides.
fn judge(
    settings: &Settings,
    (is, should): (Delivery, Delivery),
    path: Option<&str>,
    info: &WebhookInfo,
    is_abandoned: bool,
) -> Verdict {
    let address = info.url.as_str();
    let fits = match should {
        Delivery::Webhook => {
            path.is_some_and(|path| address == webhook::url(settings, path))
                && webhook::asks_for_all(info)
        }
        Delivery::Polling => address.is_empty(),
    };
    let is_former = path.is_some_and(|path| webhook::leads_to(address, path));
    match webhook::held_by(settings, info) {
        _ if fits && is == should => Verdict::Fits,
        Some(host) if !is_former => Verdict::Trouble(webhook::taken_over(&host)),
        _ if is != should || !address.is_empty() || is_abandoned => Verdict::Renew,
        _ => Verdict::Trouble(webhook::NOT_TO_US.into()),
    }
}

/// Ends the change and says what is known. False: the claim was lost, and nothing was said.
async fn end(
    svc: &Services,
    scope: &BotScope,
    held: &Held,
    verdict: &Verdict,
) -> Result<bool, ServiceError> {
    svc.store
        .bot(scope, async |tx| {
            if !bots::end_change(tx, held.claim).await? {
                return Ok(false);
            }
            changes::forget(tx).await?;
            match verdict {
                Verdict::Fits => bots::set_trouble(tx, None).await?,
                Verdict::Trouble(trouble) => bots::set_trouble(tx, Some(trouble)).await?,
                Verdict::Renew | Verdict::Unseen => {}
            }
            Ok(true)
        })
        .await
}

/// Has Telegram deliver as it should.
async fn renew(
    svc: &Services,
    scope: &BotScope,
    bot: Bot,
    who: Credentials,
) -> Result<(), ServiceError> {
    let renewed = match svc.telegram.get_me(&who).await {
        Ok(me) => {
            let found = Identified { who, me, slug: bot.slug };
            let event = Event::BotRepaired;
            let change = renew::Change { found, api: bot.api, is_new_token: false, event };
            renew::renew(svc, &Origin::system(PART), scope, &change).await
        }
        Err(error) => Err(identify::unreached(&error)),
    };
    match renewed {
        Err(ServiceError::Away(why)) => {
            tracing::info!(why, bot.id = %scope.bot, "a connection could not be renewed");
            svc.store
                .bot(scope, async |tx| {
                    Ok::<_, StoreError>(bots::set_trouble(tx, Some(webhook::NOT_TO_US)).await?)
                })
                .await?;
            Ok(())
        }
        // Somebody else is at it.
        Err(ServiceError::Conflict(_)) => Ok(()),
        renewed => renewed,
    }
}

#[cfg(test)]
mod tests {
    use adapters::telegram::ApiBase;

    use super::*;

    #[test]
    fn only_what_is_ours_is_renewed() {
        use Delivery::{Polling, Webhook};
        let settings = Settings {
            base_url: "https://bots.example".into(),
            is_public: true,
            telegram: ApiBase::telegram(),
            rate_per_bot: 30,
            paid: None,
            signups: contract::auth::Signups::Open,
        };
        let taken = || Verdict::Trouble(webhook::taken_over("n8n.example"));
        let nobody = || Verdict::Trouble(webhook::NOT_TO_US.into());
        let (ours, former) =
            ("https://bots.example/telegram/p1", "https://old.example/telegram/p1");
        let (lost, other) = ("https://bots.example/telegram/p0", "https://n8n.example/x");
        let cases = [
            (Webhook, Webhook, ours, false, Verdict::Fits),
            (Polling, Polling, "", true, Verdict::Fits),
            (Webhook, Webhook, former, false, Verdict::Renew),
            (Webhook, Webhook, lost, false, Verdict::Renew),
            (Webhook, Polling, former, false, Verdict::Renew),
            (Webhook, Polling, "", false, Verdict::Renew),
            (Polling, Webhook, "", false, Verdict::Renew),
            (Webhook, Webhook, "", true, Verdict::Renew),
            (Webhook, Webhook, "", false, nobody()),
            (Webhook, Webhook, other, true, taken()),
            (Polling, Webhook, other, false, taken()),
        ];
        for (is, should, url, is_abandoned, want) in cases {
            let json = serde_json::json!({"url": url, "pending_update_count": 0});
            let info = serde_json::from_value(json).expect("complete");
            let got = judge(&settings, (is, should), Some("p1"), &info, is_abandoned);
            assert_eq!(got, want, "{is} {should} {url:?} {is_abandoned}");
        }
        // One that an earlier version registered is asked for less than what is understood now.
        for (kinds, want) in [
            (serde_json::json!(["message", "callback_query", "my_chat_member"]), Verdict::Renew),
            (serde_json::json!(webhook::ALLOWED), Verdict::Fits),
        ] {
            let json = serde_json::json!({
                "url": ours, "pending_update_count": 0, "allowed_updates": kinds,
            });
            let info = serde_json::from_value(json).expect("complete");
            assert_eq!(judge(&settings, (Webhook, Webhook), Some("p1"), &info, false), want);
        }
    }
}
