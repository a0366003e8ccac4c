//! Reading whole chains, to verify them.

use diesel::{deserialize::QueryableByName, prelude::*, sql_query, sql_types as sql};
use diesel_async::RunQueryDsl;
use domain::ids::{AuditId, WorkspaceId};

use super::{chain::Row, keep::KeeperTx};

/// A line with its link.
#[derive(Clone, Debug, QueryableByName)]
pub struct Linked {
    /// Its place.
    #[diesel(sql_type = sql::BigInt)]
    pub seq: i64,
    /// The link.
    #[diesel(sql_type = sql::Bytea)]
    pub mac: Vec<u8>,
    /// Root version of its key.
    #[diesel(sql_type = sql::Integer)]
    pub key_version: i32,
    /// The line.
    #[diesel(embed)]
    pub row: Row,
}

/// What the database says of where a chain stands.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Head {
    /// Place of the last line; 0 before the first.
    #[diesel(sql_type = sql::BigInt)]
    pub seq: i64,
    /// Its mac.
    #[diesel(sql_type = sql::Nullable<sql::Bytea>)]
    pub mac: Option<Vec<u8>>,
    /// Lines that were there before the chain began.
    #[diesel(sql_type = sql::BigInt)]
    pub unchained: i64,
}

#[derive(QueryableByName)]
struct Whose {
    #[diesel(sql_type = sql::Uuid)]
    workspace_id: WorkspaceId,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql::BigInt)]
    n: i64,
}

/// Every workspace that has a chain or a line.
pub async fn workspaces(tx: &mut KeeperTx<'_>) -> QueryResult<Vec<WorkspaceId>> {
    let rows: Vec<Whose> = sql_query(
        "select workspace_id from audit_heads union select workspace_id from audit_log order by 1",
    )
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.workspace_id).collect())
}

/// Where the chain of `workspace` stands.
pub async fn head(tx: &mut KeeperTx<'_>, workspace: WorkspaceId) -> QueryResult<Option<Head>> {
    sql_query("select seq, mac, unchained from audit_heads where workspace_id = $1")
        .bind::<sql::Uuid, _>(workspace)
        .get_result(tx.conn)
        .await
        .optional()
}

/// Lines of `workspace` without a place in its chain.
pub async fn unchained(tx: &mut KeeperTx<'_>, workspace: WorkspaceId) -> QueryResult<i64> {
    let count: Count =
        sql_query("select count(*) as n from audit_log where workspace_id = $1 and seq is null")
            .bind::<sql::Uuid, _>(workspace)
            .get_result(tx.conn)
            .await?;
    Ok(count.n)
}

/// Lines of the chain of `workspace` by place and id, of those after `after`. At most `limit`.
pub async fn lines(
    tx: &mut KeeperTx<'_>,
    workspace: WorkspaceId,
    after: (i64, AuditId),
    limit: i64,
) -> QueryResult<Vec<Linked>> {
    sql_query(
        "select seq, mac, key_version, workspace_id as workspace, id,
                (extract(epoch from at) * 1000000)::bigint as at_micros, bot_id, bot_slug, actor_id,
                actor_name, kind, resource, details::text as details, ip, user_agent, sealed, request_id
         from audit_log
         where workspace_id = $1 and seq is not null and seq >= $2 and (seq, id) > ($2, $3)
         order by seq, id limit $4",
    )
    .bind::<sql::Uuid, _>(workspace)
    .bind::<sql::BigInt, _>(after.0)
    .bind::<sql::Uuid, _>(after.1)
    .bind::<sql::BigInt, _>(limit)
    .load(tx.conn)
    .await
}
