//! A workspace goes whole, on its day and not before, and leaves its log.

use domain::{
    audit::Event,
    ids::{UserId, WorkspaceId},
    rights::Role,
};
use store::{
    Store, StoreError, WorkspaceScope,
    audit::{self, Origin},
    endings::{self, Keeping},
};
use testdb::{Tenant, TestDb};

use crate::support::{number, rows, texts};

const DAY: i64 = 24 * 60 * 60;

async fn close(store: &Store, scope: &WorkspaceScope) -> bool {
    let closed = store.workspace(scope, async |tx| Ok::<_, StoreError>(endings::close(tx).await?));
    closed.await.expect("an answer").is_some()
}

async fn remove(store: &Store, scope: &WorkspaceScope) -> bool {
    let removed = store.workspace(scope, async |tx| {
        let gone = endings::remove(tx).await?;
        if gone {
            audit::record(tx, &Origin::system("test"), &Event::WorkspaceRemoved).await?;
        }
        Ok::<_, StoreError>(gone)
    });
    removed.await.expect("an answer")
}

async fn due(store: &Store) -> Vec<WorkspaceId> {
    let due = store.system("workspaces that are due, for a test", async |tx| {
        Ok::<_, StoreError>(endings::due(tx, None, 10).await?)
    });
    due.await.expect("an answer")
}

/// Two workspaces with a row of every kind; the bot of the first left long ago.
async fn two(db: &TestDb) -> (Tenant, Tenant) {
    let (acme, other) = (db.tenant("acme").await, db.tenant("other").await);
    for tenant in [&acme, &other] {
        rows::fill(db, tenant.workspace, &tenant.bot, &tenant.owner).await;
    }
    let left = format!(
        "update bots set disconnected_at = gannet_now() - interval '2 hours' where id = '{}'",
        acme.bot.id
    );
    db.superuser().await.batch_execute(&left).await.expect("left");
    (acme, other)
}

#[tokio::test]
async fn everything_of_a_workspace_goes_on_its_day_but_its_log() {
    let db = TestDb::new().await;
    let (acme, other) = two(&db).await;
    let (store, admin, scope) = (db.store(), db.superuser().await, acme.scope());
    let mine = format!("workspace_id = '{}'", acme.workspace);
    let left = async |of: &str| {
        let mut left = Vec::new();
        for table in rows::tenant_tables(&admin).await.into_iter().chain(["directory".to_owned()]) {
            if number(&admin, &format!("select count(*) from {table} where {of}")).await > 0 {
                left.push(table);
            }
        }
        left
    };
    let whole = left(&mine).await;
    assert!(whole.len() > 20, "a row of every kind: {whole:?}");

    assert!(!remove(&store, &scope).await, "nobody wants it gone");
    assert!(close(&store, &scope).await && !close(&store, &scope).await, "once");
    store.shift_clock(30 * DAY - 60);
    assert!(due(&store).await.is_empty() && !remove(&store, &scope).await, "a minute early");
    store.shift_clock(30 * DAY + 60);
    assert_eq!(due(&store).await, [acme.workspace]);
    assert!(!remove(&store, &other.scope()).await, "the fence says whose day it must be");
    assert_eq!(left(&mine).await, whole);

    assert!(remove(&store, &scope).await && !remove(&store, &scope).await, "once");
    assert_eq!(left(&mine).await, ["audit_heads", "audit_log"]);
    let ids = texts(&admin, "select id::text from workspaces").await;
    assert_eq!(ids, [other.workspace.to_string()]);
    let log = format!("select kind from audit_log where {mine} order by at, id");
    assert_eq!(texts(&admin, &log).await, ["x", "workspace.removed"]);
    let others = format!("workspace_id = '{}'", other.workspace);
    assert_eq!(left(&others).await, whole, "and nothing of anybody else's");
    assert!(due(&store).await.is_empty());
}

#[tokio::test]
async fn telegram_has_an_hour_to_hear_that_the_bots_left() {
    let db = TestDb::new().await;
    let (acme, _) = two(&db).await;
    let (store, admin, scope) = (db.store(), db.superuser().await, acme.scope());
    assert!(close(&store, &scope).await);
    store.shift_clock(31 * DAY);
    for (state, goes) in
        [("null", false), ("gannet_now() + interval '31 days' - interval '59 minutes'", false)]
    {
        let sql = format!("update bots set disconnected_at = {state} where id = '{}'", acme.bot.id);
        admin.batch_execute(&sql).await.expect("set");
        assert_eq!(remove(&store, &scope).await, goes, "{state}");
    }
    store.shift_clock(31 * DAY + 120);
    assert!(remove(&store, &scope).await);
}

#[tokio::test]
async fn whoever_keeps_it_in_time_keeps_it_whole_and_later_nobody_does() {
    let db = TestDb::new().await;
    let acme = db.tenant("acme").await;
    let (store, scope) = (db.store(), acme.scope());
    let keep = async || {
        let kept =
            store.workspace(&scope, async |tx| Ok::<_, StoreError>(endings::keep(tx).await?));
        kept.await.expect("an answer")
    };
    assert_eq!(keep().await, Keeping::AsItWas);
    assert!(close(&store, &scope).await);
    store.shift_clock(30 * DAY - 60);
    assert_eq!((keep().await, keep().await), (Keeping::Kept, Keeping::AsItWas));
    store.shift_clock(90 * DAY);
    assert!(due(&store).await.is_empty(), "it stays");
    assert!(close(&store, &scope).await);
    store.shift_clock(121 * DAY);
    assert_eq!(keep().await, Keeping::TooLate);
}

#[tokio::test]
async fn a_workspace_goes_with_the_last_of_its_owners_accounts() {
    let db = TestDb::new().await;
    let (acme, _) = two(&db).await;
    let second = db.person("second").await;
    db.member(acme.workspace, &second, Role::Owner).await;
    let (store, admin, scope) = (db.store(), db.superuser().await, acme.scope());
    let ends = async |who: UserId, when: &str| {
        let sql = format!("update users set closes_at = {when} where id = '{who}'");
        admin.batch_execute(&sql).await.expect("set");
    };
    ends(acme.owner.id, "gannet_now() - interval '1 hour'").await;
    assert!(due(&store).await.is_empty() && !remove(&store, &scope).await, "one is there");
    ends(second.id, "gannet_now() + interval '1 hour'").await;
    assert!(due(&store).await.is_empty() && !remove(&store, &scope).await, "and may come back");
    ends(second.id, "gannet_now() - interval '1 hour'").await;
    assert_eq!(due(&store).await, [acme.workspace]);
    ends(second.id, "null").await;
    assert!(!remove(&store, &scope).await, "whoever signs in at the last moment keeps it");
    ends(second.id, "gannet_now() - interval '1 hour'").await;
    assert!(remove(&store, &scope).await);
}
