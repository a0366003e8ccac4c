//! What a sender does with the database: freeze the audience, open an intent before the requests go
//! out, close it with their outcomes, and after a crash find those whose outcome nobody knows.
//!
//! All of it inside transactions that hold the bot's lease ([`crate::leases::hold`]).

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    broadcast::{CHUNK, Manner, Outcome, Status, Tally},
    gates::Gates,
    ids::{BotId, BroadcastId, ChatId, WorkspaceId},
    subscriber::{Event, Status as Standing},
    text::Message,
};

use crate::{
    BotTx, SystemTx,
    schema::{broadcast_intents as intents, broadcasts},
    subscribers,
};

/// Freezes the audience of a broadcast: everybody who can be written to now. Gives their number.
pub async fn freeze(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<u64> {
    #[derive(QueryableByName)]
    struct People {
        #[diesel(sql_type = sql_types::BigInt)]
        people: i64,
    }
    let frozen: People = sql_query(
        "with audience as (
             select chat_id, (row_number() over (order by chat_id) - 1) / $4 as n
             from subscribers where workspace_id = $1 and bot_id = $2 and status = 'active'
         ), chunks as (
             insert into broadcast_chunks (workspace_id, bot_id, broadcast_id, n, chat_ids)
             select $1, $2, $3, n, array_agg(chat_id order by chat_id) from audience group by n
             returning cardinality(chat_ids) as people
         )
         select coalesce(sum(people), 0)::bigint as people from chunks",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::BigInt, _>(CHUNK as i64)
    .get_result(tx.conn)
    .await?;
    Ok(u64::try_from(frozen.people).unwrap_or_default())
}

/// What is to be sent, as long as it is to be sent.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Which broadcast.
    pub id: BroadcastId,
    /// What it says.
    pub message: Message,
    /// How it arrives.
    pub manner: Manner,
}

/// The broadcast of the bot that is being sent, with its frozen message.
pub async fn assignment(tx: &mut BotTx<'_>) -> QueryResult<Option<Assignment>> {
    let row: Option<(BroadcastId, Option<serde_json::Value>, bool, bool)> = broadcasts::table
        .filter(broadcasts::workspace_id.eq(tx.workspace))
        .filter(broadcasts::bot_id.eq(tx.bot))
        .filter(broadcasts::status.eq(Status::Sending))
        .select((broadcasts::id, broadcasts::message, broadcasts::silent, broadcasts::protected))
        .first(tx.conn)
        .await
        .optional()?;
    let Some((id, Some(message), silent, protected)) = row else { return Ok(None) };
    match serde_json::from_value(message) {
        Ok(message) => Ok(Some(Assignment { id, message, manner: Manner { silent, protected } })),
        Err(error) => Err(diesel::result::Error::DeserializationError(error.into())),
    }
}

/// What decides at this moment whether anything of the bot may leave, and where the broadcast stands
/// (none: it is gone, or none is asked for).
pub async fn gates(
    tx: &mut BotTx<'_>,
    id: Option<BroadcastId>,
) -> QueryResult<(Gates, Option<Status>)> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Bool)]
        read_only: bool,
        #[diesel(sql_type = sql_types::Bool)]
        has_token: bool,
        #[diesel(sql_type = sql_types::Bool)]
        closing: bool,
        #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
        status: Option<Status>,
    }
    let row: Option<Row> = sql_query(
        "select b.read_only,
                exists (select from bot_secrets s
                        where s.workspace_id = $1 and s.bot_id = $2 and s.kind = 'token') as has_token,
                exists (select from workspaces where id = $1 and closes_at is not null) as closing,
                (select status from broadcasts
                 where workspace_id = $1 and bot_id = $2 and id = $3) as status
         from bots b where b.workspace_id = $1 and b.id = $2",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(id)
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(match row {
        Some(Row { read_only, has_token, closing, status }) => {
            (Gates { read_only, has_token, closing }, status)
        }
        None => (Gates { read_only: false, has_token: false, closing: false }, None),
    })
}

