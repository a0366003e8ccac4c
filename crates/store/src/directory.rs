//! The directory: what is unique across workspaces, and how a webhook finds its bot.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    bot::{Api, Slug},
    ids::{BotId, TelegramBotId, WorkspaceId},
};

use crate::{BotTx, SystemTx, WorkspaceTx, schema::directory};

/// Where Telegram calls for a bot, and how it is recognised.
#[derive(Clone, Copy, Debug)]
pub struct Hook<'a> {
    /// The random end of the webhook's path.
    pub path: &'a str,
    /// SHA-256 of the webhook's secret.
    pub secret_hash: &'a [u8; 32],
}

/// Enters the transaction's bot.
///
/// # Errors
/// A unique violation of `directory_api_telegram_id_key` when the bot is connected already, here or
/// elsewhere, and of `directory_slug_key` when another bot has its slug.
pub async fn insert(
    tx: &mut BotTx<'_>,
    slug: &Slug,
    api: Api,
    telegram_id: TelegramBotId,
) -> QueryResult<()> {
    diesel::insert_into(directory::table)
        .values((
            directory::bot_id.eq(tx.bot),
            directory::workspace_id.eq(tx.workspace),
            directory::slug.eq(slug.as_str()),
            directory::api.eq(api.as_str()),
            directory::telegram_id.eq(telegram_id),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Puts another webhook of the transaction's bot into force, or none: the old one is refused from the
/// commit on.
pub async fn set_hook(tx: &mut BotTx<'_>, hook: Option<Hook<'_>>) -> QueryResult<()> {
    let rows = diesel::update(directory::table)
        .filter(directory::bot_id.eq(tx.bot))
        .set((
            directory::hook.eq(hook.map(|hook| hook.path)),
            directory::hook_hash.eq(hook.map(|hook| hook.secret_hash.as_slice())),
        ))
        .execute(tx.conn)
        .await?;
    if rows == 1 { Ok(()) } else { Err(diesel::NotFound) }
}

/// The workspace in which this Telegram bot is held, connected or within its 30 days.
pub async fn owner_of(
    tx: &mut WorkspaceTx<'_>,
    api: Api,
    telegram_id: TelegramBotId,
) -> QueryResult<Option<WorkspaceId>> {
    directory::table
        .filter(directory::api.eq(api.as_str()))
        .filter(directory::telegram_id.eq(telegram_id))
        .select(directory::workspace_id)
        .first(tx.conn)
        .await
        .optional()
}

/// A webhook as the directory knows it.
#[derive(Clone, Debug, Queryable)]
pub struct Door {
    /// The random end of its path.
    pub path: Option<String>,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Which bot's.
    pub bot: BotId,
    /// SHA-256 of its secret.
    pub secret_hash: Option<Vec<u8>>,
}

/// The webhooks that have one of these paths.
pub async fn doors(tx: &mut SystemTx<'_>, paths: &[&str]) -> QueryResult<Vec<Door>> {
    directory::table
        .filter(directory::hook.eq_any(paths))
        .select((directory::hook, directory::workspace_id, directory::bot_id, directory::hook_hash))
        .load(tx.conn)
        .await
}

/// The path of a bot's webhook, if it has one.
pub async fn path_of(tx: &mut SystemTx<'_>, bot: BotId) -> QueryResult<Option<String>> {
    let path: Option<Option<String>> = directory::table
        .filter(directory::bot_id.eq(bot))
        .select(directory::hook)
        .first(tx.conn)
        .await
        .optional()?;
    Ok(path.flatten())
}
