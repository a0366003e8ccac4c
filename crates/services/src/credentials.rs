//! A bot's token: sealed in the database, opened only in memory and only to be used.

use adapters::{
    telegram::{BotToken, Credentials},
    vault::{Place, Sealed, Use},
};
use store::{BotScope, BotTx, StoreError, bots, secrets};

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
    Ok(Some(Credentials { api, token: unseal(svc, scope, sealed, why).await? }))
}

/// Opens a token of the bot that was sealed by [`seal`], to `why`.
///
/// # Errors
/// As [`open`].
pub async fn unseal(
    svc: &Services,
    scope: &BotScope,
    sealed: Vec<u8>,
    why: &'static str,
) -> Result<BotToken, ServiceError> {
    let who = who(scope);
    let plain = svc
        .vault
        .open(Use { who: &who, why }, &place(scope), &Sealed::from(sealed))
        .await
        .map_err(|err| ServiceError::bug("opening a bot's token", err))?;
    std::str::from_utf8(&plain)
        .ok()
        .and_then(|text| BotToken::parse(text).ok())
        .ok_or_else(|| ServiceError::bug("reading a bot's token", "what was sealed is no token"))
}

/// The token in force, when Telegram has just refused one.
pub enum InForce {
    /// It is another one by now.
    Another(Credentials),
    /// It is the one that was refused.
    Same(Refused),
    /// There is none, or its sandbox is off.
    None,
}

/// A token that Telegram refused, as it is sealed.
pub struct Refused(Vec<u8>);

impl Refused {
    /// Whether it is in force, and stays so until the transaction ends: the bot is locked then.
    ///
    /// # Errors
    /// [`StoreError`] when the database is away.
    pub async fn is_in_force(&self, tx: &mut BotTx<'_>) -> Result<bool, StoreError> {
        let is_connected = bots::lock(tx).await?.is_some();
        let sealed = secrets::get(tx, secrets::Kind::Token).await?;
        Ok(is_connected && sealed.as_ref() == Some(&self.0))
    }
}

/// Compares the token of `refused` with the one in force, which is opened to `why`.
///
/// # Errors
/// As [`open`].
pub async fn in_force(
    svc: &Services,
    scope: &BotScope,
    refused: &Credentials,
    why: &'static str,
) -> Result<InForce, ServiceError> {
    let kind = secrets::Kind::Token;
    // Read before it is opened: one that is put into force in between is not the one that was sealed so.
    let sealed =
        svc.store.bot(scope, async |tx| Ok::<_, StoreError>(secrets::get(tx, kind).await?)).await?;
    Ok(match (sealed, open(svc, scope, why).await?) {
        (Some(sealed), Some(now)) if now == *refused => InForce::Same(Refused(sealed)),
        (Some(_), Some(now)) => InForce::Another(now),
        _ => InForce::None,
    })
}

fn who(scope: &BotScope) -> String {
    scope.user.map_or_else(|| "worker".to_owned(), |user| user.to_string())
}
