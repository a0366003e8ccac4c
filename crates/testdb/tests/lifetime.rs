//! The databases of tests come quickly, are apart, and go.

use testdb::TestDb;

#[tokio::test(flavor = "multi_thread")]
async fn each_test_has_a_database_of_its_own_with_the_schema_and_no_rows() {
    let (one, two) = tokio::join!(TestDb::new(), TestDb::new());
    assert_ne!(one.name(), two.name());
    one.tenant("acme").await;
    let count = "select count(*) from bots";
    let bots = |row: tokio_postgres::Row| row.get::<_, i64>(0);
    assert_eq!(one.superuser().await.query_one(count, &[]).await.map(bots).expect("counted"), 1);
    assert_eq!(two.superuser().await.query_one(count, &[]).await.map(bots).expect("counted"), 0);
}

#[tokio::test]
async fn a_database_goes_with_its_test_whoever_is_still_connected() {
    let keeper = TestDb::empty().await;
    let admin = keeper.superuser().await;
    let dropped = TestDb::new().await;
    let _still_connected = dropped.app().await;
    let name = dropped.name().to_owned();
    drop(dropped);
    let found = admin.query_opt("select from pg_database where datname = $1", &[&name]).await;
    assert!(found.expect("asked").is_none());
}

#[tokio::test]
async fn tests_run_as_roles_that_the_fence_holds() {
    let db = TestDb::new().await;
    for url in [db.app_url(), db.worker_url()] {
        assert_eq!(store::roles::too_powerful(&url).await.expect("asked"), None, "{url}");
    }
    let owner = store::roles::too_powerful(&db.owner_url()).await.expect("asked");
    assert!(owner.expect("the owner is").contains("owns the tables"));
    let superuser = store::roles::too_powerful(&db.superuser_url()).await.expect("asked");
    assert_eq!(superuser, Some("it is a superuser"));
}
