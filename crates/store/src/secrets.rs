//! Sealed secrets of a bot. What is in them is for `adapters::vault` alone.

use diesel::{dsl::sql, prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;

use crate::{BotTx, schema::bot_secrets};

/// Which secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The bot's token.
    Token,
    /// The token of a bot that was disconnected, until Telegram has been told.
    LeavingToken,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Token, Self::LeavingToken];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::LeavingToken => "leaving_token",
        }
    }
}

/// Stores a secret of the transaction's bot in the place of the old one.
pub async fn put(tx: &mut BotTx<'_>, kind: Kind, sealed: &[u8]) -> QueryResult<()> {
    diesel::insert_into(bot_secrets::table)
        .values((
            bot_secrets::workspace_id.eq(tx.workspace),
            bot_secrets::bot_id.eq(tx.bot),
            bot_secrets::kind.eq(kind.as_str()),
            bot_secrets::sealed.eq(sealed),
        ))
        .on_conflict((bot_secrets::workspace_id, bot_secrets::bot_id, bot_secrets::kind))
        .do_update()
        .set((
            bot_secrets::sealed.eq(sealed),
            bot_secrets::updated_at.eq(sql::<sql_types::Timestamptz>("gannet_now()")),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// A secret of the transaction's bot, sealed.
pub async fn get(tx: &mut BotTx<'_>, kind: Kind) -> QueryResult<Option<Vec<u8>>> {
    bot_secrets::table
        .filter(bot_secrets::workspace_id.eq(tx.workspace))
        .filter(bot_secrets::bot_id.eq(tx.bot))
        .filter(bot_secrets::kind.eq(kind.as_str()))
        .select(bot_secrets::sealed)
        .first(tx.conn)
        .await
        .optional()
}

/// All secrets of the transaction's bot, sealed, in one order.
///
/// # Errors
/// A secret of a kind that this version does not know.
pub async fn all(tx: &mut BotTx<'_>) -> QueryResult<Vec<(Kind, Vec<u8>)>> {
    let rows: Vec<(String, Vec<u8>)> = bot_secrets::table
        .filter(bot_secrets::workspace_id.eq(tx.workspace))
        .filter(bot_secrets::bot_id.eq(tx.bot))
        .order(bot_secrets::kind)
        .select((bot_secrets::kind, bot_secrets::sealed))
        .load(tx.conn)
        .await?;
    let known = |(word, sealed): (String, Vec<u8>)| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
        let unknown = || format!("a secret of the unknown kind {word}").into();
        kind.map(|kind| (kind, sealed))
            .ok_or_else(|| diesel::result::Error::DeserializationError(unknown()))
    };
    rows.into_iter().map(known).collect()
}

/// Keeps the token only for saying good-bye to Telegram.
///
/// It stays sealed as it is: the place it was sealed for is the bot's token, under either name.
pub async fn set_token_aside(tx: &mut BotTx<'_>) -> QueryResult<()> {
    sql_query(
        "with gone as (
             delete from bot_secrets where workspace_id = $1 and bot_id = $2 and kind = 'token' returning sealed
         )
         insert into bot_secrets (workspace_id, bot_id, kind, sealed, updated_at)
         select $1, $2, 'leaving_token', sealed, gannet_now() from gone
         on conflict (workspace_id, bot_id, kind)
            do update set sealed = excluded.sealed, updated_at = excluded.updated_at",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Forgets a secret.
pub async fn remove(tx: &mut BotTx<'_>, kind: Kind) -> QueryResult<()> {
    diesel::delete(bot_secrets::table)
        .filter(bot_secrets::workspace_id.eq(tx.workspace))
        .filter(bot_secrets::bot_id.eq(tx.bot))
        .filter(bot_secrets::kind.eq(kind.as_str()))
        .execute(tx.conn)
        .await?;
    Ok(())
}
