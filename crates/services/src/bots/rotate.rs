//! Putting a new token of the same bot into force.

use adapters::telegram::BotToken;
use contract::{bots::Connect, cx::RequestCx};
use domain::{audit::Event, rights::Right};
use store::{StoreError, bots};

use super::{
    identify,
    renew::{self, Change},
};
use crate::{ServiceError, Services, access};

/// Puts a new token of the same bot into force, and with it a new webhook secret.
///
/// # Errors
/// A complaint without a fresh proof of who asks; a field's error for a token of another bot, or one that Telegram does not know; else as
/// [`renew::renew`]. The old token and secret stay then.
pub async fn rotate(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    form: &Connect,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Manage).await?;
    access::fresh(cx)?;
    let bot = svc
        .store
        .bot(&scope, async |tx| Ok::<_, StoreError>(bots::find(tx).await?))
        .await?
        .ok_or(ServiceError::NotFound)?;
    let is_another =
        BotToken::find_in(&form.token).is_ok_and(|token| token.telegram_id() != bot.telegram_id);
    if is_another {
        return Err(ServiceError::field(
            identify::FIELD,
            format!(
                "This is the token of another bot. Here belongs a token of @{}, which begins with {}:. To connect \
                 another bot, go to Connect a bot.",
                bot.username, bot.telegram_id
            ),
        ));
    }
    let found = identify::identify(svc, cx, bot.api, &form.token).await?;
    let event = Event::BotTokenRotated {
        last4: found.who.token.last4().to_owned(),
        last4_before: Some(bot.token_last4),
    };
    let change = Change { found, api: bot.api, is_new_token: true, event };
    renew::renew(svc, &access::origin(cx), &scope, &change).await
}
