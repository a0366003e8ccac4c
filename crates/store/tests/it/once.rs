//! What may be used once is used once, however many try at the same moment and wherever.

use domain::ids::UserId;
use futures::future::join_all;
use store::{Store, StoreError, accounts::resets, second_factors};
use testdb::TestDb;
use uuid::Uuid;

const AT_ONCE: u8 = 64;

/// Somebody with a second factor that is in force and one backup code, and a link to a new password.
async fn somebody(db: &TestDb) -> UserId {
    let user = UserId::from(Uuid::now_v7());
    let admin = db.superuser().await;
    let id = user.as_uuid();
    let rows = [
        "insert into users (id, email, email_key, name, password_hash)
         values ($1, 'ann@example.org', 'ann@example.org', 'Ann', '$2b$04$TEST')",
        "insert into second_factors (user_id, secret_sealed, confirmed_at, last_step)
         values ($1, decode(repeat('00', 64), 'hex'), gannet_now(), 41)",
        "insert into backup_codes (user_id, code_hash) values ($1, decode(repeat('01', 32), 'hex'))",
    ];
    for row in rows {
        admin.execute(row, &[&id]).await.expect(row);
    }
    user
}

/// How many of 64 transactions at once, on two instances, were told that it was theirs.
async fn winners(db: &TestDb, take: impl AsyncFn(Store) -> bool) -> usize {
    let stores = [db.store_with(16, 4), db.store_with(16, 4)];
    let uses = (0..AT_ONCE).map(|n| take(stores[usize::from(n % 2)].clone()));
    join_all(uses).await.into_iter().filter(|won| *won).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_uses_of_a_step_or_a_backup_code_one_succeeds() {
    let db = TestDb::new().await;
    let user = somebody(&db).await;
    let steps = winners(&db, async |store| {
        let used = store.user(Some(user), async |tx| {
            Ok::<_, StoreError>(second_factors::use_step(tx, user, 42).await?)
        });
        used.await.expect("an answer")
    });
    assert_eq!(steps.await, 1);
    let codes = winners(&db, async |store| {
        let used = store.user(Some(user), async |tx| {
            Ok::<_, StoreError>(second_factors::use_code(tx, user, &[1; 32]).await?)
        });
        used.await.expect("an answer")
    });
    assert_eq!(codes.await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_uses_of_a_link_one_succeeds() {
    let db = TestDb::new().await;
    let user = somebody(&db).await;
    let store = db.store();
    let issued = store.user(None, async |tx| {
        resets::issue(tx, &[7; 32], Some(user)).await?;
        Ok::<_, StoreError>(())
    });
    issued.await.expect("a link");
    let links = winners(&db, async |store| {
        let taken = store.user(Some(user), async |tx| {
            Ok::<_, StoreError>(resets::take(tx, &[7; 32]).await? == Some(user))
        });
        taken.await.expect("an answer")
    });
    assert_eq!(links.await, 1);
}
