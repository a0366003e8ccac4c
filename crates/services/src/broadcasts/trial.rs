//! "Send to me": the draft, to its writer alone.

use adapters::telegram::{Outgoing, SendError};
use contract::{broadcasts::TestRecipient, cx::RequestCx};
use domain::{audit::Event, bot::Api, ids::BroadcastId, markup, rights::Right};
use store::{BotScope, StoreError, audit, bots, broadcasts, test_recipients};

use crate::{ServiceError, Services, access, bots::read_only, credentials, outgoing};

/// How often Telegram is asked again when it wants us to wait or was not reached.
const TRIES: u32 = 2;

/// How "send to me" can reach the viewer. Makes the link when there is none yet.
pub async fn recipient(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
) -> Result<TestRecipient, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Edit).await?;
    let user = access::viewer(cx)?.user;
    svc.store
        .bot(&scope, async |tx| {
            let bot = bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
            let recipient = test_recipients::of(tx, user).await?;
            Ok(match recipient.chat {
                Some(_) => TestRecipient::Linked { name: recipient.name.unwrap_or_default() },
                None => TestRecipient::Unlinked {
                    link: format!("https://t.me/{}?start={}", bot.username, recipient.code),
                    sandbox: bot.api == Api::Sandbox,
                },
            })
        })
        .await
}

/// In the sandbox: a person with the viewer's name presses Start.
pub async fn link_in_sandbox(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Edit).await?;
    let viewer = access::viewer(cx)?;
    let sandbox = svc.sandbox.as_ref().ok_or(ServiceError::NotFound)?;
    let (api, recipient) = svc
        .store
        .bot(&scope, async |tx| {
            let bot = bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
            Ok::<_, ServiceError>((bot.api, test_recipients::of(tx, viewer.user).await?))
        })
        .await?;
    if api != Api::Sandbox {
        return Err(ServiceError::NotFound);
    }
    let who = credentials::open(svc, &scope, "press Start in the sandbox")
        .await?
        .ok_or(ServiceError::NotFound)?;
    let chat = sandbox
        .press_start(&who.token, &viewer.name, &recipient.code)
        .await
        .map_err(|err| ServiceError::bug("pressing Start in the sandbox", err))?;
    // The Start arrives like any other; linking here as well spares the viewer the wait for it.
    let user = viewer.user;
    let name = viewer.name.clone();
    svc.store
        .bot(&scope, async |tx| {
            test_recipients::link(tx, user, chat, &name).await?;
            audit::record(tx, &access::origin(cx), &Event::TestRecipientLinked).await?;
            Ok::<_, ServiceError>(())
        })
        .await
}

/// Sends the saved draft to the viewer, and waits for Telegram's answer.
pub async fn send_to_me(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Edit).await?;
    let user = access::viewer(cx)?.user;
    let (draft, recipient) = svc
        .store
        .bot(&scope, async |tx| {
            read_only::refuse(svc, tx).await?;
            svc.governors.follow(scope.bot, bots::rate(tx).await?);
            let draft = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            Ok::<_, ServiceError>((draft, test_recipients::of(tx, user).await?))
        })
        .await?;
    let chat = recipient.chat.ok_or_else(|| {
        ServiceError::Conflict(
            "First open the link below in Telegram and press Start, so that the bot knows you."
                .into(),
        )
    })?;
    let message = markup::parse(&draft.source);
    message.check().map_err(|unsendable| ServiceError::field("text", unsendable))?;
    deliver(svc, &scope, chat, &outgoing(message, draft.manner)).await?;
    svc.store
        .bot(&scope, async |tx| {
            let event = Event::BroadcastTested { broadcast: id };
            Ok::<_, StoreError>(audit::record(tx, &access::origin(cx), &event).await?)
        })
        .await?;
    Ok(())
}

async fn deliver(
    svc: &Services,
    scope: &BotScope,
    chat: domain::ids::ChatId,
    message: &Outgoing,
) -> Result<(), ServiceError> {
    let Some(who) = credentials::open(svc, scope, "send a test message").await? else {
        return Err(ServiceError::Conflict(
            "The bot has no token. Put one into its settings first.".into(),
        ));
    };
    for last in (0..TRIES).map(|n| n + 1 == TRIES) {
        svc.governors.place(scope.bot, chat).await;
        match svc.telegram.send(&who, chat, message).await {
            Ok(_) => return Ok(()),
            Err(SendError::SlowDown(wait)) if !last && wait.as_secs() <= 3 => {
                svc.governors.slow_down(scope.bot, wait);
            }
            Err(SendError::NotSent(_)) if !last => {}
            Err(error) => return Err(explain(&error)),
        }
    }
    Err(explain(&SendError::SlowDown(svc.governors.wait(scope.bot))))
}

fn explain(error: &SendError) -> ServiceError {
    match error {
        SendError::Blocked => ServiceError::Conflict(
            "You have blocked this bot in Telegram. Open it there, press Start, and try again.".into(),
        ),
        SendError::Rejected { description, .. }
        | SendError::Muted { description }
        | SendError::NoStars { description } => {
            ServiceError::field("text", format!("Telegram would not take it: {description}."))
        }
        SendError::SlowDown(wait) => {
            ServiceError::Away(format!("Telegram asks the bot to wait {} s. Try again then.", wait.as_secs()))
        }
        SendError::Unauthorized => ServiceError::Conflict(
            "Telegram does not know the bot's token any more. Put a new one into the bot's settings.".into(),
        ),
        SendError::Unanswered(_) => ServiceError::Away(
            "Telegram did not answer. Look in Telegram whether it arrived before you try again.".into(),
        ),
        SendError::NotSent(_) => {
            ServiceError::Away("Telegram cannot be reached just now. Try again in a moment.".into())
        }
        SendError::Deactivated | SendError::ChatNotFound | SendError::Migrated(_) => ServiceError::Conflict(
            "Telegram does not find your chat any more. Open the bot in Telegram and press Start.".into(),
        ),
    }
}
