//! Work for later: enqueued in the transaction that makes it true, claimed by lease, run outside any
//! transaction, finished by the lease's holder alone.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::ids::{BotId, InstanceId, JobId, WorkspaceId};
use uuid::Uuid;

use crate::{SystemTx, TenantTx, fixed::FixedText, schema::jobs};

/// How long a claimed job may run before another instance may claim it, in seconds.
pub const LEASE_SECS: u32 = 60;

/// One claimed job.
#[derive(Clone, Debug, QueryableByName)]
pub struct Job {
    /// Whose.
    #[diesel(sql_type = sql_types::Uuid)]
    pub workspace_id: WorkspaceId,
    /// Which.
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: JobId,
    /// Which bot's, if it is about one.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    pub bot_id: Option<BotId>,
    /// What is to be done.
    #[diesel(sql_type = sql_types::Text)]
    pub kind: String,
    /// With what.
    #[diesel(sql_type = sql_types::Jsonb)]
    pub payload: serde_json::Value,
    /// Which try this is, from 1.
    #[diesel(sql_type = sql_types::Integer)]
    pub attempts: i32,
}

/// Enqueues work of the transaction's tenant, to be run as soon as the transaction is committed.
pub async fn enqueue(
    tx: &mut impl TenantTx,
    kind: &str,
    payload: serde_json::Value,
) -> QueryResult<()> {
    let (workspace, bot) = (tx.workspace(), tx.bot());
    diesel::insert_into(jobs::table)
        .values((
            jobs::workspace_id.eq(workspace),
            jobs::id.eq(JobId::from(Uuid::now_v7())),
            jobs::bot_id.eq(bot),
            jobs::kind.eq(kind),
            jobs::payload.eq(payload),
        ))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Claims due jobs, the longest due first, at most `limit`.
pub async fn claim(tx: &mut SystemTx<'_>, holder: InstanceId, limit: i64) -> QueryResult<Vec<Job>> {
    sql_query(
        "update jobs j
         set holder = $1, leased_until = gannet_now() + make_interval(secs => $2), attempts = attempts + 1
         from (select workspace_id, id from jobs
               where failed_at is null and run_at <= gannet_now()
                 and (leased_until is null or leased_until <= gannet_now())
               order by run_at limit $3 for update skip locked) due
         where j.workspace_id = due.workspace_id and j.id = due.id
         returning j.workspace_id, j.id, j.bot_id, j.kind, j.payload, j.attempts",
    )
    .bind::<sql_types::Uuid, _>(holder)
    .bind::<sql_types::Double, _>(f64::from(LEASE_SECS))
    .bind::<sql_types::BigInt, _>(limit)
    .fixed()
    .load(tx.conn)
    .await
}

/// Of claimed jobs of this kind leaves one for each workspace, and removes all others that wait: what is done now
/// does for all that were enqueued before it began. Gives the claimed jobs that are left.
///
/// Not before, when they are enqueued: one that is there may be claimed, and done, before what the next one is
/// about is committed.
pub async fn merge(tx: &mut SystemTx<'_>, claimed: Vec<Job>, kind: &str) -> QueryResult<Vec<Job>> {
    let (of_kind, mut left): (Vec<_>, Vec<_>) =
        claimed.into_iter().partition(|job| job.kind == kind);
    let mut kept: Vec<Job> = Vec::new();
    let mut surplus = Vec::new();
    for job in of_kind {
        match kept.iter().any(|one| one.workspace_id == job.workspace_id) {
            true => surplus.push(job.id),
            false => kept.push(job),
        }
    }
    if !kept.is_empty() {
        let (workspaces, ids): (Vec<_>, Vec<_>) =
            kept.iter().map(|job| (job.workspace_id, job.id)).unzip();
        // Those that somebody else is about to claim are left to them.
        sql_query(
            "delete from jobs where (workspace_id, id) in (
                 select j.workspace_id, j.id
                 from jobs j join unnest($1, $2) as kept (workspace_id, id) on kept.workspace_id = j.workspace_id
                 where j.kind = $3 and j.id <> kept.id and j.failed_at is null
                   and (j.id = any ($4) or j.leased_until is null or j.leased_until <= gannet_now())
                 for update of j skip locked)",
        )
        .bind::<sql_types::Array<sql_types::Uuid>, _>(workspaces)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids)
        .bind::<sql_types::Text, _>(kind)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(surplus)
        .execute(tx.conn)
        .await?;
    }
    left.append(&mut kept);
    Ok(left)
}

/// The job is done. False: the lease was lost, and somebody else has it.
pub async fn finish(tx: &mut SystemTx<'_>, job: &Job, holder: InstanceId) -> QueryResult<bool> {
    let rows = diesel::delete(mine(job, holder)).execute(tx.conn).await?;
    Ok(rows == 1)
}

/// The job failed and is tried again after `delay_secs`.
pub async fn retry(
    tx: &mut SystemTx<'_>,
    job: &Job,
    holder: InstanceId,
    delay_secs: f64,
    error: &str,
) -> QueryResult<()> {
    sql_query(
        "update jobs set run_at = gannet_now() + make_interval(secs => $4), leased_until = null, last_error = $5
         where workspace_id = $1 and id = $2 and holder = $3",
    )
    .bind::<sql_types::Uuid, _>(job.workspace_id)
    .bind::<sql_types::Uuid, _>(job.id)
    .bind::<sql_types::Uuid, _>(holder)
    .bind::<sql_types::Double, _>(delay_secs)
    .bind::<sql_types::Text, _>(error)
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// The job is given up; its row stays for a person to look at.
pub async fn give_up(
    tx: &mut SystemTx<'_>,
    job: &Job,
    holder: InstanceId,
    error: &str,
) -> QueryResult<()> {
    diesel::update(mine(job, holder))
        .set((
            jobs::failed_at.eq(diesel::dsl::sql::<sql_types::Nullable<sql_types::Timestamptz>>(
                "gannet_now()",
            )),
            jobs::last_error.eq(error),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

#[diesel::dsl::auto_type]
fn mine<'j>(job: &'j Job, holder: InstanceId) -> _ {
    let workspace: WorkspaceId = job.workspace_id;
    let id: JobId = job.id;
    let holder: Option<InstanceId> = Some(holder);
    jobs::table
        .filter(jobs::workspace_id.eq(workspace))
        .filter(jobs::id.eq(id))
        .filter(jobs::holder.eq(holder))
}
