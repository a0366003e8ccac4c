//! What a sender does with the database: freeze the audience, open an intent before the requests go
//! out, close it with their outcomes, and after a crash find those whose outcome nobody knows.
//!
//! All of it inside transactions that hold the bot's lease ([`crate::leases::hold`]).
//!
//! One piece: chunks, intents, outcomes and counters are written by the same commits, in one order of locks.

use std::time::Duration;

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    breaker::Trip,
    broadcast::{Audience, CHUNK, Manner, Outcome, Recipients, Status, Tally},
    chat,
    gates::Gates,
    ids::{BotId, BroadcastId, ChatId, WorkspaceId},
    subscriber::{Event, Status as Standing},
    text::Message,
};

use crate::{
    BotTx, SystemTx,
    billing::usage,
    chats,
    fixed::FixedText,
    payment,
    schema::{broadcast_tallies as tallies, broadcasts},
    subscribers,
};

/// Everybody who can be written to now.
const SUBSCRIBERS: &str =
    "select chat_id from subscribers where workspace_id = $1 and bot_id = $2 and status = 'active'";

/// Every group and channel where the bot may write.
const CHATS: &str =
    "select chat_id from chats where workspace_id = $1 and bot_id = $2 and standing = 'writable'";

/// Groups and channels that were chosen by number, then or now. Who says so means those that were silent, too.
const CHOSEN: &str = "select chat_id from chats
    where workspace_id = $1 and bot_id = $2 and standing <> 'gone' and (chat_id = any($5) or was = any($5))";

/// Freezes the audience of a broadcast: whoever can be written to now. Gives their number. Groups and channels come
/// first: their numbers are below zero.
pub async fn freeze(tx: &mut BotTx<'_>, id: BroadcastId, to: &Recipients) -> QueryResult<u64> {
    #[derive(QueryableByName)]
    struct People {
        #[diesel(sql_type = sql_types::BigInt)]
        people: i64,
    }
    let everybody = match to.audience {
        Audience::Subscribers => SUBSCRIBERS.to_owned(),
        Audience::Chats => CHATS.to_owned(),
        Audience::Both => format!("{CHATS} union all {SUBSCRIBERS}"),
        Audience::Chosen => CHOSEN.to_owned(),
    };
    let mut query = sql_query(format!(
        "with audience as (
             select chat_id, (row_number() over (order by chat_id) - 1) / $4 as n from ({everybody}) as everybody
         ), chunks as (
             insert into broadcast_chunks (workspace_id, bot_id, broadcast_id, n, chat_ids)
             select $1, $2, $3, n, array_agg(chat_id order by chat_id) from audience group by n
             returning cardinality(chat_ids) as people
         )
         select coalesce(sum(people), 0)::bigint as people from chunks"
    ))
    .into_boxed::<diesel::pg::Pg>()
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::BigInt, _>(CHUNK as i64);
    if to.audience == Audience::Chosen {
        query = query.bind::<sql_types::Array<sql_types::BigInt>, _>(to.chosen.clone());
    }
    let frozen: People = query.get_result(tx.conn).await?;
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
    /// Reasons for which its circuit breaker has stopped it before.
    pub trips: Vec<Trip>,
    /// Most Stars that may be paid for going faster.
    pub paid_cap: Option<u32>,
}

