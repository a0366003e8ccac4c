//! A bot's token: sealed in the database, opened only in memory and only to be used.

use adapters::{
    telegram::{BotToken, Credentials},
    vault::{Place, Sealed, Use},
};
use store::{BotScope, StoreError, bots, secrets};

use crate::{ServiceError, Services};

/// Where a bot's token is sealed for.
pub fn place(scope: &BotScope) -> Place {
    Place::of_bot(scope.workspace, scope.bot, "bot", "token", scope.bot.as_uuid())
}

/// Seals a token for the bot of `scope`.
///
/// # Errors
/// [`ServiceError::Bug`] when the root key is out of reach.
pub async fn seal(
    svc: &Services,
    scope: &BotScope,
    token: &BotToken,
) -> Result<Vec<u8>, ServiceError> {
    let who = who(scope);
    let by = Use { who: &who, why: "keep a bot's token" };
    let sealed = svc.vault.seal(by, &place(scope), token.expose().as_bytes()).await;
    Ok(sealed.map_err(|err| ServiceError::bug("sealing a bot's token", err))?.into_bytes())
}

/// Opens the bot's token, to `why`. None when the bot has none, or lives in a sandbox that is off.
///
/// # Errors
/// [`ServiceError::Bug`] when it cannot be opened: the key is missing, or the row was tampered with.
pub async fn open(
    svc: &Services,
    scope: &BotScope,
    why: &'static str,
) -> Result<Option<Credentials>, ServiceError> {
    open_kind(svc, scope, secrets::Kind::Token, why).await
}

/// As [`open`], for the secret of `kind`.
///
/// # Errors
/// As [`open`].
pub async fn open_kind(
    svc: &Services,
    scope: &BotScope,
    kind: secrets::Kind,
    why: &'static str,
) -> Result<Option<Credentials>, ServiceError> {
    let (bot, sealed) = svc
        .store
        .bot(scope, async |tx| {
            Ok::<_, StoreError>((bots::find_any(tx).await?, secrets::get(tx, kind).await?))
        })
        .await?;
    let (Some(bot), Some(sealed)) = (bot, sealed) else { return Ok(None) };
    let Some(api) = svc.base(bot.api) else { return Ok(None) };
    let who = who(scope);
    let plain = svc
        .vault
        .open(Use { who: &who, why }, &place(scope), &Sealed::from(sealed))
        .await
        .map_err(|err| ServiceError::bug("opening a bot's token", err))?;
    let token = std::str::from_utf8(&plain)
        .ok()
        .and_then(|text| BotToken::parse(text).ok())
        .ok_or_else(|| ServiceError::bug("reading a bot's token", "what was sealed is no token"))?;
    Ok(Some(Credentials { api, token }))
}

fn who(scope: &BotScope) -> String {
    scope.user.map_or_else(|| "worker".to_owned(), |user| user.to_string())
}
