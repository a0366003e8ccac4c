//! Sending once more to people of whom nobody knows whether they got it.
//!
//! Who is asked for stands in a chunk of the next attempt from then on. That chunk is what keeps anybody from
//! being asked for twice: whoever asks has locked the broadcast, so of many at once the first finds people.

use std::collections::HashSet;

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    broadcast::CHUNK,
    ids::{BroadcastId, ChatId},
};

use crate::{BotTx, Version};

/// Which of those who could be sent it once more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only these; none: all of them.
    pub chats: Option<&'a [ChatId]>,
    /// Only whose outcome was written down until then: what came later, nobody has looked at.
    pub until: Option<Version>,
}

/// How many could be sent it once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// People.
    pub people: u64,
    /// When the last of their outcomes was written down; none without people.
    pub until: Option<Version>,
}

/// Those whose last attempt ended unknown, who are not in line for the next one, and who can be written to.
/// Whoever has opted out since stays unknown, and so does a group that has put the bot out.
const PEOPLE: &str = "select d.chat_id, d.attempt, d.at
    from deliveries d
    join (select chat_id from subscribers where workspace_id = $1 and bot_id = $2 and status = 'active'
          union all
          select chat_id from chats where workspace_id = $1 and bot_id = $2 and standing <> 'gone'
          union all
          select was from chats where workspace_id = $1 and bot_id = $2 and standing <> 'gone' and was is not null) s
        on s.chat_id = d.chat_id
    where d.workspace_id = $1 and d.bot_id = $2 and d.broadcast_id = $3
      -- Said twice, so that the partial index over what was not sent applies.
      and d.outcome = 'unknown' and d.outcome <> 'sent'
      and ($4::bigint[] is null or d.chat_id = any ($4))
      and ($5::timestamptz is null or d.at <= $5)
      and not exists (select from deliveries later
                      where later.workspace_id = $1 and later.bot_id = $2 and later.broadcast_id = $3
                        and later.chat_id = d.chat_id and later.attempt > d.attempt)
      and (d.chat_id, d.attempt) not in (
          select unnest(c.chat_ids), (c.attempt - 1)::smallint from broadcast_chunks c
          where c.workspace_id = $1 and c.bot_id = $2 and c.broadcast_id = $3 and c.attempt > 1)";

/// How many of `which` could be sent it once more.
pub async fn count(tx: &mut BotTx<'_>, id: BroadcastId, which: Which<'_>) -> QueryResult<Count> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::BigInt)]
        people: i64,
        #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
        until: Option<jiff_diesel::Timestamp>,
    }
    let row: Row =
        sql_query(format!("select count(*) as people, max(at) as until from ({PEOPLE}) as people"))
            .bind::<sql_types::Uuid, _>(tx.workspace)
            .bind::<sql_types::Uuid, _>(tx.bot)
            .bind::<sql_types::Uuid, _>(id)
            .bind::<sql_types::Nullable<sql_types::Array<sql_types::BigInt>>, _>(which.chats)
            .bind::<sql_types::Nullable<sql_types::Timestamptz>, _>(moment(which))
            .get_result(tx.conn)
            .await?;
    Ok(Count {
        people: u64::try_from(row.people).unwrap_or_default(),
        until: row.until.map(Version::from),
    })
}

/// Those of `chats` who could be sent it once more.
pub async fn of_these(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    chats: &[ChatId],
) -> QueryResult<HashSet<ChatId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::BigInt)]
        chat_id: ChatId,
    }
    if chats.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<Row> = sql_query(format!("select chat_id from ({PEOPLE}) as people"))
        .bind::<sql_types::Uuid, _>(tx.workspace)
        .bind::<sql_types::Uuid, _>(tx.bot)
        .bind::<sql_types::Uuid, _>(id)
        .bind::<sql_types::Nullable<sql_types::Array<sql_types::BigInt>>, _>(Some(chats))
        .bind::<sql_types::Nullable<sql_types::Timestamptz>, _>(None::<jiff_diesel::Timestamp>)
        .load(tx.conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.chat_id).collect())
}

/// Puts `which` in line for their next attempt, behind everybody else. Gives their number.
///
/// The caller has called [`crate::leases::still`] before any other lock, so that no sender puts people back at the
/// same time, and has locked the broadcast.
pub async fn put_in_line(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    which: Which<'_>,
) -> QueryResult<u64> {
    #[derive(QueryableByName)]
    struct People {
        #[diesel(sql_type = sql_types::BigInt)]
        people: i64,
    }
    let put: People = sql_query(format!(
        "with people as ({PEOPLE}),
         parts as (
             select chat_id, attempt,
                    (row_number() over (partition by attempt order by chat_id) - 1) / $6 as part
             from people
         ), chunks as (
             select attempt + 1 as attempt, array_agg(chat_id order by chat_id) as chat_ids,
                    row_number() over (order by attempt, part) as n
             from parts group by attempt, part
         ), written as (
             insert into broadcast_chunks (workspace_id, bot_id, broadcast_id, n, chat_ids, attempt)
             select $1, $2, $3, c.n + last.n, c.chat_ids, c.attempt
             from chunks c, (select coalesce(max(n), -1) as n from broadcast_chunks
                             where workspace_id = $1 and bot_id = $2 and broadcast_id = $3) last
             returning cardinality(chat_ids) as people
         ), counted as (
             update broadcast_tallies set again = again + (select coalesce(sum(people), 0) from written)
             where workspace_id = $1 and bot_id = $2 and broadcast_id = $3
         )
         select coalesce(sum(people), 0)::bigint as people from written"
    ))
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Nullable<sql_types::Array<sql_types::BigInt>>, _>(which.chats)
    .bind::<sql_types::Nullable<sql_types::Timestamptz>, _>(moment(which))
    .bind::<sql_types::BigInt, _>(CHUNK as i64)
    .get_result(tx.conn)
    .await?;
    Ok(u64::try_from(put.people).unwrap_or_default())
}

fn moment(which: Which<'_>) -> Option<jiff_diesel::Timestamp> {
    which.until.map(|until| until.moment().into())
}
