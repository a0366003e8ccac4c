//! What several tests need.

pub mod rows;
pub mod rules;
pub mod shape;

use tokio_postgres::{Client, Error, error::SqlState};

/// One column of text of every row.
pub async fn texts(client: &Client, sql: &str) -> Vec<String> {
    let rows = client.query(sql, &[]).await.unwrap_or_else(|err| panic!("{sql}: {err:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// The one number that `sql` asks for.
pub async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap_or_else(|err| panic!("{sql}: {err:?}")).get(0)
}

/// Whether the server refused for want of a privilege, or because the row is outside the fence.
pub fn is_forbidden(err: &Error) -> bool {
    err.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
}
