//! Who owns which workspace, for those who look after the instance.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    ids::{UserId, WorkspaceId},
    rights::{Role, Stake},
};

use crate::{
    SystemTx, WorkspaceTx,
    accounts::GlobalTx,
    schema::{members, users, workspaces},
};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::Uuid)]
    id: WorkspaceId,
}

/// Workspaces without an owner whose account stays, and that are not about to go themselves, after `after`.
/// Whether anybody else works there is seen behind their own fence. At most `limit`.
pub async fn unowned(
    tx: &mut SystemTx<'_>,
    after: Option<WorkspaceId>,
    limit: i64,
) -> QueryResult<Vec<WorkspaceId>> {
    let rows: Vec<Row> = sql_query(
        "select w.id from workspaces w
         where w.closes_at is null and ($1 is null or w.id > $1)
           and not exists (select from members m join users u on u.id = m.user_id
                           where m.workspace_id = w.id and m.role = 'owner' and u.closes_at is null)
         order by w.id limit $2",
    )
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after)
    .bind::<sql_types::BigInt, _>(limit)
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// All workspaces after `after`, at most `limit`.
pub async fn all(
    tx: &mut SystemTx<'_>,
    after: Option<WorkspaceId>,
    limit: i64,
) -> QueryResult<Vec<WorkspaceId>> {
    let rows: Vec<Row> =
        sql_query("select id from workspaces where $1 is null or id > $1 order by id limit $2")
            .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after)
            .bind::<sql_types::BigInt, _>(limit)
            .load(tx.conn)
            .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// A workspace from outside.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// When it was founded.
    pub created_at: Timestamp,
    /// When it goes, if an owner wants it gone.
    pub closes_at: Option<Timestamp>,
}

/// The transaction's workspace; none when there is none.
pub async fn sheet(tx: &mut WorkspaceTx<'_>) -> QueryResult<Option<Sheet>> {
    type Columns = (String, jiff_diesel::Timestamp, Option<jiff_diesel::Timestamp>);
    let row: Option<Columns> = workspaces::table
        .find(tx.workspace)
        .select((workspaces::name, workspaces::created_at, workspaces::closes_at))
        .first(tx.conn)
        .await
        .optional()?;
    Ok(row.map(|(name, created_at, closes_at)| Sheet {
        name,
        created_at: created_at.to_jiff(),
        closes_at: closes_at.map(|at| at.to_jiff()),
    }))
}

/// Somebody who belongs to a workspace.
#[derive(Clone, Debug, Queryable)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// What they want to be called.
    pub name: String,
    /// Their address, as typed.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Their account is there; one that was closed goes within 30 days.
    pub stays: bool,
}

impl From<&Person> for Stake {
    fn from(person: &Person) -> Self {
        Self { role: person.role, stays: person.stays }
    }
}

/// Everybody in the transaction's workspace, the longest first.
pub async fn people(tx: &mut WorkspaceTx<'_>) -> QueryResult<Vec<Person>> {
    members::table
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::workspace_id.eq(tx.workspace))
        .order((members::joined_at, members::user_id))
        .select((users::id, users::name, users::email, members::role, users::closes_at.is_null()))
        .load(tx.conn)
        .await
}

/// The account of an address that was proved and that nobody has closed, by its key: who, and what they are
/// called.
pub async fn account(
    tx: &mut impl GlobalTx,
    key: &str,
) -> QueryResult<Option<(UserId, String, String)>> {
    users::table
        .filter(users::email_key.eq(key))
        .filter(users::verified_at.is_not_null())
        .filter(users::closes_at.is_null())
        .select((users::id, users::name, users::email))
        .first(tx.global())
        .await
        .optional()
}