/// The broadcast of the bot that is being sent, with its frozen message.
pub async fn assignment(tx: &mut BotTx<'_>) -> QueryResult<Option<Assignment>> {
    type Row = (BroadcastId, Option<serde_json::Value>, bool, bool, Option<i32>, Option<Vec<Trip>>);
    let row: Option<Row> = broadcasts::table
        .left_join(tallies::table.on(tallies::workspace_id.eq(broadcasts::workspace_id).and(
            tallies::bot_id.eq(broadcasts::bot_id).and(tallies::broadcast_id.eq(broadcasts::id)),
        )))
        .filter(broadcasts::workspace_id.eq(tx.workspace))
        .filter(broadcasts::bot_id.eq(tx.bot))
        .filter(broadcasts::status.eq(Status::Sending))
        .select((
            broadcasts::id,
            broadcasts::message,
            broadcasts::silent,
            broadcasts::protected,
            broadcasts::paid_cap,
            tallies::trips.nullable(),
        ))
        .first(tx.conn)
        .await
        .optional()?;
    let Some((id, Some(message), silent, protected, paid_cap, trips)) = row else {
        return Ok(None);
    };
    let paid_cap = paid_cap.and_then(|cap| u32::try_from(cap).ok());
    let (manner, trips) = (Manner { silent, protected }, trips.unwrap_or_default());
    match serde_json::from_value(message) {
        Ok(message) => Ok(Some(Assignment { id, message, manner, trips, paid_cap })),
        Err(error) => Err(diesel::result::Error::DeserializationError(error.into())),
    }
}

/// What a sender looks at again and again: it may have changed since the last time.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// What decides at this moment whether anything of the bot may leave.
    pub gates: Gates,
    /// Where the broadcast stands; none when it is gone, or none was asked for.
    pub status: Option<Status>,
    /// How many messages a second the bot was asked to send.
    pub rate: Option<u32>,
}

/// Looks at the bot, and at where the broadcast stands.
pub async fn look(tx: &mut BotTx<'_>, id: Option<BroadcastId>) -> QueryResult<Look> {
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
        #[diesel(sql_type = sql_types::Nullable<sql_types::Integer>)]
        rate: Option<i32>,
    }
    let row: Option<Row> = sql_query(
        "select b.read_only, b.rate,
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
    .fixed()
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(match row {
        Some(Row { read_only, has_token, closing, status, rate }) => Look {
            gates: Gates { read_only, has_token, closing },
            status,
            rate: rate.and_then(|rate| u32::try_from(rate).ok()),
        },
        None => Look {
            gates: Gates { read_only: false, has_token: false, closing: false },
            status: None,
            rate: None,
        },
    })
}

/// An open intent: the people whose requests may go out once the transaction is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Of which chunk.
    pub chunk: i32,
    /// Where in the chunk it begins.
    pub start: i32,
    /// Which attempt it is for its people.
    pub attempt: i16,
    /// Its people, in the chunk's order.
    pub people: Vec<Recipient>,
}

/// One of those that an intent is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The number that it was frozen under, and that its outcome is written down for.
    pub chat: ChatId,
    /// Where a message reaches it now: of a group that has become a supergroup another number. None: it cannot be
    /// written to any more.
    pub reached_at: Option<ChatId>,
}

