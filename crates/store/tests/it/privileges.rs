//! What the roles may not even ask for.

use testdb::TestDb;
use tokio_postgres::Client;

use crate::support::{is_forbidden, rows};

async fn refuses(client: &Client, statements: &[&str]) {
    for sql in statements {
        let refused = client.execute(*sql, &[]).await.expect_err(sql);
        assert!(is_forbidden(&refused), "{sql}: {refused:?}");
    }
}

async fn allows(client: &Client, statements: &[&str]) {
    for sql in statements {
        client.execute(*sql, &[]).await.unwrap_or_else(|err| panic!("{sql}: {err:?}"));
    }
}

#[tokio::test]
async fn requests_set_a_webhooks_secret_and_never_read_it() {
    let db = TestDb::new().await;
    db.tenant("acme").await;
    let app = db.app().await;
    refuses(
        &app,
        &[
            "select hook from directory",
            "select hook_hash from directory",
            "select * from directory",
            "select 1 from directory where hook = 'x'",
            "update directory set hook = 'x' returning hook_hash",
            "delete from directory",
        ],
    )
    .await;
    allows(&app, &["select slug, bot_id, workspace_id, api, telegram_id from directory"]).await;
}

#[tokio::test]
async fn requests_append_to_logs_and_change_nothing_in_them() {
    let db = TestDb::new().await;
    refuses(
        &db.app().await,
        &[
            "update deliveries set outcome = 'sent'",
            "delete from deliveries",
            "update audit_log set kind = 'x'",
            "delete from audit_log",
            "update account_log set kind = 'x'",
            "delete from account_log",
            "truncate deliveries",
            "truncate audit_log",
            "truncate account_log",
            "delete from audit_heads",
            "truncate audit_heads",
            "update audit_heads set unchained = 1",
            "update audit_heads set workspace_id = gen_random_uuid()",
            // What was asked for stays what it was.
            "update approvals set version = gannet_now()",
            "update approvals set asked_by = gen_random_uuid()",
            "delete from approvals",
        ],
    )
    .await;
}

#[tokio::test]
async fn requests_cannot_read_mail_or_remove_people_and_workspaces() {
    let db = TestDb::new().await;
    refuses(
        &db.app().await,
        &[
            "select recipient from mails",
            "select body_sealed from mails",
            "update mails set sent_at = now()",
            "delete from mails",
            "delete from users",
            "delete from workspaces",
            "delete from bots",
            "insert into leases (workspace_id, bot_id, kind, holder, epoch, until)
             values (gen_random_uuid(), gen_random_uuid(), 'send', gen_random_uuid(), 1, now())",
            "update jobs set run_at = now()",
        ],
    )
    .await;
}

#[tokio::test]
async fn the_worker_claims_work_and_reads_no_message_and_no_person() {
    let db = TestDb::new().await;
    let acme = db.tenant("acme").await;
    rows::fill(&db, acme.workspace, &acme.bot, &acme.owner).await;
    let worker = db.worker().await;
    refuses(
        &worker,
        &[
            "select body from updates",
            "select * from updates",
            "update updates set body = null",
            "select 1 from subscribers",
            "select source from broadcasts",
            "select message from broadcasts",
            "select author_name from broadcasts",
            "select * from broadcasts",
            "select zone, scheduled_by_name from broadcasts",
            "update broadcasts set status = 'done'",
            "update broadcasts set scheduled_at = now()",
            "select message from replies",
            "select chat_id from replies",
            "select chat_ids from broadcast_chunks",
            "select 1 from deliveries",
            "select 1 from bot_secrets",
            "select 1 from bot_permissions",
            "select 1 from test_recipients",
            "select 1 from approvals",
            "select joined_at from members",
            "select * from members",
            "select name from workspaces",
            "update workspaces set name = 'x'",
            "update users set closes_at = now()",
            "delete from members",
            "select 1 from audit_log",
            "select 1 from account_log",
            "select unchained from audit_heads",
            "update audit_heads set seq = 1",
            "insert into bots select * from bots",
            "update bots set name = 'x'",
            "update directory set hook = 'x'",
            "delete from workspaces",
            "update workspaces set closes_at = now()",
            "select remove_workspace()",
            "select move_bot(gen_random_uuid())",
        ],
    )
    .await;
    // Nor is an account that nobody closed.
    let early = worker.execute("delete from users", &[]).await.expect_err("too early");
    assert!(is_forbidden(&early), "{early:?}");
    // A bot that is connected is not the worker's to remove: the policy hides it from deletion.
    assert_eq!(worker.execute("delete from bots", &[]).await.expect("granted"), 0);
    allows(
        &worker,
        &[
            "select workspace_id, bot_id, update_id, received_at, applied_at from updates",
            "select workspace_id, bot_id, id, status, queued_at, scheduled_at from broadcasts",
            "select workspace_id, bot_id, id, attempted_at from replies",
            "select * from leases",
            "select * from jobs",
            "select * from directory",
            "select id, closes_at from workspaces",
            "select workspace_id, seq, mac from audit_heads",
        ],
    )
    .await;
}