/// An open intent: the people whose requests may go out once the transaction is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Of which chunk.
    pub chunk: i32,
    /// Where in the chunk it begins.
    pub start: i32,
    /// Its people, in the chunk's order, and whether each can still be written to.
    pub people: Vec<(ChatId, bool)>,
}

/// Opens an intent over the next people of the broadcast, at most `want`. None when every chunk is
/// used up.
pub async fn open_intent(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    epoch: i64,
    want: u32,
) -> QueryResult<Option<Intent>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Integer)]
        chunk: i32,
        #[diesel(sql_type = sql_types::Integer)]
        start: i32,
        #[diesel(sql_type = sql_types::Array<sql_types::BigInt>)]
        chat_ids: Vec<ChatId>,
        #[diesel(sql_type = sql_types::Array<sql_types::Bool>)]
        reachable: Vec<bool>,
    }
    let row: Option<Row> = sql_query(
        "with first as (
             select n, next from broadcast_chunks
             where workspace_id = $1 and bot_id = $2 and broadcast_id = $3 and next < cardinality(chat_ids)
             order by n limit 1
         ), taken as (
             update broadcast_chunks c set next = least(first.next + $5, cardinality(c.chat_ids))
             from first
             where c.workspace_id = $1 and c.bot_id = $2 and c.broadcast_id = $3 and c.n = first.n
             returning c.n as chunk, first.next as start, c.next as stop, c.chat_ids[first.next + 1 : c.next] as people
         ), intent as (
             insert into broadcast_intents (workspace_id, bot_id, broadcast_id, chunk, start, stop, epoch)
             select $1, $2, $3, chunk, start, stop, $4 from taken
         )
         select t.chunk, t.start, array_agg(p.chat_id order by p.i) as chat_ids,
                array_agg(coalesce(s.status = 'active', false) order by p.i) as reachable
         from taken t
         cross join lateral unnest(t.people) with ordinality as p (chat_id, i)
         left join subscribers s on s.workspace_id = $1 and s.bot_id = $2 and s.chat_id = p.chat_id
         group by t.chunk, t.start",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::BigInt, _>(epoch)
    .bind::<sql_types::Integer, _>(i32::try_from(want).unwrap_or(i32::MAX))
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(row.map(|row| Intent {
        chunk: row.chunk,
        start: row.start,
        people: row.chat_ids.into_iter().zip(row.reachable).collect(),
    }))
}

/// What became of one person of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Result {
    /// Who.
    pub chat: ChatId,
    /// What.
    pub outcome: Outcome,
    /// Telegram's number of the message.
    pub message_id: Option<i64>,
    /// Why not.
    pub reason: Option<String>,
}

/// Closes an intent: its outcomes are appended, those who were surely not written to go back in line
/// as a chunk of their own, and the counters follow.
pub async fn close_intent(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    intent: (i32, i32),
    results: &[Result],
    left_over: &[ChatId],
) -> QueryResult<()> {
    diesel::delete(intents::table)
        .filter(intents::workspace_id.eq(tx.workspace))
        .filter(intents::bot_id.eq(tx.bot))
        .filter(intents::broadcast_id.eq(id))
        .filter(intents::chunk.eq(intent.0))
        .filter(intents::start.eq(intent.1))
        .execute(tx.conn)
        .await?;
    append(tx, id, results).await?;
    put_back(tx, id, left_over).await?;
    mark_gone(tx, results).await
}

