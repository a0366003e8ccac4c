//! What this instance is: the one row that outlives every process.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::{SystemTx, schema::instance};

/// The fingerprint of the root key that this database was begun with; none when no gannet has served it.
pub async fn begun_with(tx: &mut SystemTx<'_>) -> QueryResult<Option<String>> {
    instance::table.select(instance::root_fingerprint).first(tx.conn).await.optional()
}

/// The fingerprint of the root key that this database was begun with; `current` when it begins now.
pub async fn root_fingerprint(tx: &mut SystemTx<'_>, current: &str) -> QueryResult<String> {
    diesel::insert_into(instance::table)
        .values(instance::root_fingerprint.eq(current))
        .on_conflict_do_nothing()
        .execute(tx.conn)
        .await?;
    instance::table.select(instance::root_fingerprint).first(tx.conn).await
}
