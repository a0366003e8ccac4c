//! People who may join a workspace: each once, within a week.

use std::collections::BTreeMap;

use diesel::{dsl::exists, prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    ids::{BotId, InvitationId, UserId},
    rights::{Right, Role},
};
use serde_json::Value;

use crate::{
    WorkspaceTx,
    schema::{invitations, workspaces},
};

/// What somebody may do with which bots once they have joined.
pub type Grants = BTreeMap<BotId, Vec<Right>>;

/// A new invitation.
pub struct New<'a> {
    /// Which.
    pub id: InvitationId,
    /// The address as it was typed and its key; none for whoever holds the link.
    pub email: Option<(&'a str, &'a str)>,
    /// As what.
    pub role: Role,
    /// For members.
    pub rights: &'a Grants,
    /// What stands for the link's secret.
    pub token_hash: [u8; 32],
    /// Who invites.
    pub by: UserId,
}

/// One that is open.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// The address as it was typed.
    pub email: Option<String>,
    /// Its key.
    pub email_key: Option<String>,
    /// As what.
    pub role: Role,
    /// For members.
    pub rights: Grants,
    /// Until when.
    pub expires_at: Timestamp,
}

#[derive(Queryable)]
struct Row {
    id: InvitationId,
    email: Option<String>,
    email_key: Option<String>,
    role: Role,
    rights: Value,
    expires_at: jiff_diesel::Timestamp,
}

impl From<Row> for Invitation {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            email: row.email,
            email_key: row.email_key,
            role: row.role,
            // What a newer version has written gives less, never more.
            rights: serde_json::from_value(row.rights).unwrap_or_default(),
            expires_at: row.expires_at.to_jiff(),
        }
    }
}

type Columns = (
    invitations::id,
    invitations::email,
    invitations::email_key,
    invitations::role,
    invitations::rights,
    invitations::expires_at,
);

const COLUMNS: Columns = (
    invitations::id,
    invitations::email,
    invitations::email_key,
    invitations::role,
    invitations::rights,
    invitations::expires_at,
);

/// Lets somebody join within a week, in the place of an earlier invitation of the same address; and
/// removes those that have run out.
pub async fn insert(tx: &mut WorkspaceTx<'_>, new: New<'_>) -> QueryResult<()> {
    sql_query(
        "with over as (
             delete from invitations
             where workspace_id = $1 and (expires_at <= gannet_now() or email_key = $4)
         )
         insert into invitations
             (workspace_id, id, email, email_key, role, rights, token_hash, invited_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, gannet_now() + interval '7 days')",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(new.id)
    .bind::<sql_types::Nullable<sql_types::Text>, _>(new.email.map(|(typed, _)| typed))
    .bind::<sql_types::Nullable<sql_types::Text>, _>(new.email.map(|(_, key)| key))
    .bind::<sql_types::Text, _>(new.role)
    .bind::<sql_types::Jsonb, _>(serde_json::to_value(new.rights).unwrap_or_default())
    .bind::<sql_types::Bytea, _>(&new.token_hash[..])
    .bind::<sql_types::Uuid, _>(new.by)
    .execute(tx.conn)
    .await
    .map(drop)
}

/// Those that are open, the newest first. At most 200.
pub async fn open(tx: &mut WorkspaceTx<'_>) -> QueryResult<Vec<Invitation>> {
    let rows: Vec<Row> = invitations::table
        .filter(invitations::workspace_id.eq(tx.workspace))
        .filter(in_force())
        .order((invitations::created_at.desc(), invitations::id))
        .limit(200)
        .select(COLUMNS)
        .load(tx.conn)
        .await?;
    Ok(rows.into_iter().map(Invitation::from).collect())
}

/// The open one of this secret, if there is one. Nobody joins a workspace that is about to go.
pub async fn by_token(
    tx: &mut WorkspaceTx<'_>,
    token_hash: &[u8; 32],
) -> QueryResult<Option<Invitation>> {
    let row: Option<Row> = invitations::table
        .filter(invitations::workspace_id.eq(tx.workspace))
        .filter(invitations::token_hash.eq(&token_hash[..]))
        .filter(in_force())
        .filter(exists(
            workspaces::table.find(tx.workspace).filter(workspaces::closes_at.is_null()),
        ))
        .select(COLUMNS)
        .first(tx.conn)
        .await
        .optional()?;
    Ok(row.map(Invitation::from))
}

/// Uses one up, or withdraws it. Of any number of calls at once one gets it.
pub async fn take(tx: &mut WorkspaceTx<'_>, id: InvitationId) -> QueryResult<Option<Invitation>> {
    let one = invitations::table.find((tx.workspace, id)).filter(in_force());
    let row: Option<Row> =
        diesel::delete(one).returning(COLUMNS).get_result(tx.conn).await.optional()?;
    Ok(row.map(Invitation::from))
}

fn in_force()
-> diesel::dsl::Gt<invitations::expires_at, diesel::expression::SqlLiteral<sql_types::Timestamptz>>
{
    invitations::expires_at.gt(diesel::dsl::sql::<sql_types::Timestamptz>("gannet_now()"))
}
