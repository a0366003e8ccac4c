//! Single messages to one person: answers and tests. They go before broadcasts.

use diesel::prelude::*;
use diesel::{sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{ids::ChatId, text::Message};
use uuid::Uuid;

use crate::{BotTx, SystemTx, fixed::FixedText, schema::replies};

/// Puts messages to single people in line, to be sent as soon as the transaction is committed. They are
/// stored as [`Message`]s.
pub async fn enqueue(tx: &mut BotTx<'_>, messages: &[(ChatId, &Message)]) -> QueryResult<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let json =
        |message: &Message| serde_json::to_value(message).expect("a message is text and numbers");
    sql_query(
        "insert into replies (workspace_id, bot_id, id, chat_id, message)
         select $1, $2, r.* from unnest($3, $4, $5) as r",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Array<sql_types::Uuid>, _>(
        messages.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<sql_types::BigInt>, _>(
        messages.iter().map(|m| m.0).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<sql_types::Jsonb>, _>(
        messages.iter().map(|m| json(m.1)).collect::<Vec<_>>(),
    )
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// One reply that may be sent, once.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Which.
    pub id: Uuid,
    /// To whom.
    pub chat: ChatId,
    /// What.
    pub message: Message,
}

/// The first reply in line of a bot that is connected and not read-only, in a workspace that is not about to
/// go. One whose message cannot be read is removed.
pub async fn next(tx: &mut BotTx<'_>) -> QueryResult<Option<Reply>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        id: Uuid,
        #[diesel(sql_type = sql_types::BigInt)]
        chat_id: ChatId,
        #[diesel(sql_type = sql_types::Jsonb)]
        message: serde_json::Value,
    }
    loop {
        let row: Option<Row> = sql_query(
            "select id, chat_id, message from replies
             where workspace_id = $1 and bot_id = $2 and attempted_at is null
               and exists (select from bots where workspace_id = $1 and id = $2
                                              and disconnected_at is null and not read_only)
               and exists (select from workspaces where id = $1 and closes_at is null)
             order by id limit 1",
        )
        .bind::<sql_types::Uuid, _>(tx.workspace)
        .bind::<sql_types::Uuid, _>(tx.bot)
        .fixed()
        .get_result(tx.conn)
        .await
        .optional()?;
        let Some(Row { id, chat_id, message }) = row else { return Ok(None) };
        match serde_json::from_value(message) {
            Ok(message) => return Ok(Some(Reply { id, chat: chat_id, message })),
            Err(_) => done(tx, id).await?,
        }
    }
}

/// Marks a reply before it is sent, so that it goes out at most once. False: it is gone, or the bot has
/// become read-only or its workspace about to go since it was looked at.
pub async fn take(tx: &mut BotTx<'_>, id: Uuid) -> QueryResult<bool> {
    let rows = sql_query(
        "update replies set attempted_at = gannet_now()
         where workspace_id = $1 and bot_id = $2 and id = $3 and attempted_at is null
           and exists (select from bots where workspace_id = $1 and id = $2 and not read_only)
           and exists (select from workspaces where id = $1 and closes_at is null)",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(rows == 1)
}

/// Puts a reply back that was taken and surely did not arrive.
pub async fn put_back(tx: &mut BotTx<'_>, id: Uuid) -> QueryResult<()> {
    diesel::update(replies::table)
        .filter(replies::workspace_id.eq(tx.workspace))
        .filter(replies::bot_id.eq(tx.bot))
        .filter(replies::id.eq(id))
        .set(replies::attempted_at.eq(None::<jiff_diesel::Timestamp>))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// The outcome of a reply is known, and the reply is gone.
pub async fn done(tx: &mut BotTx<'_>, id: Uuid) -> QueryResult<()> {
    diesel::delete(replies::table)
        .filter(replies::workspace_id.eq(tx.workspace))
        .filter(replies::bot_id.eq(tx.bot))
        .filter(replies::id.eq(id))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Removes everything that waits, for a bot that cannot send.
pub async fn drop_all(tx: &mut BotTx<'_>) -> QueryResult<()> {
    diesel::delete(replies::table)
        .filter(replies::workspace_id.eq(tx.workspace))
        .filter(replies::bot_id.eq(tx.bot))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Forgets replies that were taken more than a day ago: their sender died, and they are never sent
/// again. Says how many.
pub async fn sweep(tx: &mut SystemTx<'_>) -> QueryResult<usize> {
    sql_query("delete from replies where attempted_at < gannet_now() - interval '1 day'")
        .fixed()
        .execute(tx.conn)
        .await
}