/// Opens an intent over the next people of the broadcast, at most `want`. None when every chunk is
/// used up. Chunks before `from` are not looked at: whoever opened one knows that those before it are
/// used up, as they are taken in their order and new ones are put behind all others.
pub async fn open_intent(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    epoch: i64,
    want: u32,
    from: i32,
) -> QueryResult<Option<Intent>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Integer)]
        chunk: i32,
        #[diesel(sql_type = sql_types::Integer)]
        start: i32,
        #[diesel(sql_type = sql_types::SmallInt)]
        attempt: i16,
        #[diesel(sql_type = sql_types::Array<sql_types::BigInt>)]
        chat_ids: Vec<ChatId>,
        #[diesel(sql_type = sql_types::Array<sql_types::Nullable<sql_types::BigInt>>)]
        reached_at: Vec<Option<ChatId>>,
    }
    // Each is looked up by number, and not joined: a plan made while there were few subscribers would go through all
    // of them. A group that has become a supergroup is found by the number that it had; where the supergroup was
    // frozen by itself as well, it gets the message by itself alone.
    let row: Option<Row> = sql_query(
        "with first as (
             select n, next from broadcast_chunks
             where workspace_id = $1 and bot_id = $2 and broadcast_id = $3 and n >= $6
               and next < size
             order by n limit 1
         ), taken as (
             update broadcast_chunks c set next = least(first.next + $5, c.size)
             from first
             where c.workspace_id = $1 and c.bot_id = $2 and c.broadcast_id = $3 and c.n = first.n
             returning c.n as chunk, first.next as start, c.next as stop, c.attempt,
                       c.chat_ids[first.next + 1 : c.next] as people
         ), intent as (
             insert into broadcast_intents (workspace_id, bot_id, broadcast_id, chunk, start, stop, epoch)
             select $1, $2, $3, chunk, start, stop, $4 from taken
         )
         select t.chunk, t.start, t.attempt, array_agg(p.chat_id order by p.i) as chat_ids,
                array_agg(case when p.chat_id > 0 then
                    (select s.chat_id from subscribers s
                     where s.workspace_id = $1 and s.bot_id = $2 and s.chat_id = p.chat_id and s.status = 'active')
                else coalesce(
                    (select c.chat_id from chats c
                     where c.workspace_id = $1 and c.bot_id = $2 and c.chat_id = p.chat_id and c.standing <> 'gone'),
                    (select c.chat_id from chats c
                     where c.workspace_id = $1 and c.bot_id = $2 and c.was = p.chat_id and c.standing <> 'gone'
                       and not exists (select from broadcast_chunks o
                                       where o.workspace_id = $1 and o.bot_id = $2 and o.broadcast_id = $3
                                         and o.chat_ids[1] < 0 and c.chat_id = any (o.chat_ids))))
                end order by p.i) as reached_at
         from taken t
         cross join lateral unnest(t.people) with ordinality as p (chat_id, i)
         group by t.chunk, t.start, t.attempt",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::BigInt, _>(epoch)
    .bind::<sql_types::Integer, _>(i32::try_from(want).unwrap_or(i32::MAX))
    .bind::<sql_types::Integer, _>(from)
    .fixed()
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(row.map(|row| Intent {
        chunk: row.chunk,
        start: row.start,
        attempt: row.attempt,
        people: row
            .chat_ids
            .into_iter()
            .zip(row.reached_at)
            .map(|(chat, reached_at)| Recipient { chat, reached_at })
            .collect(),
    }))
}

/// Whether people of the broadcast are in no intent yet.
pub async fn has_more(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Bool)]
        more: bool,
    }
    let row: Row = sql_query(
        "select exists (select from broadcast_chunks
                        where workspace_id = $1 and bot_id = $2 and broadcast_id = $3 and next < size) as more",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .get_result(tx.conn)
    .await?;
    Ok(row.more)
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
    /// What that tells of a group or channel; none where it tells nothing new, and of people.
    pub standing: Option<chat::Standing>,
}

impl Result {
    /// The same, with what it tells of the chat if it is a group or channel.
    #[must_use]
    pub fn of_a_chat(self, standing: chat::Standing) -> Self {
        let standing = (self.chat < 0).then_some(standing);
        Self { standing, ..self }
    }
}

/// What became of the people of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The intent: chunk and start.
    pub intent: (i32, i32),
    /// Which attempt it was.
    pub attempt: i16,
    /// Those of its people who have an outcome.
    pub results: Vec<Result>,
    /// Those who were surely not written to.
    pub left_over: Vec<ChatId>,
    /// What each of its messages was counted for, in thousandths of a Star.
    pub price: u32,
    /// Groups that turned out to be supergroups by now: the number written to, and the new one. They are left over.
    pub moved: Vec<(ChatId, ChatId)>,
}

