//! Logs tell what happened: nobody rewrites them, whoever they are.

use testdb::TestDb;

use crate::support::{is_forbidden, number, rows, texts};

const LOGS: [&str; 2] = ["audit_log", "account_log"];

#[tokio::test]
async fn logs_refuse_update_delete_and_truncate_even_for_their_owner() {
    let db = TestDb::new().await;
    let acme = db.tenant("acme").await;
    rows::fill(&db, acme.workspace, &acme.bot, &acme.owner).await;
    let superuser = db.superuser().await;
    superuser
        .batch_execute(
            "insert into account_log (id, user_id, kind, ip, user_agent, request_id)
             values (gen_random_uuid(), null, 'x', '192.0.2.1', 'test', 'test')",
        )
        .await
        .expect("written");

    let owner = db.owner().await;
    for log in LOGS {
        let before = texts(&superuser, &format!("select to_jsonb(t)::text from {log} t")).await;
        assert_eq!(before.len(), 1);
        for sql in [
            format!("update {log} set kind = 'y'"),
            format!("delete from {log}"),
            format!("truncate {log}"),
            format!("truncate {log} cascade"),
        ] {
            // The owner is held by the fence as well, and may meet no row to change.
            match owner.execute(&sql, &[]).await {
                Ok(changed) => assert_eq!(changed, 0, "{sql}"),
                Err(err) => assert!(is_forbidden(&err), "{sql}: {err:?}"),
            }
            let refused =
                superuser.execute(&sql, &[]).await.expect_err("a superuser sees every row");
            assert!(is_forbidden(&refused), "{sql}: {refused:?}");
        }
        assert_eq!(
            texts(&superuser, &format!("select to_jsonb(t)::text from {log} t")).await,
            before
        );
    }
}

#[tokio::test]
async fn a_log_outlives_the_bot_and_the_workspace_it_tells_of() {
    let db = TestDb::new().await;
    let acme = db.tenant("acme").await;
    rows::fill(&db, acme.workspace, &acme.bot, &acme.owner).await;
    let superuser = db.superuser().await;
    superuser.execute("delete from workspaces", &[]).await.expect("no log stands in the way");
    assert_eq!(number(&superuser, "select count(*) from bots").await, 0);
    assert_eq!(number(&superuser, "select count(*) from audit_log").await, 1);
}

#[tokio::test]
async fn the_owner_of_an_account_can_be_removed_and_the_log_keeps_its_lines() {
    let db = TestDb::new().await;
    let ada = db.person("ada").await;
    let superuser = db.superuser().await;
    superuser
        .execute(
            "insert into account_log (id, user_id, kind, ip, user_agent, request_id)
             values (gen_random_uuid(), $1, 'x', '192.0.2.1', 'test', 'test')",
            &[&ada.id.as_uuid()],
        )
        .await
        .expect("written");
    superuser.execute("delete from users", &[]).await.expect("no log stands in the way");
    assert_eq!(number(&superuser, "select count(*) from account_log").await, 1);
}
