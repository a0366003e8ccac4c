//! The months of the audit log: who may touch them, and how what was there before came into them.

use testdb::TestDb;

use crate::support::{is_forbidden, number, rows, shape, texts};

const UP: &str = include_str!("../../../../migrations/20261126000300_chain_the_audit_log/up.sql");
const DOWN: &str =
    include_str!("../../../../migrations/20261126000300_chain_the_audit_log/down.sql");

#[tokio::test]
async fn nobody_reaches_a_month_but_through_the_whole_log() {
    let db = TestDb::new().await;
    let acme = db.tenant("acme").await;
    rows::fill(&db, acme.workspace, &acme.bot, &acme.owner).await;
    let months = texts(
        &db.superuser().await,
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_log'::regclass",
    )
    .await;
    // Now, three ahead, and the rest; more once the template is a month old.
    assert!(months.len() >= 5, "{months:?}");
    for client in [db.app().await, db.worker().await] {
        for month in &months {
            for sql in [
                format!("select 1 from {month}"),
                format!("insert into {month} default values"),
                format!("update {month} set kind = 'x'"),
                format!("delete from {month}"),
                format!("truncate {month}"),
                format!("drop table {month}"),
                format!("alter table audit_log detach partition {month}"),
            ] {
                let refused = client.execute(&sql, &[]).await.expect_err(&sql);
                assert!(is_forbidden(&refused), "{sql}: {refused:?}");
            }
        }
        for sql in ["select audit_month(current_date)", "set role gannet_retention"] {
            let refused = client.execute(sql, &[]).await.expect_err(sql);
            assert!(is_forbidden(&refused), "{sql}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_month_refuses_change_even_to_a_superuser_and_its_keeper() {
    let db = TestDb::new().await;
    let acme = db.tenant("acme").await;
    rows::fill(&db, acme.workspace, &acme.bot, &acme.owner).await;
    let superuser = db.superuser().await;
    let month = texts(&superuser, "select tableoid::regclass::text from audit_log").await.remove(0);
    let keeper = db.owner().await;
    keeper.batch_execute("set role gannet_retention").await.expect("the owner may become it");
    assert_eq!(number(&keeper, "select count(*) from audit_log").await, 1, "it reads the log");
    for sql in [
        format!("update {month} set kind = 'y'"),
        format!("delete from {month}"),
        format!("truncate {month}"),
        "update audit_heads set seq = 1".to_owned(),
        "update audit_heads set seq = 0, mac = null".to_owned(),
        "delete from audit_heads".to_owned(),
        "truncate audit_heads".to_owned(),
    ] {
        let refused = superuser.execute(&sql, &[]).await.expect_err(&sql);
        assert!(is_forbidden(&refused), "{sql}: {refused:?}");
        // The fence holds the keeper too, who may meet no row to change.
        match keeper.execute(&sql, &[]).await {
            Ok(changed) => assert_eq!(changed, 0, "{sql}"),
            Err(err) => assert!(is_forbidden(&err), "{sql}: {err:?}"),
        }
    }
    assert_eq!(number(&superuser, "select count(*) from audit_log where kind = 'x'").await, 1);
}

#[tokio::test]
async fn a_line_of_a_month_that_nobody_made_finds_its_place_and_keeps_the_month_from_being_made() {
    let db = TestDb::new().await;
    let superuser = db.superuser().await;
    let line = "insert into audit_log (workspace_id, id, at, actor_name, kind, details)
        values (gen_random_uuid(), gen_random_uuid(), '2199-05-05', 'x', 'x', '{}')
        returning tableoid::regclass::text";
    assert_eq!(texts(&superuser, line).await, ["audit_log_rest"]);
    let make = |day: &str| format!("select audit_month('{day}')::text");
    assert_eq!(texts(&superuser, &make("2199-05-31")).await, ["false"]);
    assert_eq!(texts(&superuser, &make("2199-06-01")).await, ["true"]);
    assert_eq!(texts(&superuser, &make("2199-06-30")).await, ["false"], "it is there");
}

#[tokio::test]
async fn what_was_in_the_log_before_the_chain_is_carried_over_and_counted() {
    let db = TestDb::new().await;
    let superuser = db.superuser().await;
    let owner = db.owner().await;
    let step = async |sql: &str| {
        owner.batch_execute(&format!("begin; {sql} commit")).await.expect("the step runs");
    };
    let whole = shape::of(&superuser).await;
    step(DOWN).await;
    superuser
        .batch_execute(
            r#"insert into audit_log (workspace_id, id, at, actor_name, kind, details)
               select md5('w' || n % 2)::uuid, gen_random_uuid(), gannet_now() - n * interval '40 days', 'Ann',
                      'broadcast.sent', '{"kind": "broadcast.sent", "broadcast": "b1"}'
               from generate_series(0, 4) n"#,
        )
        .await
        .expect("lines of old");
    step(UP).await;
    let lines = "select count(*) from audit_log where seq is null and resource = 'b1'
                 and tableoid <> 'audit_log_rest'::regclass";
    assert_eq!(number(&superuser, lines).await, 5, "each in its month");
    let heads = "select unchained::text from audit_heads where seq = 0 order by 1";
    assert_eq!(texts(&superuser, heads).await, ["2", "3"]);
    step(DOWN).await;
    assert_eq!(number(&superuser, "select count(*) from audit_log").await, 5, "and back");
    superuser.batch_execute("alter table audit_log disable trigger all; delete from audit_log; alter table audit_log enable trigger all").await.expect("emptied");
    step(UP).await;
    shape::assert_same(&whole, &shape::of(&superuser).await, "down, up, down, up");
}
