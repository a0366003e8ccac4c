//! What a workspace is told about its plan.

use diesel::{prelude::*, sql_query, sql_types as sql};
use diesel_async::RunQueryDsl;
use domain::billing::notice::Notice;

use crate::WorkspaceTx;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql::Text)]
    kind: String,
    #[diesel(sql_type = sql::Text)]
    about: String,
}

/// Makes `holding` what the workspace is told. Gives what it was not told before.
pub async fn settle(tx: &mut WorkspaceTx<'_>, holding: &[Notice]) -> QueryResult<Vec<Notice>> {
    let kinds: Vec<&str> = holding.iter().map(|notice| notice.kind.as_str()).collect();
    let abouts: Vec<&str> = holding.iter().map(|notice| notice.about.as_str()).collect();
    sql_query(
        "delete from billing_notices where workspace_id = $1
         and (kind, about) not in (select kind, about from unnest($2, $3) as holding (kind, about))",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Array<sql::Text>, _>(&kinds)
    .bind::<sql::Array<sql::Text>, _>(&abouts)
    .execute(tx.conn)
    .await?;
    let new: Vec<Row> = sql_query(
        "insert into billing_notices (workspace_id, kind, about)
         select $1, kind, about from unnest($2, $3) as holding (kind, about)
         on conflict do nothing returning kind, about",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Array<sql::Text>, _>(&kinds)
    .bind::<sql::Array<sql::Text>, _>(&abouts)
    .load(tx.conn)
    .await?;
    Ok(new.into_iter().filter_map(notice).collect())
}

/// What the workspace is told now.
pub async fn holding(tx: &mut WorkspaceTx<'_>) -> QueryResult<Vec<Notice>> {
    let rows: Vec<Row> = sql_query(
        "select kind, about from billing_notices where workspace_id = $1 order by kind, about",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .load(tx.conn)
    .await?;
    Ok(rows.into_iter().filter_map(notice).collect())
}

/// A kind of another version is none.
fn notice(row: Row) -> Option<Notice> {
    Some(Notice { kind: row.kind.parse().ok()?, about: row.about })
}