/// Closes intents: their outcomes are appended, those who were surely not written to go back in line as
/// chunks of their own, and the counters follow.
pub async fn close_intents(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    closings: &[Closing],
) -> QueryResult<()> {
    // First of all, because a chunk locks its broadcast, as whoever steers one does before its counters.
    for one in closings {
        put_back(tx, id, one.attempt, &one.left_over).await?;
    }
    let (chunks, starts): (Vec<i32>, Vec<i32>) = closings.iter().map(|one| one.intent).unzip();
    let results = || closings.iter().flat_map(|one| &one.results);
    let attempts: Vec<i16> = closings
        .iter()
        .flat_map(|one| std::iter::repeat_n(one.attempt, one.results.len()))
        .collect();
    let chats: Vec<ChatId> = results().map(|result| result.chat).collect();
    let outcomes: Vec<&str> = results().map(|result| result.outcome.as_str()).collect();
    let messages: Vec<Option<i64>> = results().map(|result| result.message_id).collect();
    let reasons: Vec<Option<&str>> = results().map(|result| result.reason.as_deref()).collect();
    sql_query(
        "with closed as (
             delete from broadcast_intents i using unnest($4, $5) as c (chunk, start)
             where i.workspace_id = $1 and i.bot_id = $2 and i.broadcast_id = $3
               and i.chunk = c.chunk and i.start = c.start
         )
         insert into deliveries
             (workspace_id, bot_id, broadcast_id, chat_id, attempt, outcome, message_id, reason, at)
         select $1, $2, $3, chat_id, attempt, outcome, message_id, reason, gannet_now()
         from unnest($6, $7, $8, $9, $10) as r (chat_id, outcome, message_id, reason, attempt)",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Array<sql_types::Integer>, _>(chunks)
    .bind::<sql_types::Array<sql_types::Integer>, _>(starts)
    .bind::<sql_types::Array<sql_types::BigInt>, _>(chats)
    .bind::<sql_types::Array<sql_types::Text>, _>(outcomes)
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::BigInt>>, _>(messages)
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::Text>>, _>(reasons)
    .bind::<sql_types::Array<sql_types::SmallInt>, _>(attempts)
    .fixed()
    .execute(tx.conn)
    .await?;

    let mut tally = Tally::default();
    results().for_each(|result| tally.add(result.outcome));
    let repeats = closings.iter().filter(|one| one.attempt > 1).map(|one| one.results.len() as u64);
    add_to_tally(tx, id, tally, repeats.sum()).await?;
    let unspent = closings.iter().map(|one| u64::from(one.price) * one.left_over.len() as u64);
    payment::give_back(tx, id, unspent.sum()).await?;
    mark_gone(tx, closings).await?;
    tell_chats(tx, closings).await
}

/// Writes down what has been learned of groups and channels, after what was learned of people.
async fn tell_chats(tx: &mut BotTx<'_>, closings: &[Closing]) -> QueryResult<()> {
    for &(from, to) in closings.iter().flat_map(|one| &one.moved) {
        chats::follow(tx, from, to).await?;
    }
    let told: Vec<chats::Told> = closings
        .iter()
        .flat_map(|one| &one.results)
        .filter_map(|result| {
            let standing = result.standing?;
            Some(chats::Told { chat: result.chat, standing, reason: result.reason.clone() })
        })
        .collect();
    chats::tell(tx, &told).await
}

/// Adds to a broadcast's counters, and says that its sender waits no longer. Why one that is not being sent
/// any more was stopped stays: the last answers come after the stop.
///
/// `repeated` of them were unknown before, and were being sent it once more: what counts is the last attempt.
///
/// The caller has written outcomes, which keeps anybody from ending the broadcast until the transaction is over.
/// Of one that has ended, what arrived is counted anew; it is locked before its counters, as whoever steers one
/// does.
async fn add_to_tally(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    tally: Tally,
    repeated: u64,
) -> QueryResult<()> {
    let signed = |count| i64::try_from(count).unwrap_or(i64::MAX);
    let of = |outcome| signed(tally.of(outcome));
    #[derive(QueryableByName)]
    struct Added {
        #[diesel(sql_type = sql_types::Bool)]
        is_over: bool,
    }
    let added: Added = sql_query(
        "with over as materialized (
             select id from broadcasts
             where workspace_id = $1 and bot_id = $2 and id = $3 and status in ('done', 'cancelled')
             for no key update
         )
         insert into broadcast_tallies as t
             (workspace_id, bot_id, broadcast_id, sent, blocked, deactivated, failed, skipped, unknown)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9 from (select count(*) from over) as locked
         on conflict (workspace_id, bot_id, broadcast_id) do update set
             sent = t.sent + excluded.sent, blocked = t.blocked + excluded.blocked,
             deactivated = t.deactivated + excluded.deactivated, failed = t.failed + excluded.failed,
             skipped = t.skipped + excluded.skipped, unknown = t.unknown + excluded.unknown - $10,
             again = t.again - $10,
             waiting = case when exists (select from broadcasts
                                         where workspace_id = $1 and bot_id = $2 and id = $3
                                           and status = 'sending')
                            then null else t.waiting end
         returning exists (select from over) as is_over",
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
    .bind::<sql_types::BigInt, _>(signed(repeated))
    .fixed()
    .get_result(tx.conn)
    .await?;
    if added.is_over {
        usage::recount(tx, id).await?;
    }
    Ok(())
}

