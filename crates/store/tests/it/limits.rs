//! Section 3 of the promises, at the level where it is decided.

use domain::limit::Limit;
use futures::future::join_all;
use store::{
    Store, StoreError,
    limits::{self, Charge},
};
use testdb::TestDb;

const CLIENT: &str = "203.0.113.7";

async fn charge_as(store: &Store, limit: Limit, key: &str, client: &str) -> Charge {
    let charged = store.user(None, async |tx| {
        Ok::<_, StoreError>(limits::charge(tx, limit, key, Some(client)).await?)
    });
    charged.await.expect("charged")
}

async fn charge(store: &Store, limit: Limit, key: &str) -> Charge {
    charge_as(store, limit, key, CLIENT).await
}

fn served(charge: Charge) -> bool {
    matches!(charge, Charge::Served { .. })
}

/// The wait of a refusal.
fn wait(charge: Charge) -> u64 {
    match charge {
        Charge::Refused { retry_after_secs, .. } => retry_after_secs,
        Charge::Served { .. } => panic!("it was served"),
    }
}

/// Charges until the bucket goes over. Gives what was served.
async fn go_over(store: &Store, limit: Limit, key: &str, client: &str) -> u16 {
    for count in 0.. {
        match charge_as(store, limit, key, client).await {
            Charge::Served { .. } => {}
            Charge::Refused { tripped, .. } => {
                assert!(tripped, "the first refusal is the episode");
                return count;
            }
        }
    }
    unreachable!("it goes over in the end")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_serves_its_number_and_says_truly_when_the_next_will_be() {
    for limit in Limit::ALL {
        let db = TestDb::new().await;
        let (store, bounds) = (db.store(), limit.bounds());
        assert_eq!(go_over(&store, limit, "key", CLIENT).await, bounds.most, "{limit:?}");
        let wait = wait(charge(&store, limit, "key").await);
        let longest = bounds.lock.unwrap_or(bounds.within).as_secs();
        assert!((longest - 30..=longest).contains(&wait), "{limit:?}: {wait}");

        // Real time passes too, so the second before is looked at with a second in hand.
        store.shift_clock(wait as i64 - 2);
        assert!(!served(charge(&store, limit, "key").await), "{limit:?}: just before");
        store.shift_clock(wait as i64);
        assert!(served(charge(&store, limit, "key").await), "{limit:?}: at that second");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_at_once_never_more_than_the_limit_pass() {
    let db = TestDb::new().await;
    // Two instances: each has a store of its own.
    let stores = [db.store_with(8, 1), db.store_with(8, 1)];
    for limit in [Limit::Login, Limit::Register, Limit::Forgot] {
        let all = (0..100).map(|n| charge(&stores[n % 2], limit, "key"));
        let results = join_all(all).await;
        let count = results.iter().filter(|charge| served(**charge)).count();
        assert_eq!(count, usize::from(limit.bounds().most), "{limit:?}");
        let trips = results.iter().filter(|c| matches!(c, Charge::Refused { tripped: true, .. }));
        assert_eq!(trips.count(), 1, "{limit:?}: an episode is one moment");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_span_of_the_window_holds_more_than_the_limit() {
    let db = TestDb::new().await;
    let store = db.store();
    // Late in one window and early in the next: a counter that starts again would let both in.
    for (at, want) in [(0, true), (500, true), (590, true), (599, false), (601, true), (602, false)]
    {
        store.shift_clock(at);
        assert_eq!(served(charge(&store, Limit::Register, "key").await), want, "{at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_are_apart_and_a_lock_is_not_prolonged_by_trying() {
    let db = TestDb::new().await;
    let store = db.store();
    go_over(&store, Limit::Login, "one", CLIENT).await;
    assert!(served(charge(&store, Limit::Login, "two").await));
    assert!(served(charge(&store, Limit::SecondFactor, "one").await));
    for at in [300, 600, 890] {
        store.shift_clock(at);
        let left = wait(charge(&store, Limit::Login, "one").await);
        assert!(left <= 900 - at as u64, "{at}: {left}");
    }
    store.shift_clock(900);
    assert!(served(charge(&store, Limit::Login, "one").await));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_episode_within_a_day_shuts_a_client_out_for_an_hour() {
    let db = TestDb::new().await;
    let store = db.store();
    let refused = async |key: &str| match charge(&store, Limit::Login, key).await {
        Charge::Refused { retry_after_secs, blocked, .. } => (blocked, retry_after_secs),
        Charge::Served { .. } => panic!("{key} was served"),
    };
    go_over(&store, Limit::Login, "a", CLIENT).await;
    go_over(&store, Limit::Register, "b", CLIENT).await;
    assert!(!refused("a").await.0, "two are not three");
    store.shift_clock(20 * 60);
    go_over(&store, Limit::Reset, "c", CLIENT).await;
    let (blocked, wait) = refused("fresh").await;
    assert!(blocked && (3_570..=3_600).contains(&wait), "{wait}");
    assert!(served(charge_as(&store, Limit::Login, "other", "203.0.113.8").await));

    store.shift_clock(20 * 60 + 3_590);
    assert!(refused("fresh").await.0);
    store.shift_clock(20 * 60 + 3_602);
    assert!(served(charge(&store, Limit::Login, "fresh").await));
}

#[tokio::test(flavor = "multi_thread")]
async fn episodes_grow_old_are_forgiven_and_count_for_nobody_who_may_not_be_shut_out() {
    let db = TestDb::new().await;
    let store = db.store();
    let blocked = async || {
        let found =
            store.user(None, async |tx| Ok::<_, StoreError>(limits::blocked(tx, 10).await?));
        found.await.expect("found").into_iter().map(|block| block.client).collect::<Vec<_>>()
    };
    for (n, at) in [0, 3_600, 25 * 3_600].into_iter().enumerate() {
        store.shift_clock(at);
        go_over(&store, Limit::Register, &format!("old {n}"), CLIENT).await;
    }
    assert!(blocked().await.is_empty(), "the first was more than a day before");

    let forgive =
        store.user(None, async |tx| Ok::<_, StoreError>(limits::forgive(tx, CLIENT).await?));
    forgive.await.expect("forgiven");
    for n in 0..2 {
        go_over(&store, Limit::Register, &format!("new {n}"), CLIENT).await;
    }
    assert!(blocked().await.is_empty(), "a sign-in came between");
    // Whoever else may have filled the bucket: no episode of the one who finds it full.
    go_over(&store, Limit::Account, "somebody", CLIENT).await;
    go_over(&store, Limit::Forgot, "somebody", CLIENT).await;
    assert!(blocked().await.is_empty());
    go_over(&store, Limit::Register, "third", CLIENT).await;
    assert_eq!(blocked().await, [CLIENT]);

    let lifted = store.user(None, async |tx| {
        let lifted = (limits::lift(tx, CLIENT).await?, limits::lift(tx, CLIENT).await?);
        Ok::<_, StoreError>(lifted)
    });
    assert_eq!(lifted.await.expect("lifted"), (true, false));
    assert!(served(charge(&store, Limit::Login, "again").await));

    for n in 0..4 {
        let key = format!("proxy {n}");
        for _ in 0..=Limit::Register.bounds().most {
            let charged = store.user(None, async |tx| {
                Ok::<_, StoreError>(limits::charge(tx, Limit::Register, &key, None).await?)
            });
            charged.await.expect("charged");
        }
    }
    assert!(blocked().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_right_is_given_back() {
    let db = TestDb::new().await;
    let store = db.store();
    for _ in 0..50 {
        let Charge::Served { at } = charge(&store, Limit::Account, "ann").await else {
            panic!("it is given back each time");
        };
        let back = store.user(None, async |tx| {
            Ok::<_, StoreError>(limits::give_back(tx, Limit::Account, "ann", at).await?)
        });
        back.await.expect("given back");
    }
    assert_eq!(go_over(&store, Limit::Account, "ann", CLIENT).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_nothing_any_more_is_swept() {
    let db = TestDb::new().await;
    let store = db.store();
    go_over(&store, Limit::Register, "old", CLIENT).await;
    let rows = async || {
        let sql =
            "select (select count(*) from limit_buckets), (select count(*) from client_standings)";
        let row = db.superuser().await.query_one(sql, &[]).await.expect("counted");
        (row.get::<_, i64>(0), row.get::<_, i64>(1))
    };
    let sweep = async || {
        let swept =
            store.system("a test", async |tx| Ok::<_, StoreError>(limits::sweep(tx, 100).await?));
        swept.await.expect("swept");
    };
    sweep().await;
    assert_eq!(rows().await, (1, 1));
    store.shift_clock(601);
    sweep().await;
    assert_eq!(rows().await, (0, 1));
    store.shift_clock(24 * 3_600 + 1);
    sweep().await;
    assert_eq!(rows().await, (0, 0));
}
