//! Broadcasts as people see them: drafts, lists, results. What the sender does is in [`crate::sending`].
//!
//! One piece, because each query here reads or writes the same row and its tally.

use diesel::{dsl::sql, prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    breaker::Trip,
    broadcast::{Audience, Manner, Outcome, Recipients, Status, Tally},
    ids::{BotId, BroadcastId, ChatId, UserId, WorkspaceId},
    text::Message,
};

use crate::{
    BotTx, Cursor, Version, WorkspaceTx,
    schema::{broadcast_tallies as tallies, broadcasts, deliveries, subscribers},
};

/// One broadcast.
#[derive(Clone, Debug)]
pub struct Broadcast {
    /// Which.
    pub id: BroadcastId,
    /// The text in our markup.
    pub source: String,
    /// Where it stands.
    pub status: Status,
    /// People it goes to.
    pub total: u64,
    /// Its version.
    pub version: Version,
    /// The version of what it says and how it arrives: another time is no other message.
    pub edition: Version,
    /// How it arrives.
    pub manner: Manner,
    /// Whom it goes to.
    pub to: Recipients,
    /// Most Stars that may be paid for going faster.
    pub paid_cap: Option<u32>,
    /// When it is to begin by itself, or was to.
    pub plan: Option<Plan>,
    /// Who wrote it.
    pub author_name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When sending began.
    pub started_at: Option<Timestamp>,
    /// Since when it waits in line.
    pub queued_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What has become of its people so far.
    pub tally: Tally,
    /// Of the unknown, those who are being sent it once more.
    pub again: u64,
    /// Why the sender waits.
    pub waiting: Option<String>,
    /// What the circuit breaker paused it for, until a person decides.
    pub tripped: Option<Trip>,
    /// What may have been paid so far, in thousandths of a Star.
    pub paid: u64,
    /// Why it is not paid for any more.
    pub unpaid_because: Option<String>,
}

/// When a broadcast is to begin by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When.
    pub at: Timestamp,
    /// By the clock of which zone it was chosen.
    pub zone: String,
    /// By whom.
    pub by: UserId,
    /// What they were called then.
    pub by_name: String,
}

type PlanRow = (Option<jiff_diesel::Timestamp>, Option<String>, Option<UserId>, Option<String>);

fn plan(row: PlanRow) -> Option<Plan> {
    let (Some(at), Some(zone), Some(by), Some(by_name)) = row else { return None };
    Some(Plan { at: at.to_jiff(), zone, by, by_name })
}

/// Text, arrival and audience, then the plan.
type DraftRow = ((jiff_diesel::Timestamp, bool, bool, Audience, Vec<ChatId>, Option<i32>), PlanRow);

type DraftColumns = (
    (
        broadcasts::written_at,
        broadcasts::silent,
        broadcasts::protected,
        broadcasts::audience,
        broadcasts::chosen,
        broadcasts::paid_cap,
    ),
    (
        broadcasts::scheduled_at,
        broadcasts::zone,
        broadcasts::scheduled_by,
        broadcasts::scheduled_by_name,
    ),
);

const DRAFT: DraftColumns = (
    (
        broadcasts::written_at,
        broadcasts::silent,
        broadcasts::protected,
        broadcasts::audience,
        broadcasts::chosen,
        broadcasts::paid_cap,
    ),
    (
        broadcasts::scheduled_at,
        broadcasts::zone,
        broadcasts::scheduled_by,
        broadcasts::scheduled_by_name,
    ),
);

type Row = (
    BroadcastId,
    String,
    Status,
    i64,
    jiff_diesel::Timestamp,
    String,
    jiff_diesel::Timestamp,
    Option<jiff_diesel::Timestamp>,
    Option<jiff_diesel::Timestamp>,
    Option<jiff_diesel::Timestamp>,
    DraftRow,
    Option<TallyRow>,
);

type TallyRow =
    (i64, i64, i64, i64, i64, i64, i64, Option<String>, Option<Trip>, i64, Option<String>);

const ROW: (
    broadcasts::id,
    broadcasts::source,
    broadcasts::status,
    broadcasts::total,
    broadcasts::updated_at,
    broadcasts::author_name,
    broadcasts::created_at,
    broadcasts::started_at,
    broadcasts::queued_at,
    broadcasts::finished_at,
) = (
    broadcasts::id,
    broadcasts::source,
    broadcasts::status,
    broadcasts::total,
    broadcasts::updated_at,
    broadcasts::author_name,
    broadcasts::created_at,
    broadcasts::started_at,
    broadcasts::queued_at,
    broadcasts::finished_at,
);

