//! Telling Telegram that a bot left.

use adapters::telegram::CallError;
use store::{BotScope, StoreError, bots, secrets};

use crate::{ServiceError, Services, credentials};

/// The kind of job that [`run`] does.
pub const KIND: &str = "leave_telegram";

/// Removes the webhook of a bot that was disconnected, then forgets its token.
///
/// A repeat costs one request and changes nothing. A bot that was connected again in the meantime is
/// left alone: it claims the same change.
///
/// # Errors
/// Why it has to be tried again.
pub async fn run(
    svc: &Services,
    scope: &BotScope,
    _payload: serde_json::Value,
) -> Result<(), String> {
    let Some(claim) = claim(svc, scope).await.map_err(|err| err.to_string())? else {
        return Ok(());
    };
    let told = tell(svc, scope).await;
    let is_told = told.is_ok();
    svc.store
        .bot(scope, async |tx| {
            // A claim that lapsed may have been followed by a new connection, whose token is its own.
            if bots::end_change(tx, claim).await? && is_told {
                secrets::remove(tx, secrets::Kind::LeavingToken).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .map_err(|err| err.to_string())?;
    told
}

/// Forgets the token of a bot that Telegram could not be told about: its webhook stays there, and is
/// refused here.
///
/// # Errors
/// [`StoreError`] when the database is away.
pub async fn give_up(svc: &Services, scope: &BotScope) -> Result<(), StoreError> {
    svc.store
        .bot(scope, async |tx| Ok(secrets::remove(tx, secrets::Kind::LeavingToken).await?))
        .await
}

/// The right to speak for the bot; none when there is nothing left to say.
async fn claim(svc: &Services, scope: &BotScope) -> Result<Option<bots::Claim>, ServiceError> {
    svc.store
        .bot(scope, async |tx| {
            let is_gone =
                bots::find_any(tx).await?.is_some_and(|bot| bot.disconnected_at.is_some());
            if !is_gone || secrets::get(tx, secrets::Kind::LeavingToken).await?.is_none() {
                return Ok(None);
            }
            bots::claim_change(tx).await?.map(Some).ok_or_else(super::renew::busy)
        })
        .await
}

async fn tell(svc: &Services, scope: &BotScope) -> Result<(), String> {
    let who = credentials::open_kind(svc, scope, secrets::Kind::LeavingToken, "remove the webhook")
        .await
        .map_err(|err| err.to_string())?;
    // Without a server to tell (the sandbox is off) nobody delivers either.
    let Some(who) = who else { return Ok(()) };
    match svc.telegram.delete_webhook(&who, false).await {
        // A token that is not known any more cannot have a webhook either.
        Ok(()) | Err(CallError::Unauthorized) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}
