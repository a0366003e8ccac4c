//! Changes of a bot's connection that Telegram may have heard of and that are not in force yet.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    audit::Event,
    bot::Delivery,
    ids::{BotId, WorkspaceId},
};

use crate::{BotTx, SystemTx, directory::Hook, schema::bot_changes};

/// What will be in force once Telegram has said yes.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// How updates will arrive.
    pub delivery: Delivery,
    /// The webhook; none for a bot that will be polled.
    pub hook: Option<Hook<'a>>,
    /// The new token, sealed; none when the one in force stays.
    pub token: Option<&'a [u8]>,
    /// What the audit log will say.
    pub event: &'a Event,
}

/// Writes down what Telegram is about to be told, in the place of what was left behind.
pub async fn begin(tx: &mut BotTx<'_>, new: &New<'_>) -> QueryResult<()> {
    forget(tx).await?;
    let event = serde_json::to_value(new.event)
        .map_err(|err| diesel::result::Error::SerializationError(err.into()))?;
    diesel::insert_into(bot_changes::table)
        .values((
            bot_changes::workspace_id.eq(tx.workspace),
            bot_changes::bot_id.eq(tx.bot),
            bot_changes::delivery.eq(new.delivery),
            bot_changes::hook.eq(new.hook.map(|hook| hook.path)),
            bot_changes::hook_hash.eq(new.hook.map(|hook| hook.secret_hash.as_slice())),
            bot_changes::token.eq(new.token),
            bot_changes::event.eq(event),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// A change that was begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// How updates will arrive.
    pub delivery: Delivery,
    /// The webhook's path and the SHA-256 of its secret.
    pub hook: Option<(String, [u8; 32])>,
    /// The new token, sealed.
    pub token: Option<Vec<u8>>,
    /// What the audit log will say.
    pub event: Event,
}

impl Begun {
    /// The webhook as the directory will have it.
    pub fn hook(&self) -> Option<Hook<'_>> {
        self.hook.as_ref().map(|(path, secret_hash)| Hook { path, secret_hash })
    }
}

type Row = (Delivery, Option<String>, Option<Vec<u8>>, Option<Vec<u8>>, serde_json::Value);

/// The change of the transaction's bot that was begun, if there is one.
pub async fn begun(tx: &mut BotTx<'_>) -> QueryResult<Option<Begun>> {
    let row: Option<Row> = bot_changes::table
        .filter(bot_changes::workspace_id.eq(tx.workspace))
        .filter(bot_changes::bot_id.eq(tx.bot))
        .select((
            bot_changes::delivery,
            bot_changes::hook,
            bot_changes::hook_hash,
            bot_changes::token,
            bot_changes::event,
        ))
        .first(tx.conn)
        .await
        .optional()?;
    let Some((delivery, path, hash, token, event)) = row else { return Ok(None) };
    let event = serde_json::from_value(event)
        .map_err(|err| diesel::result::Error::DeserializationError(err.into()))?;
    let hook = path.zip(hash.and_then(|hash| hash.try_into().ok()));
    Ok(Some(Begun { delivery, hook, token, event }))
}

/// The change is in force, or never will be.
pub async fn forget(tx: &mut BotTx<'_>) -> QueryResult<()> {
    diesel::delete(bot_changes::table)
        .filter(bot_changes::workspace_id.eq(tx.workspace))
        .filter(bot_changes::bot_id.eq(tx.bot))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Connected bots with a change that nobody is at any more: its claim has lapsed, or its end is open.
pub async fn abandoned(tx: &mut SystemTx<'_>) -> QueryResult<Vec<(WorkspaceId, BotId)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        workspace_id: WorkspaceId,
        #[diesel(sql_type = sql_types::Uuid)]
        id: BotId,
    }
    let rows: Vec<Row> = sql_query(
        "select b.workspace_id, b.id from bots b
         left join bot_changes c on c.workspace_id = b.workspace_id and c.bot_id = b.id
         where b.disconnected_at is null and coalesce(b.changing_until <= gannet_now(), c.bot_id is not null)
         order by b.workspace_id, b.id",
    )
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.workspace_id, row.id)).collect())
}
