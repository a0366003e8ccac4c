//! What a use case hears when the database refuses, restarts or is too busy.

use std::time::{Duration, Instant};

use diesel::sql_query;
use diesel_async::RunQueryDsl;
use domain::rights::Role;
use store::{Store, StoreError, WorkspaceScope, members};
use testdb::TestDb;
use tokio_postgres::Client;

async fn run(store: &Store, scope: &WorkspaceScope, sql: &str) -> Result<usize, StoreError> {
    store
        .workspace(scope, async |tx| Ok::<_, StoreError>(sql_query(sql).execute(tx.conn).await?))
        .await
}

/// As a restart does to everybody who is connected.
async fn cut_off(admin: &Client) {
    let sql = "select pg_terminate_backend(pid, 5000) from pg_stat_activity
               where datname = current_database() and usename = 'gannet_app'";
    let cut = admin.query(sql, &[]).await.expect("a superuser may");
    assert!(!cut.is_empty(), "somebody was connected");
}

#[tokio::test]
async fn a_refused_row_names_the_constraint() {
    let db = TestDb::new().await;
    let acme = db.tenant("acme").await;
    let (store, scope, owner) = (db.store(), acme.scope(), acme.owner.id);
    let twice = store
        .workspace(&scope, async |tx| {
            Ok::<_, StoreError>(members::add(tx, owner, Role::Admin).await?)
        })
        .await
        .expect_err("a member already");
    assert!(twice.is_refused_by("members_pkey"), "{twice:?}");
    assert!(!twice.is_refused_by("members_user_id_fkey"));

    let cases = [
        ("update workspaces set name = ''", "workspaces_name_check"),
        ("update bots set slug = 'Not A Slug'", "bots_slug_check"),
        (
            "insert into members (workspace_id, user_id, role) values (fence_workspace(), gen_random_uuid(), 'member')",
            "members_user_id_fkey",
        ),
    ];
    for (sql, constraint) in cases {
        let refused = run(&store, &scope, sql).await.expect_err(sql);
        assert!(refused.is_refused_by(constraint), "{sql}: {refused:?}");
    }
}

#[tokio::test]
async fn our_own_mistakes_are_told_from_the_databases_absence() {
    let db = TestDb::new().await;
    let (store, scope) = (db.store(), db.tenant("acme").await.scope());
    for sql in ["selekt", "select 1 / 0", "select * from nothing", "delete from users"] {
        let mistake = run(&store, &scope, sql).await.expect_err(sql);
        assert!(matches!(mistake, StoreError::Query(_)), "{sql}: {mistake:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_died_while_idle_is_replaced_unnoticed() {
    let db = TestDb::new().await;
    let (store, scope) = (db.store_with(2, 1), db.tenant("acme").await.scope());
    let admin = db.superuser().await;
    for _ in 0..5 {
        let (one, two) =
            tokio::join!(run(&store, &scope, "select 1"), run(&store, &scope, "select 1"));
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        cut_off(&admin).await;
    }
    run(&store, &scope, "select 1").await.expect("served");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_is_unavailable_and_the_next_request_is_served() {
    let db = TestDb::new().await;
    let (store, scope) = (db.store_with(1, 1), db.tenant("acme").await.scope());
    let admin = db.superuser().await;
    let broken = store
        .workspace(&scope, async |tx| {
            sql_query("update workspaces set name = 'half'").execute(tx.conn).await?;
            cut_off(&admin).await;
            Ok::<_, StoreError>(sql_query("select 1").execute(tx.conn).await?)
        })
        .await
        .expect_err("the connection is gone");
    assert!(matches!(broken, StoreError::Unavailable(_)), "{broken:?}");

    // Gone before the commit: the caller must not believe that it was written.
    let broken = store
        .workspace(&scope, async |tx| {
            sql_query("update workspaces set name = 'half'").execute(tx.conn).await?;
            cut_off(&admin).await;
            Ok::<_, StoreError>(())
        })
        .await
        .expect_err("nothing was committed");
    assert!(matches!(broken, StoreError::Unavailable(_)), "{broken:?}");

    let unchanged = "update workspaces set name = 'whole' where name = 'acme'";
    assert_eq!(run(&store, &scope, unchanged).await.expect("served again"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_unavailable_until_it_is_back() {
    let db = TestDb::new().await;
    let (store, scope) = (db.store(), db.tenant("acme").await.scope());
    run(&store, &scope, "select 1").await.expect("served");
    let (admin, elsewhere) = (db.superuser().await, TestDb::empty().await);
    let admin_elsewhere = elsewhere.superuser().await;
    let allow = |yes: bool| format!("alter database {} with allow_connections {yes}", db.name());

    admin_elsewhere.batch_execute(&allow(false)).await.expect("closed");
    cut_off(&admin).await;
    let began = Instant::now();
    for _ in 0..3 {
        let away = run(&store, &scope, "select 1").await.expect_err("closed");
        assert!(matches!(away, StoreError::Unavailable(_)), "{away:?}");
    }
    let waiting_each_time = Duration::from_secs(3 * 5);
    assert!(began.elapsed() < waiting_each_time, "said at once, not after the pool's timeout");

    admin_elsewhere.batch_execute(&allow(true)).await.expect("opened");
    run(&store, &scope, "select 1").await.expect("served again");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_too_long_is_unavailable() {
    let db = TestDb::new().await;
    let (store, scope) = (db.store(), db.tenant("acme").await.scope());
    let slow = run(&store, &scope, "select set_config('statement_timeout', '50ms', true)").await;
    slow.expect("set for one transaction, which is over");

    let late = store
        .workspace(&scope, async |tx| {
            sql_query("set local statement_timeout = '50ms'").execute(tx.conn).await?;
            Ok::<_, StoreError>(sql_query("select pg_sleep(10)").execute(tx.conn).await?)
        })
        .await
        .expect_err("too slow");
    assert!(matches!(late, StoreError::Unavailable(_)), "{late:?}");

    let holder = db.superuser().await;
    holder.batch_execute("begin; lock table workspaces").await.expect("locked");
    let blocked = store
        .workspace(&scope, async |tx| {
            sql_query("set local lock_timeout = '50ms'").execute(tx.conn).await?;
            Ok::<_, StoreError>(
                sql_query("update workspaces set name = 'x'").execute(tx.conn).await?,
            )
        })
        .await
        .expect_err("locked by another");
    assert!(matches!(blocked, StoreError::Unavailable(_)), "{blocked:?}");
    holder.batch_execute("rollback").await.expect("let go");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_in_full_use_answers_within_its_limit() {
    let db = TestDb::new().await;
    let (store, scope) = (db.store_with(1, 1), db.tenant("acme").await.scope());
    let (busy, busy_scope) = (store.clone(), scope.clone());
    let holder = tokio::spawn(async move { run(&busy, &busy_scope, "select pg_sleep(30)").await });
    while store.app_usage().0 == 0 {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    let refused = run(&store, &scope, "select 1").await.expect_err("no connection is free");
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(25), "not after the holder's thirty");
    holder.abort();
    run(&store, &scope, "select 1").await.expect("free again");
}
