//! The bot's own answers.

use contract::{FieldError, bots::Texts, cx::RequestCx};
use domain::{audit::Event, markup, rights::Right};
use store::{Version, audit, bots};

use super::read_only;
use crate::{ServiceError, Services, access};

/// Most bytes of an answer in our markup: several times what a message can hold.
const LONGEST: usize = 32_768;

/// Changes the answers to `/start` and `/stop`. Saving what is there already changes nothing.
///
/// # Errors
/// Field errors for what Telegram would not take; [`ServiceError::Conflict`] when somebody changed them
/// since they were read, and while the bot is read-only.
pub async fn set_texts(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    texts: Texts,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Edit).await?;
    let errors: Vec<FieldError> = [("welcome", &texts.welcome), ("goodbye", &texts.goodbye)]
        .into_iter()
        .filter_map(|(field, source)| {
            unfit(source).map(|message| FieldError { field: field.into(), message })
        })
        .collect();
    if !errors.is_empty() {
        return Err(ServiceError::Invalid(errors));
    }
    let read: Version = texts.if_unmodified_since.parse().map_err(|_| {
        ServiceError::field("if_unmodified_since", "This form is incomplete. Open the page again.")
    })?;
    svc.store
        .bot(&scope, async |tx| {
            let bot = bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
            read_only::refuse(svc, tx).await?;
            let (welcome, goodbye) = (bot.welcome != texts.welcome, bot.goodbye != texts.goodbye);
            if !welcome && !goodbye {
                return Ok(());
            }
            bots::set_texts(tx, read, &texts.welcome, &texts.goodbye).await?.ok_or_else(moved)?;
            audit::record(tx, &access::origin(cx), &Event::BotTextsChanged { welcome, goodbye })
                .await?;
            Ok(())
        })
        .await
}

/// Why Telegram would not take an answer. An empty one is fine: the bot says nothing then.
fn unfit(source: &str) -> Option<String> {
    if source.len() > LONGEST {
        return Some("This text is too long: a message has at most 4096 characters.".into());
    }
    if source.trim().is_empty() {
        return None;
    }
    markup::parse(source).check().err().map(|unsendable| unsendable.to_string())
}

fn moved() -> ServiceError {
    ServiceError::Conflict(
        "Somebody changed these texts while you were writing. What is saved now is shown beside yours; yours is not \
         lost. Save again to put it in the place of theirs."
            .into(),
    )
}
