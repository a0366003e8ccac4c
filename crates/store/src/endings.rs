//! Workspaces that are to go: 30 days in which an owner can keep them, and then nothing is left but the log.

use diesel::{dsl::exists, prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{Timestamp, ids::WorkspaceId};

use crate::{SystemTx, WorkspaceTx, schema::workspaces};

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = sql_types::Bool)]
    yes: bool,
}

/// Sets the day on which the transaction's workspace goes, 30 days from now. None when one is set already.
pub async fn close(tx: &mut WorkspaceTx<'_>) -> QueryResult<Option<Timestamp>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Timestamptz)]
        closes_at: jiff_diesel::Timestamp,
    }
    let row: Option<Row> = sql_query(
        "update workspaces set closes_at = gannet_now() + interval '30 days'
         where id = $1 and closes_at is null returning closes_at",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(row.map(|row| row.closes_at.to_jiff()))
}

/// What came of the wish to keep a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It was to go, and stays.
    Kept,
    /// Nobody wants it gone (any more).
    AsItWas,
    /// Its day has come.
    TooLate,
}

/// Keeps the transaction's workspace.
pub async fn keep(tx: &mut WorkspaceTx<'_>) -> QueryResult<Keeping> {
    let kept = sql_query(
        "update workspaces set closes_at = null where id = $1 and closes_at > gannet_now()",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .execute(tx.conn)
    .await?;
    if kept == 1 {
        return Ok(Keeping::Kept);
    }
    // Nobody else is at it: the caller has locked the roll.
    let stays = workspaces::table.find(tx.workspace).filter(workspaces::closes_at.is_null());
    let stays: bool = diesel::select(exists(stays)).get_result(tx.conn).await?;
    Ok(if stays { Keeping::AsItWas } else { Keeping::TooLate })
}

/// Workspaces whose day has come: the one that an owner set, or that of all their owners' accounts. By id, those
/// behind `after`, at most `limit`.
pub async fn due(
    tx: &mut SystemTx<'_>,
    after: Option<WorkspaceId>,
    limit: i64,
) -> QueryResult<Vec<WorkspaceId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        id: WorkspaceId,
    }
    let rows: Vec<Row> = sql_query(
        "select id from (
         select id from workspaces where closes_at <= gannet_now()
         union
         select m.workspace_id as id from members m join users u on u.id = m.user_id
         where m.role = 'owner' and u.closes_at <= gannet_now()
           and not exists (select from members o join users k on k.id = o.user_id
                           where o.workspace_id = m.workspace_id and o.role = 'owner'
                             and coalesce(k.closes_at, 'infinity') > gannet_now())
         ) due where $2::uuid is null or id > $2
         order by id limit $1",
    )
    .bind::<sql_types::BigInt, _>(limit)
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after)
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// All workspaces, by id, those behind `after`, at most `limit`.
pub async fn all(
    tx: &mut SystemTx<'_>,
    after: Option<WorkspaceId>,
    limit: i64,
) -> QueryResult<Vec<WorkspaceId>> {
    let all =
        workspaces::table.select(workspaces::id).order(workspaces::id).limit(limit).into_boxed();
    let all = match after {
        Some(after) => all.filter(workspaces::id.gt(after)),
        None => all,
    };
    all.load(tx.conn).await
}

/// Whether the transaction's workspace is about to go: an owner wants that, or all its owners' accounts are closing.
pub async fn is_going(tx: &mut WorkspaceTx<'_>) -> QueryResult<bool> {
    let goes: Answer = sql_query(
        "select exists (select from workspaces where id = $1 and closes_at is not null)
                or not exists (select from members m join users u on u.id = m.user_id
                               where m.workspace_id = $1 and m.role = 'owner' and u.closes_at is null) as yes",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .get_result(tx.conn)
    .await?;
    Ok(goes.yes)
}

/// Whether the transaction's workspace goes with the accounts of its owners, whose day has come.
pub async fn goes_with_its_owners(tx: &mut WorkspaceTx<'_>) -> QueryResult<bool> {
    let goes: Answer = sql_query(
        "select count(*) > 0 and count(*) filter (where coalesce(u.closes_at, 'infinity') > gannet_now()) = 0 as yes
         from members m join users u on u.id = m.user_id
         where m.workspace_id = $1 and m.role = 'owner'",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .get_result(tx.conn)
    .await?;
    Ok(goes.yes)
}

/// Removes the transaction's workspace with everything in it, if its day has come and Telegram was given an
/// hour to hear that its bots left. The database itself judges that, whoever asks. False: not yet, or it is
/// gone.
pub async fn remove(tx: &mut WorkspaceTx<'_>) -> QueryResult<bool> {
    // Requests may not take long, and a big workspace does.
    sql_query("set local statement_timeout = 0").execute(tx.conn).await?;
    let removed: Answer = sql_query("select remove_workspace() as yes").get_result(tx.conn).await?;
    Ok(removed.yes)
}
