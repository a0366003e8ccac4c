//! An answer arrives once, whatever holds it up.

use std::time::{Duration, Instant};

use contract::broadcasts::BroadcastsApi;
use domain::broadcast::Status;
use sim::{Fault, Trouble, person_id};

use crate::rig::{Engine, Rig};

fn people(count: u32) -> Vec<i64> {
    (0..count).map(|index| person_id(1, index)).collect()
}

/// The next request meets a 429.
fn slow_down(rig: &Rig, retry_after: u64) {
    rig.sim.add_fault(Fault { count: Some(1), ..Fault::new(Trouble::TooMany { retry_after }) });
}

async fn until_no_fault_is_left(rig: &Rig) {
    while rig.sim.faults().iter().any(|listed| listed.fault.count != Some(0)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Everybody has exactly one message, and none waits.
async fn assert_all_answered(rig: &Rig, count: usize) {
    rig.until_accepted(count).await;
    for _ in 0..200 {
        if rig.texts("select id from replies").await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!((stats.accepted, stats.chats, stats.most_in_one_chat), (count, count, 1));
    assert!(rig.texts("select id from replies").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_outlast_a_429_that_is_longer_than_a_lease() {
    let rig = Rig::new(12, 1_000).await;
    slow_down(&rig, 17);
    rig.answer(&people(12)).await;
    let engine = Engine::start(&rig.svc);
    assert_all_answered(&rig, 12).await;
    engine.stop().await;
    assert_eq!(
        rig.texts("select max(epoch) from leases where kind = 'send'").await,
        ["1"],
        "the lease was kept all the while"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_during_a_long_429_is_quick_and_loses_no_answer() {
    let rig = Rig::new(8, 1_000).await;
    slow_down(&rig, 60);
    rig.answer(&people(8)).await;
    let engine = Engine::start(&rig.svc);
    until_no_fault_is_left(&rig).await;
    let began = Instant::now();
    engine.stop().await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());

    // Another process knows nothing of the 429, and Telegram does not insist.
    let engine = Engine::start(&rig.another_instance());
    assert_all_answered(&rig, 8).await;
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_wait_for_a_telegram_that_cannot_be_reached() {
    let rig = Rig::new(4, 1_000).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = nobody.local_addr().expect("an address");
    drop(nobody);
    let mut away = rig.another_instance();
    let mut settings = (*away.settings).clone();
    settings.telegram =
        adapters::telegram::ApiBase::parse(&format!("http://{address}")).expect("a base");
    away.settings = settings.into();
    rig.answer(&people(4)).await;
    let engine = Engine::start(&away);
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(rig.texts("select count(*) from replies").await, ["4"]);
    engine.stop().await;

    let engine = Engine::start(&rig.svc);
    assert_all_answered(&rig, 4).await;
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_error_holds_answers_up_and_ends_nothing() {
    let rig = Rig::new(300, 60).await;
    let admin = rig.db.superuser().await;
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    rig.until(id, |_, tally| tally.sent >= 10).await;

    admin
        .batch_execute(
            "create function fail() returns trigger language plpgsql as
                 $$ begin raise exception 'no luck today'; end $$;
             create trigger fail before update on replies for each row execute function fail()",
        )
        .await
        .expect("a broken table");
    let strangers: Vec<i64> = (0..3).map(|index| person_id(2, index)).collect();
    rig.sim
        .people(
            rig.telegram_bot,
            sim::Script { count: 3, quiet: true, seed: 2, ..sim::Script::default() },
        )
        .expect("people");
    rig.answer(&strangers).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    admin.batch_execute("drop trigger fail on replies").await.expect("mended");
    for _ in 0..100 {
        if rig.texts("select id from replies").await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(rig.texts("select id from replies").await.is_empty());
    let got = rig.sim.per_chat(rig.telegram_bot).expect("chats");
    assert!(strangers.iter().all(|chat| got.get(chat) == Some(&1)), "{got:?}");
    assert_eq!(rig.look(id).await.0, Status::Sending, "the broadcast went on beside them");
    engine.stop().await;
}
