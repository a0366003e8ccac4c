//! People close their browsers in the middle of everything.

use std::time::Duration;

use diesel::{QueryDsl, sql_query};
use diesel_async::RunQueryDsl;
use store::{BotScope, Store, StoreError, schema::subscribers};
use testdb::TestDb;
use tokio::{sync::oneshot, time::timeout};

use crate::support::{number, rows};

const CLIENTS: u32 = 1_000;

/// Longest anything here may take on a busy machine. The roles' own limits, which are shorter, are
/// switched off where they would help.
const LIMIT: Duration = Duration::from_secs(30);

/// A request that locks a row, writes another, says so, and would never end by itself.
async fn endless(
    store: Store,
    scope: BotScope,
    chat: u32,
    locked: oneshot::Sender<()>,
) -> Result<(), StoreError> {
    store
        .bot(&scope, async |tx| {
            sql_query("update subscribers set name = name || '!' where chat_id = 7")
                .execute(tx.conn)
                .await?;
            sql_query(format!(
                "insert into subscribers (workspace_id, bot_id, chat_id, name, status)
                 values ('{}', '{}', {chat}, 'Bob', 'active')",
                tx.workspace, tx.bot
            ))
            .execute(tx.conn)
            .await?;
            let _ = locked.send(());
            sql_query("select pg_sleep(60)").execute(tx.conn).await?;
            Ok(())
        })
        .await
}

/// A request that sees what it should and can lock what it must.
async fn orderly(store: &Store, scope: &BotScope) {
    let seen: Vec<(uuid::Uuid, i64, String)> = store
        .bot(scope, async |tx| {
            sql_query("update subscribers set name = name where chat_id = 7")
                .execute(tx.conn)
                .await?;
            let columns = (subscribers::bot_id, subscribers::chat_id, subscribers::name);
            Ok::<_, StoreError>(subscribers::table.select(columns).load(tx.conn).await?)
        })
        .await
        .expect("the next request is served");
    assert_eq!(seen, [(scope.bot.as_uuid(), 7, "Ada".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_abandoned_transactions_leave_nothing_for_the_next_tenant() {
    let db = TestDb::new().await;
    let tenants = [db.tenant("acme").await, db.tenant("mallory").await];
    for tenant in &tenants {
        rows::fill(&db, tenant.workspace, &tenant.bot, &tenant.owner).await;
    }
    let [acme, mallory] = tenants.map(|tenant| tenant.bot_scope());
    // The server would notice by itself after some seconds that a client is gone. Here it must be told.
    let admin = db.superuser().await;
    // Nor does it give up waiting: the pool's own limit of 5 s for a connection would be the next.
    let patient = "alter role gannet_app in database DB set client_connection_check_interval = 0;
                   alter role gannet_app in database DB set lock_timeout = 0;
                   alter role gannet_app in database DB set statement_timeout = 0;";
    admin.batch_execute(&patient.replace("DB", db.name())).await.expect("set");

    let store = db.store_with(1, 1);
    for n in 0..CLIENTS {
        let (gone, next) = if n % 2 == 0 { (&acme, &mallory) } else { (&mallory, &acme) };
        let (locked, is_locked) = oneshot::channel();
        let client = tokio::spawn(endless(store.clone(), gone.clone(), 1_000 + n, locked));
        // Most hang up while the server works; some anywhere on the way there.
        match n % 4 {
            0 => tokio::time::sleep(Duration::from_micros(u64::from(n) * 13 % 5_000)).await,
            _ => timeout(LIMIT, is_locked).await.expect("in time").expect("no request fails"),
        }
        client.abort();
        timeout(LIMIT, orderly(&store, next)).await.expect("nobody waits for one who is gone");
    }
    for scope in [&acme, &mallory] {
        timeout(LIMIT, orderly(&store, scope)).await.expect("no row stays locked");
    }

    // What was asked to be cancelled may take a moment to end.
    let open = "select count(*) from pg_stat_activity a
                where datname = current_database() and usename = 'gannet_app'
                  and (state <> 'idle' or exists (select from pg_locks l where l.pid = a.pid))";
    let ended = async {
        while number(&admin, open).await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LIMIT, ended).await.expect("no transaction stays open");
    assert_eq!(
        number(&admin, "select count(*) from subscribers").await,
        2,
        "nothing half done was kept"
    );
    let (_, connections, _) = store.app_usage();
    assert!(connections <= 1, "{connections} connections where one is allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_fails_or_panics_gives_its_connection_back_clean() {
    let db = TestDb::new().await;
    let acme = db.tenant("acme").await;
    rows::fill(&db, acme.workspace, &acme.bot, &acme.owner).await;
    let (store, scope) = (db.store_with(1, 1), acme.bot_scope());
    for panics in [false, true] {
        let (store, scope) = (store.clone(), scope.clone());
        let request = tokio::spawn(async move {
            store
                .bot(&scope, async |tx| {
                    sql_query("update subscribers set name = 'Eve'").execute(tx.conn).await?;
                    assert!(!panics, "as a handler might");
                    sql_query("select 1 / 0").execute(tx.conn).await?;
                    Ok::<_, StoreError>(())
                })
                .await
        });
        match request.await {
            Ok(result) => assert!(matches!(result, Err(StoreError::Query(_))), "{result:?}"),
            Err(join) => assert!(join.is_panic()),
        }
    }
    timeout(LIMIT, orderly(&store, &scope)).await.expect("nothing is held");
}