/// Says why the sender waits, or that it does no longer. What the circuit breaker said is over with it.
pub async fn set_waiting(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    why: Option<&str>,
) -> QueryResult<()> {
    sql_query(
        "insert into broadcast_tallies (workspace_id, bot_id, broadcast_id, waiting) values ($1, $2, $3, $4)
         on conflict (workspace_id, bot_id, broadcast_id)
         do update set waiting = excluded.waiting, tripped = null",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Nullable<sql_types::Text>, _>(why)
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Says that it was the circuit breaker that paused a broadcast: it does not do so for this reason again.
/// After [`set_waiting`], which says why in words.
pub async fn set_tripped(tx: &mut BotTx<'_>, id: BroadcastId, trip: Trip) -> QueryResult<()> {
    sql_query(
        "update broadcast_tallies set tripped = $4, trips = array_append(array_remove(trips, $4), $4)
         where workspace_id = $1 and bot_id = $2 and broadcast_id = $3",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Text, _>(trip)
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
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Puts people back in line, behind all others.
async fn put_back(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    attempt: i16,
    people: &[ChatId],
) -> QueryResult<()> {
    if people.is_empty() {
        return Ok(());
    }
    sql_query(
        "insert into broadcast_chunks (workspace_id, bot_id, broadcast_id, n, chat_ids, attempt)
         select $1, $2, $3, coalesce(max(n), -1) + 1, $4, $5
         from broadcast_chunks where workspace_id = $1 and bot_id = $2 and broadcast_id = $3",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Array<sql_types::BigInt>, _>(people.to_vec())
    .bind::<sql_types::SmallInt, _>(attempt)
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Marks subscribers whom Telegram called blocked or deactivated.
///
/// All rows first and in order, as updates lock them too: the other way round two transactions could
/// wait for each other, and outcomes that are known would be lost with the one that gave way.
async fn mark_gone(tx: &mut BotTx<'_>, closings: &[Closing]) -> QueryResult<()> {
    let gone = |outcome: Outcome| {
        let results = closings.iter().flat_map(|one| &one.results);
        results
            .filter(move |result| result.outcome == outcome && result.chat > 0)
            .map(|result| result.chat)
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
        .fixed()
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
        #[diesel(sql_type = sql_types::BigInt)]
        repeated: i64,
    }
    let lost: Vec<Lost> = sql_query(
        "with stale as (
             delete from broadcast_intents
             where workspace_id = $1 and bot_id = $2 and epoch < $3
             returning broadcast_id, chunk, start, stop, opened_at
         ), people as (
             insert into deliveries (workspace_id, bot_id, broadcast_id, chat_id, attempt, outcome, reason, at)
             select $1, $2, s.broadcast_id, unnest(c.chat_ids[s.start + 1 : s.stop]), c.attempt, 'unknown',
                    'the sender stopped while this message may have been under way', gannet_now()
             from stale s
             join broadcast_chunks c on c.workspace_id = $1 and c.bot_id = $2
                                    and c.broadcast_id = s.broadcast_id and c.n = s.chunk
             returning broadcast_id, attempt
         )
         select broadcast_id, count(*) as people, count(*) filter (where attempt > 1) as repeated
         from people group by broadcast_id",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::BigInt, _>(epoch)
    .fixed()
    .load(tx.conn)
    .await?;
    let mut all = 0;
    for Lost { broadcast_id, people, repeated } in lost {
        let unknown = u64::try_from(people).unwrap_or_default();
        let repeated = u64::try_from(repeated).unwrap_or_default();
        add_to_tally(tx, broadcast_id, Tally { unknown, ..Tally::default() }, repeated).await?;
        all += unknown;
    }
    Ok(all)
}

/// A bot that has something to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Busy {
    /// Whose.
    #[diesel(sql_type = sql_types::Uuid)]
    pub workspace_id: WorkspaceId,
    /// Which.
    #[diesel(sql_type = sql_types::Uuid)]
    pub bot_id: BotId,
    /// Whether a reply waits.
    #[diesel(sql_type = sql_types::Bool)]
    pub is_answering: bool,
}

/// Bots that have a broadcast under way, a reply waiting, or an intent that somebody left open.
pub async fn bots_with_work(tx: &mut SystemTx<'_>) -> QueryResult<Vec<Busy>> {
    sql_query(
        "select workspace_id, bot_id, bool_or(is_answering) as is_answering
         from (select workspace_id, bot_id, false as is_answering from broadcasts where status = 'sending'
               union all
               select workspace_id, bot_id, true from replies where attempted_at is null
               union all
               select workspace_id, bot_id, false from broadcast_intents) as work
         group by workspace_id, bot_id",
    )
    .fixed()
    .load(tx.conn)
    .await
}

/// A broadcast that is to be sent and that nobody is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Stuck {
    /// Whose.
    #[diesel(sql_type = sql_types::Uuid)]
    pub workspace: WorkspaceId,
    /// Which bot's.
    #[diesel(sql_type = sql_types::Uuid)]
    pub bot: BotId,
    /// Which.
    #[diesel(sql_type = sql_types::Uuid)]
    pub broadcast: BroadcastId,
    /// When a sender was last at it, or when it was to begin.
    #[diesel(sql_type = sql_types::Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub since: Timestamp,
}

/// Broadcasts that nobody was at for `idle`.
pub async fn stuck(tx: &mut SystemTx<'_>, idle: Duration) -> QueryResult<Vec<Stuck>> {
    sql_query(format!("{STUCK} order by 1, 2"))
        .bind::<sql_types::Double, _>(idle.as_secs_f64())
        .load(tx.conn)
        .await
}

/// Whether nobody was at this broadcast for `idle`.
pub async fn is_stuck(tx: &mut BotTx<'_>, id: BroadcastId, idle: Duration) -> QueryResult<bool> {
    let found =
        sql_query(format!("{STUCK} and b.workspace_id = $2 and b.bot_id = $3 and b.id = $4"))
            .bind::<sql_types::Double, _>(idle.as_secs_f64())
            .bind::<sql_types::Uuid, _>(tx.workspace)
            .bind::<sql_types::Uuid, _>(tx.bot)
            .bind::<sql_types::Uuid, _>(id)
            .load::<Stuck>(tx.conn)
            .await?;
    Ok(!found.is_empty())
}

/// A broadcast is touched when it begins or goes on, and not while it is sent. A lease that does not say
/// when its holder was at work is that of an earlier version.
const STUCK: &str = "select b.workspace_id as workspace, b.bot_id as bot, b.id as broadcast,
           greatest(b.updated_at, l.at_work) as since
    from broadcasts b
    left join leases l on l.workspace_id = b.workspace_id and l.bot_id = b.bot_id and l.kind = 'send'
    where b.status = 'sending' and (l.at_work is not null or l.bot_id is null)
      and greatest(b.updated_at, l.at_work) <= gannet_now() - make_interval(secs => $1)";
