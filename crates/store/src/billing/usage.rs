//! How much a workspace uses.

use diesel::{prelude::*, sql_query, sql_types as sql};
use diesel_async::RunQueryDsl;
use domain::billing::usage::Usage;

use crate::{BotTx, TenantTx, WorkspaceTx};

/// How much there is of everything.
pub async fn usage(tx: &mut WorkspaceTx<'_>) -> QueryResult<Usage> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql::BigInt)]
        bots: i64,
        #[diesel(sql_type = sql::BigInt)]
        subscribers: i64,
        #[diesel(sql_type = sql::BigInt)]
        messages: i64,
        #[diesel(sql_type = sql::BigInt)]
        members: i64,
    }
    let row: Row = sql_query(
        "select (select count(*) from bots where workspace_id = $1 and disconnected_at is null) as bots,
                (select greatest(coalesce(sum(active), 0), 0)::bigint
                 from bot_counters c join bots b on b.workspace_id = c.workspace_id and b.id = c.bot_id
                 where c.workspace_id = $1 and b.disconnected_at is null) as subscribers,
                coalesce((select greatest(messages, 0) from message_months where workspace_id = $1
                          and month = date_trunc('month', gannet_now() at time zone 'UTC')::date), 0) as messages,
                (select count(*) from members where workspace_id = $1)
                + (select count(*) from invitations where workspace_id = $1 and expires_at > gannet_now()) as members",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .get_result(tx.conn)
    .await?;
    let count = |n: i64| n.unsigned_abs();
    Ok(Usage {
        bots: count(row.bots),
        subscribers: count(row.subscribers),
        messages: count(row.messages),
        members: count(row.members),
    })
}

/// Bots of the workspace that are connected, and nobody connects another one until the transaction ends.
pub async fn lock_bots(tx: &mut BotTx<'_>) -> QueryResult<u64> {
    use crate::schema::directory;
    take_turns(tx).await?;
    // The bots themselves are behind each other's fences.
    let bots = directory::table.filter(directory::workspace_id.eq(tx.workspace));
    let bots: i64 = bots.select(diesel::dsl::count(directory::bot_id)).get_result(tx.conn).await?;
    Ok(bots.unsigned_abs())
}

/// Messages of this month. No other broadcast of the workspace begins until the transaction ends, so that two
/// cannot use the same room.
pub async fn lock_messages(tx: &mut BotTx<'_>) -> QueryResult<u64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql::BigInt)]
        messages: i64,
    }
    let row: Row = sql_query(
        "insert into message_months (workspace_id, month)
             values ($1, date_trunc('month', gannet_now() at time zone 'UTC')::date)
         on conflict (workspace_id, month) do update set messages = message_months.messages
         returning messages",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .get_result(tx.conn)
    .await?;
    Ok(u64::try_from(row.messages).unwrap_or_default())
}

/// Makes changes of one kind wait for one another, so that two cannot use the same room: whoever counts after this
/// counts what the other one wrote.
pub async fn take_turns(tx: &mut impl TenantTx) -> QueryResult<()> {
    let workspace = tx.workspace();
    sql_query("select pg_advisory_xact_lock(hashtextextended('gannet.usage.' || $1::text, 0))")
        .bind::<sql::Uuid, _>(workspace)
        .execute(tx.conn())
        .await?;
    Ok(())
}
