//! Whose Stripe's customers are.

use diesel::{prelude::*, sql_query, sql_types as sql};
use diesel_async::RunQueryDsl;
use domain::ids::WorkspaceId;

use crate::SystemTx;

/// How long whoever claims a customer has to compare them with Stripe, in seconds.
const LEASE_SECS: f64 = 120.0;

#[derive(QueryableByName)]
struct Whose {
    #[diesel(sql_type = sql::Uuid)]
    workspace_id: WorkspaceId,
}

/// Notes whose a customer is. A workspace has one in each of Stripe's two worlds; the newer one stays.
pub async fn put(
    tx: &mut SystemTx<'_>,
    customer: &str,
    workspace: WorkspaceId,
    live: bool,
) -> QueryResult<()> {
    sql_query(
        "insert into stripe_customers (customer_id, workspace_id, livemode, look_at)
             values ($1, $2, $3, gannet_now() + interval '1 day')
         on conflict (workspace_id, livemode) do update set customer_id = excluded.customer_id",
    )
    .bind::<sql::Text, _>(customer)
    .bind::<sql::Uuid, _>(workspace)
    .bind::<sql::Bool, _>(live)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Whose a customer is.
pub async fn workspace(
    tx: &mut SystemTx<'_>,
    customer: &str,
    live: bool,
) -> QueryResult<Option<WorkspaceId>> {
    let whose: Option<Whose> = sql_query(
        "select workspace_id from stripe_customers where customer_id = $1 and livemode = $2",
    )
    .bind::<sql::Text, _>(customer)
    .bind::<sql::Bool, _>(live)
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(whose.map(|whose| whose.workspace_id))
}

/// Claims workspaces that are to be compared with Stripe, the longest due first, at most `limit`.
pub async fn claim_due(
    tx: &mut SystemTx<'_>,
    live: bool,
    limit: i64,
) -> QueryResult<Vec<WorkspaceId>> {
    let rows: Vec<Whose> = sql_query(
        "update stripe_customers c set look_at = gannet_now() + make_interval(secs => $2)
         from (select customer_id from stripe_customers where livemode = $1 and look_at <= gannet_now()
               order by look_at limit $3 for update skip locked) due
         where c.customer_id = due.customer_id returning c.workspace_id",
    )
    .bind::<sql::Bool, _>(live)
    .bind::<sql::Double, _>(LEASE_SECS)
    .bind::<sql::BigInt, _>(limit)
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.workspace_id).collect())
}

/// Says when a workspace is compared with Stripe again, in seconds from now.
pub async fn look_again(
    tx: &mut SystemTx<'_>,
    workspace: WorkspaceId,
    live: bool,
    in_secs: f64,
) -> QueryResult<()> {
    sql_query(
        "update stripe_customers set look_at = gannet_now() + make_interval(secs => $3)
         where workspace_id = $1 and livemode = $2",
    )
    .bind::<sql::Uuid, _>(workspace)
    .bind::<sql::Bool, _>(live)
    .bind::<sql::Double, _>(in_secs)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// All workspaces that have a customer, by id, behind `after`, at most `limit`.
pub async fn page(
    tx: &mut SystemTx<'_>,
    live: bool,
    after: Option<WorkspaceId>,
    limit: i64,
) -> QueryResult<Vec<WorkspaceId>> {
    let rows: Vec<Whose> = sql_query(
        "select workspace_id from stripe_customers
         where livemode = $1 and ($2::uuid is null or workspace_id > $2) order by workspace_id limit $3",
    )
    .bind::<sql::Bool, _>(live)
    .bind::<sql::Nullable<sql::Uuid>, _>(after)
    .bind::<sql::BigInt, _>(limit)
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.workspace_id).collect())
}
