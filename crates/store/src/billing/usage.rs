//! How much a workspace uses.

use diesel::{prelude::*, sql_query, sql_types as sql};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    billing::usage::Usage,
    ids::{BroadcastId, WorkspaceId},
};

use crate::{BotTx, TenantTx, WorkspaceTx, fixed::FixedText};

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

/// Other bots of the workspace than the transaction's that are connected, and nobody connects another one until
/// the transaction ends.
pub async fn lock_bots(tx: &mut BotTx<'_>) -> QueryResult<u64> {
    use crate::schema::directory;
    take_turns(tx).await?;
    // The bots themselves are behind each other's fences.
    let bots = directory::table
        .filter(directory::workspace_id.eq(tx.workspace))
        .filter(directory::connected)
        .filter(directory::bot_id.ne(tx.bot));
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
    take_turn_of(tx.conn(), workspace).await
}

/// As [`take_turns`], in both workspaces that a bot moves between: of many moves between the same workspaces,
/// also in circles, none waits for one that waits for it. Before any other lock.
pub(crate) async fn take_turns_of_both(
    conn: &mut AsyncPgConnection,
    mut both: [WorkspaceId; 2],
) -> QueryResult<()> {
    both.sort();
    for workspace in both {
        take_turn_of(conn, workspace).await?;
    }
    Ok(())
}

async fn take_turn_of(conn: &mut AsyncPgConnection, workspace: WorkspaceId) -> QueryResult<()> {
    sql_query("select pg_advisory_xact_lock(hashtextextended('gannet.usage.' || $1::text, 0))")
        .bind::<sql::Uuid, _>(workspace)
        .execute(conn)
        .await?;
    Ok(())
}

/// Counts a broadcast once more that is over, after answers to its last messages have come in.
pub(crate) async fn recount(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<()> {
    // The database counts by itself whenever something of this kind is written (`count_messages`).
    sql_query(
        "update broadcasts set total = total where workspace_id = $1 and bot_id = $2 and id = $3",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Uuid, _>(tx.bot)
    .bind::<sql::Uuid, _>(id)
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Before the transaction's bot moves to another workspace: this one counts what its broadcasts have sent so far,
/// and no longer what they will send. Rows in the order of whoever steers a broadcast: it, then its month.
pub(crate) async fn leave(tx: &mut BotTx<'_>) -> QueryResult<()> {
    sql_query(
        "with begun as materialized (
             select b.id, b.started_at, b.counted, b.counted_elsewhere,
                    greatest(coalesce(t.sent, 0), b.counted_elsewhere) as sent
             from broadcasts b
             left join broadcast_tallies t on t.workspace_id = b.workspace_id and t.bot_id = b.bot_id
                                          and t.broadcast_id = b.id
             where b.workspace_id = $1 and b.bot_id = $2 and b.started_at is not null
             order by b.id for no key update of b
         ), left_behind as (
             update broadcasts b set counted = 0, counted_elsewhere = begun.sent
             from begun where b.workspace_id = $1 and b.bot_id = $2 and b.id = begun.id
             returning date_trunc('month', begun.started_at at time zone 'UTC')::date as month,
                       begun.sent - begun.counted_elsewhere - begun.counted as more
         )
         insert into message_months (workspace_id, month, messages)
             select $1, month, sum(more) from left_behind group by month having sum(more) <> 0 order by month
         on conflict (workspace_id, month) do update set messages = message_months.messages + excluded.messages",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Uuid, _>(tx.bot)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// After the transaction's bot came from another workspace: this one counts what its broadcasts are yet to send.
pub(crate) async fn arrive(tx: &mut BotTx<'_>) -> QueryResult<()> {
    sql_query(
        "update broadcasts set total = total
         where workspace_id = $1 and bot_id = $2 and started_at is not null
           and status not in ('done', 'cancelled')",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Uuid, _>(tx.bot)
    .execute(tx.conn)
    .await?;
    Ok(())
}
