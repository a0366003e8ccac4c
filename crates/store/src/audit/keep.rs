//! Looking after the log: months ahead, months that are over, and where the chains stand.

use diesel::{deserialize::QueryableByName, prelude::*, sql_query, sql_types as sql};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::ids::WorkspaceId;

use crate::SystemTx;

/// A transaction of the role that owns the audit log: makes and drops its months, and reads all of it.
pub struct KeeperTx<'c> {
    /// The connection.
    pub conn: &'c mut AsyncPgConnection,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql::BigInt)]
    n: i64,
}

/// Makes this month and the next `ahead` ones where they are missing. Gives how many were made.
pub async fn make_months(tx: &mut KeeperTx<'_>, ahead: i32) -> QueryResult<i64> {
    let made: Count = sql_query(
        "select count(*) filter (where audit_month(day::date)) as n
         from (select date_trunc('month', gannet_now() at time zone 'UTC')) as now (month),
              generate_series(now.month, now.month + make_interval(months => $1), interval '1 month') day",
    )
    .bind::<sql::Integer, _>(ahead)
    .get_result(tx.conn)
    .await?;
    Ok(made.n)
}

/// A part of the log whose every line is older than what is kept.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Month {
    /// The table. Only [`over`] makes one, from the catalogue.
    #[diesel(sql_type = sql::Text)]
    table: String,
    /// `2024-10`, or `rest` for lines of months that nobody had made.
    #[diesel(sql_type = sql::Text)]
    pub name: String,
}

/// The parts of the log that are over by `days`, the oldest first.
pub async fn over(tx: &mut KeeperTx<'_>, days: i32) -> QueryResult<Vec<Month>> {
    sql_query(
        "select relname::text as \"table\", replace(substr(relname, 11), '_', '-') as name
         from pg_inherits join pg_class c on c.oid = inhrelid
         where inhparent = 'audit_log'::regclass and relname ~ '^audit_log_[0-9]{4}_[0-9]{2}$'
           and (to_date(substr(relname, 11), 'YYYY_MM') + interval '1 month') at time zone 'UTC'
               <= gannet_now() - make_interval(days => $1)
         union all
         select 'audit_log_rest', 'rest' from audit_log_rest
         having max(at) < gannet_now() - make_interval(days => $1)
         order by 2",
    )
    .bind::<sql::Integer, _>(days)
    .load(tx.conn)
    .await
}

/// The end of a part of a workspace's chain.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Tail {
    /// Whose.
    #[diesel(sql_type = sql::Uuid)]
    pub workspace_id: WorkspaceId,
    /// Lines in it.
    #[diesel(sql_type = sql::BigInt)]
    pub lines: i64,
    /// Place of its last line; none when all its lines are older than the chain.
    #[diesel(sql_type = sql::Nullable<sql::BigInt>)]
    pub seq: Option<i64>,
    /// That line's mac.
    #[diesel(sql_type = sql::Nullable<sql::Bytea>)]
    pub mac: Option<Vec<u8>>,
    /// Lines of the workspace that are older than the chain and lie elsewhere.
    #[diesel(sql_type = sql::BigInt)]
    pub unchained_elsewhere: i64,
}

/// Where the chain of each workspace leaves `month`.
pub async fn tails(tx: &mut KeeperTx<'_>, month: &Month) -> QueryResult<Vec<Tail>> {
    let table = &month.table;
    sql_query(format!(
        "select t.workspace_id, t.lines, t.seq,
                (select m.mac from {table} m where m.workspace_id = t.workspace_id and m.seq = t.seq) as mac,
                (select count(*) from audit_log a
                 where a.workspace_id = t.workspace_id and a.seq is null) - t.unchained as unchained_elsewhere
         from (select workspace_id, count(*) as lines, max(seq) as seq, count(*) filter (where seq is null) as unchained
               from {table} group by workspace_id) t
         order by t.workspace_id"
    ))
    .load(tx.conn)
    .await
}

/// Drops `month` with all its lines.
pub async fn drop_month(tx: &mut KeeperTx<'_>, month: &Month) -> QueryResult<()> {
    sql_query(format!("drop table {}", month.table)).execute(tx.conn).await?;
    if month.name == "rest" {
        sql_query("select audit_rest()").execute(tx.conn).await?;
    }
    Ok(())
}

/// Where the chain of a workspace ends.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct End {
    /// Whose.
    #[diesel(sql_type = sql::Uuid)]
    pub workspace_id: WorkspaceId,
    /// Place of the last line.
    #[diesel(sql_type = sql::BigInt)]
    pub seq: i64,
    /// Its mac, 32 bytes.
    #[diesel(sql_type = sql::Bytea)]
    pub mac: Vec<u8>,
}

/// The ends of all chains, by workspace, of those after `after`. At most `limit`.
pub async fn ends(
    tx: &mut SystemTx<'_>,
    after: Option<WorkspaceId>,
    limit: i64,
) -> QueryResult<Vec<End>> {
    sql_query(
        "select workspace_id, seq, mac from audit_heads
         where seq > 0 and ($1 is null or workspace_id > $1) order by workspace_id limit $2",
    )
    .bind::<sql::Nullable<sql::Uuid>, _>(after)
    .bind::<sql::BigInt, _>(limit)
    .load(tx.conn)
    .await
}

/// Today by the database's clock (UTC), as `2026-11-26`.
pub async fn today(tx: &mut SystemTx<'_>) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Day {
        #[diesel(sql_type = sql::Text)]
        day: String,
    }
    let today: Day =
        sql_query("select to_char(gannet_now() at time zone 'UTC', 'YYYY-MM-DD') as day")
            .get_result(tx.conn)
            .await?;
    Ok(today.day)
}
