//! What a broadcast that goes faster for Stars may have cost so far.
//!
//! Written by the holder of the bot's lease alone, in the commits that open and close intents: what is in no intent was
//! not paid for, and after a crash what was in one counts as paid.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::ids::BroadcastId;

use crate::{BotTx, schema::broadcast_tallies as tallies};

/// What may have been paid so far, in thousandths of a Star. None: it is not paid for any more.
pub async fn paid(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<Option<u64>> {
    let row: Option<(i64, Option<String>)> = tallies::table
        .filter(tallies::workspace_id.eq(tx.workspace))
        .filter(tallies::bot_id.eq(tx.bot))
        .filter(tallies::broadcast_id.eq(id))
        .select((tallies::paid, tallies::unpaid_because))
        .first(tx.conn)
        .await
        .optional()?;
    Ok(match row {
        None => Some(0),
        Some((paid, None)) => Some(u64::try_from(paid).unwrap_or_default()),
        Some((_, Some(_))) => None,
    })
}

/// Counts thousandths of a Star that the messages of an intent may cost.
pub async fn spend(tx: &mut BotTx<'_>, id: BroadcastId, thousandths: u64) -> QueryResult<()> {
    add(tx, id, i64::try_from(thousandths).unwrap_or(i64::MAX)).await
}

/// Takes back what was counted for messages that surely were not sent.
pub async fn give_back(tx: &mut BotTx<'_>, id: BroadcastId, thousandths: u64) -> QueryResult<()> {
    add(tx, id, -i64::try_from(thousandths).unwrap_or(i64::MAX)).await
}

async fn add(tx: &mut BotTx<'_>, id: BroadcastId, thousandths: i64) -> QueryResult<()> {
    if thousandths == 0 {
        return Ok(());
    }
    sql_query(
        "insert into broadcast_tallies as t (workspace_id, bot_id, broadcast_id, paid)
         values ($1, $2, $3, greatest($4, 0))
         on conflict (workspace_id, bot_id, broadcast_id) do update set paid = greatest(t.paid + $4, 0)",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::BigInt, _>(thousandths)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// From here on it goes at the free rate. False: that is so already.
pub async fn stop(tx: &mut BotTx<'_>, id: BroadcastId, why: &str) -> QueryResult<bool> {
    let rows = sql_query(
        "insert into broadcast_tallies as t (workspace_id, bot_id, broadcast_id, unpaid_because)
         values ($1, $2, $3, $4)
         on conflict (workspace_id, bot_id, broadcast_id) do update set unpaid_because = excluded.unpaid_because
         where t.unpaid_because is null",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Text, _>(why)
    .execute(tx.conn)
    .await?;
    Ok(rows == 1)
}