const TALLY: (
    tallies::sent,
    tallies::blocked,
    tallies::deactivated,
    tallies::failed,
    tallies::skipped,
    tallies::unknown,
    tallies::again,
    tallies::waiting,
    tallies::tripped,
    tallies::paid,
    tallies::unpaid_because,
) = (
    tallies::sent,
    tallies::blocked,
    tallies::deactivated,
    tallies::failed,
    tallies::skipped,
    tallies::unknown,
    tallies::again,
    tallies::waiting,
    tallies::tripped,
    tallies::paid,
    tallies::unpaid_because,
);

/// The broadcasts of a bot: the inner fence, said in SQL as well.
#[diesel::dsl::auto_type(no_type_alias)]
fn of_bot(workspace: WorkspaceId, bot: BotId) -> _ {
    broadcasts::table
        .filter(broadcasts::workspace_id.eq(workspace))
        .filter(broadcasts::bot_id.eq(bot))
}

/// One broadcast of a bot.
#[diesel::dsl::auto_type(no_type_alias)]
fn one(workspace: WorkspaceId, bot: BotId, id: BroadcastId) -> _ {
    broadcasts::table
        .filter(broadcasts::workspace_id.eq(workspace))
        .filter(broadcasts::bot_id.eq(bot))
        .filter(broadcasts::id.eq(id))
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

/// What a tally's row says beside the counts.
#[derive(Default)]
struct Beside {
    again: u64,
    waiting: Option<String>,
    tripped: Option<Trip>,
    paid: u64,
    unpaid_because: Option<String>,
}

fn tally(row: Option<TallyRow>) -> (Tally, Beside) {
    let Some(row) = row else { return Default::default() };
    let (sent, blocked, deactivated, failed, skipped, unknown, again, waiting, tripped, paid, why) =
        row;
    let tally = Tally {
        sent: count(sent),
        blocked: count(blocked),
        deactivated: count(deactivated),
        failed: count(failed),
        skipped: count(skipped),
        unknown: count(unknown),
    };
    let (again, paid) = (count(again), count(paid));
    (tally, Beside { again, waiting, tripped, paid, unpaid_because: why })
}

impl From<Row> for Broadcast {
    fn from(row: Row) -> Self {
        let (
            id,
            source,
            status,
            total,
            updated,
            author_name,
            created,
            started,
            queued,
            finished,
            ((written, silent, protected, audience, chosen, paid_cap), planned),
            counts,
        ) = row;
        let (tally, Beside { again, waiting, tripped, paid, unpaid_because }) = tally(counts);
        Self {
            id,
            source,
            status,
            total: count(total),
            version: Version::from(updated),
            edition: Version::from(written),
            manner: Manner { silent, protected },
            to: Recipients { audience, chosen },
            paid_cap: paid_cap.and_then(|cap| u32::try_from(cap).ok()),
            plan: plan(planned),
            author_name,
            created_at: created.to_jiff(),
            started_at: started.map(|at| at.to_jiff()),
            queued_at: queued.map(|at| at.to_jiff()),
            finished_at: finished.map(|at| at.to_jiff()),
            updated_at: updated.to_jiff(),
            tally,
            again,
            waiting,
            tripped,
            paid,
            unpaid_because,
        }
    }
}

/// The broadcast of the transaction's bot, if there is one with this id.
pub async fn find(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<Option<Broadcast>> {
    let row: Option<Row> = broadcasts::table
        .left_join(tallies::table.on(tallies::workspace_id.eq(broadcasts::workspace_id).and(
            tallies::bot_id.eq(broadcasts::bot_id).and(tallies::broadcast_id.eq(broadcasts::id)),
        )))
        .filter(broadcasts::workspace_id.eq(tx.workspace))
        .filter(broadcasts::bot_id.eq(tx.bot))
        .filter(broadcasts::id.eq(id))
        .select((
            ROW.0,
            ROW.1,
            ROW.2,
            ROW.3,
            ROW.4,
            ROW.5,
            ROW.6,
            ROW.7,
            ROW.8,
            ROW.9,
            DRAFT,
            TALLY.nullable(),
        ))
        .first(tx.conn)
        .await
        .optional()?;
    Ok(row.map(Broadcast::from))
}

/// As [`find`], and nobody else changes it until the transaction ends.
pub async fn lock(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<Option<Broadcast>> {
    let locked: Option<BroadcastId> = one(tx.workspace, tx.bot, id)
        .select(broadcasts::id)
        .for_update()
        .first(tx.conn)
        .await
        .optional()?;
    match locked {
        Some(id) => find(tx, id).await,
        None => Ok(None),
    }
}

/// Broadcasts of the bot, newest first, at most `limit`, older than `after`.
pub async fn list(
    tx: &mut BotTx<'_>,
    after: Option<Cursor<uuid::Uuid>>,
    limit: i64,
) -> QueryResult<Vec<Broadcast>> {
    let mut query = broadcasts::table
        .left_join(tallies::table.on(tallies::workspace_id.eq(broadcasts::workspace_id).and(
            tallies::bot_id.eq(broadcasts::bot_id).and(tallies::broadcast_id.eq(broadcasts::id)),
        )))
        .filter(broadcasts::workspace_id.eq(tx.workspace))
        .filter(broadcasts::bot_id.eq(tx.bot))
        .into_boxed();
    if let Some(Cursor { at, key }) = after {
        let at = jiff_diesel::Timestamp::from(at);
        query = query.filter(
            broadcasts::created_at
                .lt(at)
                .or(broadcasts::created_at.eq(at).and(broadcasts::id.lt(key))),
        );
    }
    let rows: Vec<Row> = query
        .order((broadcasts::created_at.desc(), broadcasts::id.desc()))
        .limit(limit)
        .select((
            ROW.0,
            ROW.1,
            ROW.2,
            ROW.3,
            ROW.4,
            ROW.5,
            ROW.6,
            ROW.7,
            ROW.8,
            ROW.9,
            DRAFT,
            TALLY.nullable(),
        ))
        .load(tx.conn)
        .await?;
    Ok(rows.into_iter().map(Broadcast::from).collect())
}

/// The last broadcast of each bot of the workspace that was started.
pub async fn last_of_each_bot(tx: &mut WorkspaceTx<'_>) -> QueryResult<Vec<(BotId, Broadcast)>> {
    let rows: Vec<(BotId, Row)> = broadcasts::table
        .left_join(tallies::table.on(tallies::workspace_id.eq(broadcasts::workspace_id).and(
            tallies::bot_id.eq(broadcasts::bot_id).and(tallies::broadcast_id.eq(broadcasts::id)),
        )))
        .filter(broadcasts::workspace_id.eq(tx.workspace))
        .filter(broadcasts::started_at.is_not_null())
        .distinct_on(broadcasts::bot_id)
        .order((broadcasts::bot_id, broadcasts::created_at.desc()))
        .select((
            broadcasts::bot_id,
            (
                ROW.0,
                ROW.1,
                ROW.2,
                ROW.3,
                ROW.4,
                ROW.5,
                ROW.6,
                ROW.7,
                ROW.8,
                ROW.9,
                DRAFT,
                TALLY.nullable(),
            ),
        ))
        .load(tx.conn)
        .await?;
    Ok(rows.into_iter().map(|(bot, row)| (bot, row.into())).collect())
}

/// A new draft.
pub struct New<'a> {
    /// Its id.
    pub id: BroadcastId,
    /// Who writes it.
    pub author: UserId,
    /// The writer's name.
    pub author_name: &'a str,
    /// The text in our markup.
    pub source: &'a str,
    /// How it is to arrive.
    pub manner: Manner,
}

/// Writes a new draft. Gives its version; none when the bot has a broadcast with this id.
///
/// It is made and changed at one moment; the two differ as soon as somebody changes it.
pub async fn insert(tx: &mut BotTx<'_>, new: New<'_>) -> QueryResult<Option<Version>> {
    let now: jiff_diesel::Timestamp =
        diesel::select(sql::<sql_types::Timestamptz>("gannet_now()")).get_result(tx.conn).await?;
    let written: Option<jiff_diesel::Timestamp> = diesel::insert_into(broadcasts::table)
        .values((
            broadcasts::workspace_id.eq(tx.workspace),
            broadcasts::bot_id.eq(tx.bot),
            broadcasts::id.eq(new.id),
            broadcasts::author_id.eq(new.author),
            broadcasts::author_name.eq(new.author_name),
            broadcasts::source.eq(new.source),
            broadcasts::status.eq(Status::Draft),
            (
                broadcasts::silent.eq(new.manner.silent),
                broadcasts::protected.eq(new.manner.protected),
                broadcasts::written_at.eq(now),
            ),
            broadcasts::created_at.eq(now),
            broadcasts::updated_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .returning(broadcasts::updated_at)
        .get_result(tx.conn)
        .await
        .optional()?;
    Ok(written.map(Version::from))
}

/// Changes what a broadcast that the caller has locked says, and how it arrives; `by` is whoever changes
/// it. Gives its new version.
pub async fn set_source(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    (source, manner): (&str, Manner),
    by: UserId,
) -> QueryResult<Version> {
    diesel::update(one(tx.workspace, tx.bot, id))
        .set((
            broadcasts::source.eq(source),
            broadcasts::silent.eq(manner.silent),
            broadcasts::protected.eq(manner.protected),
            broadcasts::edited_by.eq(by),
        ))
        .returning(broadcasts::updated_at)
        .get_result::<jiff_diesel::Timestamp>(tx.conn)
        .await
        .map(Version::from)
}

/// Changes whom a broadcast that the caller has locked goes to; `by` is whoever changes it.
pub async fn set_recipients(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    to: &Recipients,
    by: UserId,
) -> QueryResult<()> {
    diesel::update(one(tx.workspace, tx.bot, id))
        .set((
            broadcasts::audience.eq(to.audience),
            broadcasts::chosen.eq(&to.chosen),
            broadcasts::edited_by.eq(by),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Changes how many Stars may be paid for a broadcast that the caller has locked; `by` is whoever changes it.
pub async fn set_paid_cap(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    cap: Option<u32>,
    by: UserId,
) -> QueryResult<()> {
    let cap = cap.map(|cap| i32::try_from(cap).unwrap_or(i32::MAX));
    diesel::update(one(tx.workspace, tx.bot, id))
        .set((broadcasts::paid_cap.eq(cap), broadcasts::edited_by.eq(by)))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Who wrote a broadcast first, and who changed it last, if anybody has.
pub async fn writers(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
) -> QueryResult<Option<(UserId, Option<UserId>)>> {
    one(tx.workspace, tx.bot, id)
        .select((broadcasts::author_id, broadcasts::edited_by))
        .first(tx.conn)
        .await
        .optional()
}

/// Throws a broadcast away that the caller has locked.
pub async fn delete(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<()> {
    diesel::delete(one(tx.workspace, tx.bot, id)).execute(tx.conn).await?;
    Ok(())
}

/// Puts a broadcast that the caller has locked into another status, with the times that belong to it.
///
/// # Errors
/// A unique violation of `broadcasts_one_sending` when another one of the bot is being sent.
pub async fn set_status(tx: &mut BotTx<'_>, id: BroadcastId, status: Status) -> QueryResult<()> {
    if matches!(status, Status::Done | Status::Cancelled) {
        // Outcomes that are being written are waited for, and those that come later see that it is over: what is
        // counted for it is counted by whoever comes last.
        lock(tx, id).await?;
    }
    sql_query(
        "update broadcasts
         set status = $4, queued_at = null,
             started_at = case when $4 = 'sending' then coalesce(started_at, gannet_now()) else started_at end,
             finished_at = case when $4 in ('done', 'cancelled') then gannet_now() end
         where workspace_id = $1 and bot_id = $2 and id = $3",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Text, _>(status)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Freezes what will be sent: the message, and the number of people in the frozen audience.
pub async fn set_frozen(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    message: &Message,
    total: u64,
) -> QueryResult<()> {
    let message = serde_json::to_value(message).unwrap_or_default();
    diesel::update(one(tx.workspace, tx.bot, id))
        .set((
            broadcasts::message.eq(message),
            broadcasts::total.eq(i64::try_from(total).unwrap_or(i64::MAX)),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// The broadcast of the bot that is being sent, if any.
pub async fn sending(tx: &mut BotTx<'_>) -> QueryResult<Option<BroadcastId>> {
    of_bot(tx.workspace, tx.bot)
        .filter(broadcasts::status.eq(Status::Sending))
        .select(broadcasts::id)
        .first(tx.conn)
        .await
        .optional()
}

/// Puts a paused broadcast in line behind the one that is being sent. One that is in line keeps its
/// place.
pub async fn queue(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<()> {
    diesel::update(one(tx.workspace, tx.bot, id))
        .set(broadcasts::queued_at.eq(sql::<sql_types::Nullable<sql_types::Timestamptz>>(
            "coalesce(queued_at, gannet_now())",
        )))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Takes a broadcast out of the line.
pub async fn unqueue(tx: &mut BotTx<'_>, id: BroadcastId) -> QueryResult<()> {
    diesel::update(one(tx.workspace, tx.bot, id))
        .set(broadcasts::queued_at.eq(None::<jiff_diesel::Timestamp>))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Broadcasts that have begun and are not over: being sent, paused or in line. Locked, the one that is
/// being sent first, then those in line in their order.
pub async fn under_way(tx: &mut BotTx<'_>) -> QueryResult<Vec<BroadcastId>> {
    of_bot(tx.workspace, tx.bot)
        .filter(broadcasts::status.eq_any([Status::Sending, Status::Paused]))
        .order((
            broadcasts::status.eq(Status::Paused),
            broadcasts::queued_at.asc().nulls_last(),
            broadcasts::id,
        ))
        .select(broadcasts::id)
        .for_update()
        .load(tx.conn)
        .await
}

/// The first in line, locked. For when nothing is being sent any more.
pub async fn first_in_line(tx: &mut BotTx<'_>) -> QueryResult<Option<BroadcastId>> {
    of_bot(tx.workspace, tx.bot)
        .filter(broadcasts::status.eq(Status::Paused))
        .filter(broadcasts::queued_at.is_not_null())
        .order((broadcasts::queued_at, broadcasts::id))
        .select(broadcasts::id)
        .for_update()
        .first(tx.conn)
        .await
        .optional()
}

/// What a recipient is called: a subscriber's name, or the title of a group or channel, whichever number it had.
const CALLED: &str = "coalesce(subscribers.name, case when deliveries.chat_id < 0 then
    (select c.title from chats c where c.workspace_id = deliveries.workspace_id and c.bot_id = deliveries.bot_id
     and (c.chat_id = deliveries.chat_id or c.was = deliveries.chat_id) limit 1) end)";

/// One outcome, with the person's name if they are still a subscriber, or the chat's title.
#[derive(Clone, Debug, Queryable)]
pub struct Delivery {
    /// To whom.
    pub chat: ChatId,
    /// Which attempt it was, from 1.
    pub attempt: i16,
    /// Their name.
    pub name: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<String>,
    /// When.
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub at: Timestamp,
}

/// Outcomes of a broadcast by chat and attempt, at most `limit`: of one kind if asked, after the chat and
/// attempt `after`.
pub async fn outcomes(
    tx: &mut BotTx<'_>,
    id: BroadcastId,
    outcome: Option<Outcome>,
    after: Option<(ChatId, i16)>,
    limit: i64,
) -> QueryResult<Vec<Delivery>> {
    let mut query = deliveries::table
        .left_join(
            subscribers::table.on(subscribers::workspace_id.eq(deliveries::workspace_id).and(
                subscribers::bot_id
                    .eq(deliveries::bot_id)
                    .and(subscribers::chat_id.eq(deliveries::chat_id)),
            )),
        )
        .filter(deliveries::workspace_id.eq(tx.workspace))
        .filter(deliveries::bot_id.eq(tx.bot))
        .filter(deliveries::broadcast_id.eq(id))
        .into_boxed();
    if let Some(outcome) = outcome {
        query = query.filter(deliveries::outcome.eq(outcome));
        if outcome != Outcome::Sent {
            // Said twice, so that the partial index over what was not sent applies.
            query = query.filter(sql::<sql_types::Bool>("deliveries.outcome <> 'sent'"));
        }
    }
    if let Some((chat, attempt)) = after {
        let later = deliveries::chat_id.eq(chat).and(deliveries::attempt.gt(attempt));
        // Said so that the index is entered at the chat, not read from its start.
        query = query
            .filter(deliveries::chat_id.ge(chat))
            .filter(deliveries::chat_id.gt(chat).or(later));
    }
    query
        .order((deliveries::chat_id, deliveries::attempt))
        .limit(limit)
        .select((
            deliveries::chat_id,
            deliveries::attempt,
            sql::<sql_types::Nullable<sql_types::Text>>(CALLED),
            deliveries::outcome,
            deliveries::reason,
            deliveries::at,
        ))
        .load(tx.conn)
        .await
}
