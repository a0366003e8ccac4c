//! Registering webhook or polling anew.

use adapters::telegram::CallError;
use contract::cx::RequestCx;
use domain::{audit::Event, rights::Right};
use store::{StoreError, bots};

use super::{
    identify::{self, Identified},
    renew::{self, Change},
};
use crate::{ServiceError, Services, access, credentials};

/// Registers webhook or polling anew, with a new secret. Takes the bot back from another program, and
/// follows the instance when its address became public or private.
///
/// # Errors
/// [`ServiceError::Conflict`] when the token is no longer known to Telegram; else as [`renew::renew`].
pub async fn repair(svc: &Services, cx: &RequestCx, slug: &str) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Manage).await?;
    let bot = svc
        .store
        .bot(&scope, async |tx| Ok::<_, StoreError>(bots::find(tx).await?))
        .await?
        .ok_or(ServiceError::NotFound)?;
    let who = credentials::open(svc, &scope, "repair the connection").await?.ok_or_else(|| {
        ServiceError::Conflict(
            "The bot has no token, or its sandbox is switched off on this server.".into(),
        )
    })?;
    let me = match svc.telegram.get_me(&who).await {
        Ok(me) => me,
        Err(CallError::Unauthorized) => {
            let trouble = identify::explain(&CallError::Unauthorized);
            let told = trouble.clone();
            svc.store
                .bot(&scope, async |tx| {
                    Ok::<_, StoreError>(bots::set_trouble(tx, Some(&trouble)).await?)
                })
                .await?;
            return Err(ServiceError::Conflict(told));
        }
        Err(error) => return Err(identify::unreached(&error)),
    };
    let found = Identified { who, me, slug: bot.slug };
    let change = Change { found, api: bot.api, is_new_token: false, event: Event::BotRepaired };
    renew::renew(svc, &access::origin(cx), &scope, &change).await
}