async fn append(tx: &mut BotTx<'_>, id: BroadcastId, results: &[Result]) -> QueryResult<()> {
    if results.is_empty() {
        return Ok(());
    }
    let chats: Vec<ChatId> = results.iter().map(|result| result.chat).collect();
    let outcomes: Vec<&str> = results.iter().map(|result| result.outcome.as_str()).collect();
    let messages: Vec<Option<i64>> = results.iter().map(|result| result.message_id).collect();
    let reasons: Vec<Option<&str>> =
        results.iter().map(|result| result.reason.as_deref()).collect();
    sql_query(
        "insert into deliveries (workspace_id, bot_id, broadcast_id, chat_id, outcome, message_id, reason, at)
         select $1, $2, $3, chat_id, outcome, message_id, reason, gannet_now()
         from unnest($4, $5, $6, $7) as r (chat_id, outcome, message_id, reason)",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Array<sql_types::BigInt>, _>(chats)
    .bind::<sql_types::Array<sql_types::Text>, _>(outcomes)
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::BigInt>>, _>(messages)
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::Text>>, _>(reasons)
    .execute(tx.conn)
    .await?;

    let mut tally = Tally::default();
    results.iter().for_each(|result| tally.add(result.outcome));
    add_to_tally(tx, id, tally).await
}

/// Adds to a broadcast's counters, and says that its sender waits no longer. Why one that is not being sent
/// any more was stopped stays: the last answers come after the stop.
async fn add_to_tally(tx: &mut BotTx<'_>, id: BroadcastId, tally: Tally) -> QueryResult<()> {
    let of = |outcome| i64::try_from(tally.of(outcome)).unwrap_or(i64::MAX);
    sql_query(
        "insert into broadcast_tallies as t
             (workspace_id, bot_id, broadcast_id, sent, blocked, deactivated, failed, skipped, unknown)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (workspace_id, bot_id, broadcast_id) do update set
             sent = t.sent + excluded.sent, blocked = t.blocked + excluded.blocked,
             deactivated = t.deactivated + excluded.deactivated, failed = t.failed + excluded.failed,
             skipped = t.skipped + excluded.skipped, unknown = t.unknown + excluded.unknown,
             waiting = case when exists (select from broadcasts
                                         where workspace_id = $1 and bot_id = $2 and id = $3
                                           and status = 'sending')
                            then null else t.waiting end",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::BigInt, _>(of(Outcome::Sent))
    .bind::<sql_types::BigInt, _>(of(Outcome::Blocked))
    .bind::<sql_types::BigInt, _>(of(Outcome::Deactivated))
    .bind::<sql_types::BigInt, _>(of(Outcome::Failed))
    .bind::<sql_types::BigInt, _>(of(Outcome::Skipped))
    .bind::<sql_types::BigInt, _>(of(Outcome::Unknown))
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Says why the sender waits, or that it does no longer.
pub async fn set_waiting(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    why: Option<&str>,
) -> QueryResult<()> {
    sql_query(
        "insert into broadcast_tallies (workspace_id, bot_id, broadcast_id, waiting) values ($1, $2, $3, $4)
         on conflict (workspace_id, bot_id, broadcast_id) do update set waiting = excluded.waiting",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Nullable<sql_types::Text>, _>(why)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Says that the sender does not wait any more, if `why` is what it said.
pub async fn take_back_waiting(tx: &mut BotTx<'_>, id: BroadcastId, why: &str) -> QueryResult<()> {
    sql_query(
        "update broadcast_tallies set waiting = null
         where workspace_id = $1 and bot_id = $2 and broadcast_id = $3 and waiting = $4",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Text, _>(why)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Puts people back in line, behind all others.
async fn put_back(tx: &mut BotTx<'_>, id: BroadcastId, people: &[ChatId]) -> QueryResult<()> {
    if people.is_empty() {
        return Ok(());
    }
    sql_query(
        "insert into broadcast_chunks (workspace_id, bot_id, broadcast_id, n, chat_ids)
         select $1, $2, $3, coalesce(max(n), -1) + 1, $4
         from broadcast_chunks where workspace_id = $1 and bot_id = $2 and broadcast_id = $3",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Array<sql_types::BigInt>, _>(people.to_vec())
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Marks subscribers whom Telegram called blocked or deactivated.
///
/// All rows first and in order, as updates lock them too: the other way round two transactions could
/// wait for each other, and outcomes that are known would be lost with the one that gave way.
async fn mark_gone(tx: &mut BotTx<'_>, results: &[Result]) -> QueryResult<()> {
    let gone = |outcome: Outcome| {
        results.iter().filter(move |result| result.outcome == outcome).map(|result| result.chat)
    };
    let all: Vec<ChatId> = gone(Outcome::Blocked).chain(gone(Outcome::Deactivated)).collect();
    if all.is_empty() {
        return Ok(());
    }
    subscribers::lock(tx, &all).await?;
    for (outcome, event) in
        [(Outcome::Blocked, Event::Blocked), (Outcome::Deactivated, Event::Deactivated)]
    {
        // Somebody may have stopped while the message was under way, and has stopped then.
        let moved = Standing::ALL.iter().copied().filter(|&status| status.after(event) != status);
        // The words of the two outcomes are those of the two statuses.
        sql_query(
            "update subscribers set status = $3, status_at = gannet_now()
             where workspace_id = $1 and bot_id = $2 and chat_id = any($4) and status = any($5)",
        )
        .bind::<sql_types::Uuid, _>(tx.workspace)
        .bind::<sql_types::Uuid, _>(tx.bot)
        .bind::<sql_types::Text, _>(outcome.as_str())
        .bind::<sql_types::Array<sql_types::BigInt>, _>(gone(outcome).collect::<Vec<_>>())
        .bind::<sql_types::Array<sql_types::Text>, _>(moved.collect::<Vec<_>>())
        .execute(tx.conn)
        .await?;
    }
    Ok(())
}

/// After a crash: everybody in an intent of an earlier holder has no known outcome. They are written
/// down as unknown and never sent to again by themselves. Gives their number.
pub async fn recover(tx: &mut BotTx<'_>, epoch: i64) -> QueryResult<u64> {
    #[derive(QueryableByName)]
    struct Lost {
        #[diesel(sql_type = sql_types::Uuid)]
        broadcast_id: BroadcastId,
        #[diesel(sql_type = sql_types::BigInt)]
        people: i64,
    }
    let lost: Vec<Lost> = sql_query(
        "with stale as (
             delete from broadcast_intents
             where workspace_id = $1 and bot_id = $2 and epoch < $3
             returning broadcast_id, chunk, start, stop, opened_at
         ), people as (
             insert into deliveries (workspace_id, bot_id, broadcast_id, chat_id, outcome, reason, at)
             select $1, $2, s.broadcast_id, unnest(c.chat_ids[s.start + 1 : s.stop]), 'unknown',
                    'the sender stopped while this message may have been under way', gannet_now()
             from stale s
             join broadcast_chunks c on c.workspace_id = $1 and c.bot_id = $2
                                    and c.broadcast_id = s.broadcast_id and c.n = s.chunk
             returning broadcast_id
         )
         select broadcast_id, count(*) as people from people group by broadcast_id",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::BigInt, _>(epoch)
    .load(tx.conn)
    .await?;
    let mut all = 0;
    for Lost { broadcast_id, people } in lost {
        let unknown = u64::try_from(people).unwrap_or_default();
        add_to_tally(tx, broadcast_id, Tally { unknown, ..Tally::default() }).await?;
        all += unknown;
    }
    Ok(all)
}

/// Bots that have a broadcast under way, a reply waiting, or an intent that somebody left open.
pub async fn bots_with_work(tx: &mut SystemTx<'_>) -> QueryResult<Vec<(WorkspaceId, BotId)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        workspace_id: WorkspaceId,
        #[diesel(sql_type = sql_types::Uuid)]
        bot_id: BotId,
    }
    let rows: Vec<Row> = sql_query(
        "select workspace_id, bot_id from broadcasts where status = 'sending'
         union select workspace_id, bot_id from replies where attempted_at is null
         union select workspace_id, bot_id from broadcast_intents",
    )
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.workspace_id, row.bot_id)).collect())
}
