//! `src/schema.rs` is what diesel believes of the database.

use std::{fs, path::Path};

use testdb::TestDb;

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "a switch of this test, not a setting of the product")]
async fn the_schema_file_is_the_database() {
    let db = TestDb::new().await;
    let want = testdb::schema::render(&db.superuser().await).await.expect("rendered");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema.rs");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &want).expect("written");
    }
    let is = fs::read_to_string(&path).expect("read");
    let differing = is.lines().zip(want.lines()).find(|(is, want)| is != want);
    assert!(
        is == want,
        "schema.rs is not what the migrations make ({differing:?}): UPDATE_SCHEMA=1 rewrites it"
    );
}
