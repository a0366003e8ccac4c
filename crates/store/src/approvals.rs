//! A second person's word on a draft: requests, and the bound above which one is asked.
//!
//! Whoever writes here has locked the broadcast ([`crate::broadcasts::lock`]), so that a decision, a change
//! of the draft and sending it come one after the other.

use diesel::{dsl::sql, prelude::*, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    approval::{Above, Hands, State},
    broadcast::Status,
    ids::{ApprovalId, BotId, BroadcastId, UserId},
};

use crate::{
    BotTx, TenantTx, Version, WorkspaceTx,
    schema::{approvals, broadcasts, workspaces},
};

/// Most requests that are listed for a bot, and for a workspace.
const MOST: i64 = 50;

/// One request, with what it is about.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Which.
    pub id: ApprovalId,
    /// Of which broadcast.
    pub broadcast: BroadcastId,
    /// Of which [edition](crate::broadcasts::Broadcast::edition) of it.
    pub version: Version,
    /// To how many people it would have gone when it was asked for.
    pub audience: u64,
    /// Where it stands.
    pub state: State,
    /// Who asked, wrote and changed it.
    pub hands: Hands<UserId>,
    /// What who asked was called.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Who ended it.
    pub decider: Option<UserId>,
    /// The same by their name then.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The broadcast's text in our markup.
    pub source: String,
}

type Row = (
    (ApprovalId, BroadcastId, jiff_diesel::Timestamp, i64, State),
    (UserId, String, jiff_diesel::Timestamp),
    (Option<UserId>, Option<String>, Option<jiff_diesel::Timestamp>, Option<String>),
    (UserId, Option<UserId>, String),
);

type Columns = (
    (
        approvals::id,
        approvals::broadcast_id,
        approvals::version,
        approvals::audience,
        approvals::state,
    ),
    (approvals::asked_by, approvals::asked_by_name, approvals::asked_at),
    (approvals::decided_by, approvals::decided_by_name, approvals::decided_at, approvals::reason),
    (broadcasts::author_id, broadcasts::edited_by, broadcasts::source),
);

const COLUMNS: Columns = (
    (
        approvals::id,
        approvals::broadcast_id,
        approvals::version,
        approvals::audience,
        approvals::state,
    ),
    (approvals::asked_by, approvals::asked_by_name, approvals::asked_at),
    (approvals::decided_by, approvals::decided_by_name, approvals::decided_at, approvals::reason),
    (broadcasts::author_id, broadcasts::edited_by, broadcasts::source),
);

impl From<Row> for Approval {
    fn from((request, asked, decided, draft): Row) -> Self {
        let (id, broadcast, version, audience, state) = request;
        let (asker, asked_by, asked_at) = asked;
        let (decider, decided_by, decided_at, reason) = decided;
        let (wrote, changed, source) = draft;
        Self {
            id,
            broadcast,
            version: version.into(),
            audience: u64::try_from(audience).unwrap_or_default(),
            state,
            hands: Hands { asked: asker, wrote, changed },
            asked_by,
            asked_at: asked_at.to_jiff(),
            decider,
            decided_by,
            decided_at: decided_at.map(|at| at.to_jiff()),
            reason,
            source,
        }
    }
}

/// Requests beside their broadcasts.
#[diesel::dsl::auto_type(no_type_alias)]
fn with_drafts() -> _ {
    approvals::table.inner_join(
        broadcasts::table.on(broadcasts::workspace_id.eq(approvals::workspace_id).and(
            broadcasts::bot_id
                .eq(approvals::bot_id)
                .and(broadcasts::id.eq(approvals::broadcast_id)),
        )),
    )
}

/// The request of a broadcast that is in force, else the newest, whatever became of it.
pub async fn last(tx: &mut BotTx<'_>, broadcast: BroadcastId) -> QueryResult<Option<Approval>> {
    let row: Option<Row> = with_drafts()
        .filter(approvals::workspace_id.eq(tx.workspace))
        .filter(approvals::bot_id.eq(tx.bot))
        .filter(approvals::broadcast_id.eq(broadcast))
        .order((
            approvals::state.eq_any([State::Open, State::Approved]).desc(),
            approvals::asked_at.desc(),
            approvals::id.desc(),
        ))
        .select(COLUMNS)
        .first(tx.conn)
        .await
        .optional()?;
    Ok(row.map(Approval::from))
}

/// Open requests of the transaction's bot for what has not begun, the oldest first. At most 50.
pub async fn open(tx: &mut BotTx<'_>) -> QueryResult<Vec<Approval>> {
    let rows: Vec<Row> = with_drafts()
        .filter(approvals::workspace_id.eq(tx.workspace))
        .filter(approvals::bot_id.eq(tx.bot))
        .filter(approvals::state.eq(State::Open))
        .filter(broadcasts::status.eq_any([Status::Draft, Status::Scheduled]))
        .order(approvals::id)
        .limit(MOST)
        .select(COLUMNS)
        .load(tx.conn)
        .await?;
    Ok(rows.into_iter().map(Approval::from).collect())
}

/// Broadcasts of the transaction's bot that nobody has got, and whose request is open or approved.
pub async fn in_force(tx: &mut BotTx<'_>) -> QueryResult<Vec<BroadcastId>> {
    with_drafts()
        .filter(approvals::workspace_id.eq(tx.workspace))
        .filter(approvals::bot_id.eq(tx.bot))
        .filter(approvals::state.eq_any([State::Open, State::Approved]))
        .filter(broadcasts::started_at.is_null())
        .order(approvals::broadcast_id)
        .select(approvals::broadcast_id)
        .distinct()
        .load(tx.conn)
        .await
}

/// Open requests of all bots of the transaction's workspace for what has not begun, the oldest first. At
/// most 50.
pub async fn open_everywhere(tx: &mut WorkspaceTx<'_>) -> QueryResult<Vec<(BotId, Approval)>> {
    let rows: Vec<(BotId, Row)> = with_drafts()
        .filter(approvals::workspace_id.eq(tx.workspace))
        .filter(approvals::state.eq(State::Open))
        .filter(broadcasts::status.eq_any([Status::Draft, Status::Scheduled]))
        .order(approvals::id)
        .limit(MOST)
        .select((approvals::bot_id, COLUMNS))
        .load(tx.conn)
        .await?;
    Ok(rows.into_iter().map(|(bot, row)| (bot, row.into())).collect())
}

/// A new request.
pub struct New<'a> {
    /// Its id.
    pub id: ApprovalId,
    /// Of which broadcast.
    pub broadcast: BroadcastId,
    /// Of which [edition](crate::broadcasts::Broadcast::edition) of it.
    pub version: Version,
    /// To how many people it would go now.
    pub audience: u64,
    /// Who asks.
    pub by: UserId,
    /// What they are called.
    pub by_name: &'a str,
}

/// Writes a request down.
///
/// # Errors
/// A unique violation of `approvals_one_in_force` when one of the broadcast is in force.
pub async fn insert(tx: &mut BotTx<'_>, new: New<'_>) -> QueryResult<()> {
    diesel::insert_into(approvals::table)
        .values((
            approvals::workspace_id.eq(tx.workspace),
            approvals::bot_id.eq(tx.bot),
            approvals::id.eq(new.id),
            approvals::broadcast_id.eq(new.broadcast),
            approvals::version.eq(jiff_diesel::Timestamp::from(new.version.moment())),
            approvals::audience.eq(i64::try_from(new.audience).unwrap_or(i64::MAX)),
            approvals::asked_by.eq(new.by),
            approvals::asked_by_name.eq(new.by_name),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// What became of a request, and by whom.
pub struct End<'a> {
    /// Where it stands from now on.
    pub state: State,
    /// Who did it.
    pub by: UserId,
    /// What they are called.
    pub by_name: &'a str,
    /// Why, if it was refused.
    pub reason: Option<&'a str>,
}

/// Writes down what became of a request.
pub async fn settle(tx: &mut BotTx<'_>, id: ApprovalId, end: End<'_>) -> QueryResult<()> {
    let one = approvals::table.find((tx.workspace, tx.bot, id));
    diesel::update(one)
        .set((
            approvals::state.eq(end.state),
            approvals::decided_by.eq(end.by),
            approvals::decided_by_name.eq(end.by_name),
            approvals::decided_at
                .eq(sql::<sql_types::Nullable<sql_types::Timestamptz>>("gannet_now()")),
            approvals::reason.eq(end.reason),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// The bound above which the transaction's workspace asks for a second person; none: never.
pub async fn above(tx: &mut impl TenantTx) -> QueryResult<Option<Above>> {
    let workspace = tx.workspace();
    let number: Option<i32> = workspaces::table
        .find(workspace)
        .select(workspaces::approval_above)
        .first(tx.conn())
        .await?;
    number
        .map(|number| Above::try_from(i64::from(number)))
        .transpose()
        .map_err(|err| diesel::result::Error::DeserializationError(err.into()))
}

/// Sets it. Gives what it was; nobody else changes it before the end of the transaction.
pub async fn set_above(tx: &mut WorkspaceTx<'_>, above: Option<Above>) -> QueryResult<Option<u32>> {
    let was: Option<i32> = workspaces::table
        .find(tx.workspace)
        .select(workspaces::approval_above)
        .for_update()
        .first(tx.conn)
        .await?;
    // The bound is no higher than ten million.
    let number = above.map(|above| i32::try_from(above.get()).unwrap_or(i32::MAX));
    diesel::update(workspaces::table.find(tx.workspace))
        .set(workspaces::approval_above.eq(number))
        .execute(tx.conn)
        .await?;
    Ok(was.and_then(|was| u32::try_from(was).ok()))
}
