//! A bot that was asked to send more slowly than the instance lets it.

use std::time::{Duration, Instant};

use contract::{
    ClientError,
    bots::{BotsApi, Pace},
    broadcasts::BroadcastsApi,
};
use domain::{broadcast::Status, ids::BroadcastId};
use sim::person_id;

use crate::rig::{Engine, Rig};

async fn set_rate(rig: &Rig, rate: &str) -> Result<(), ClientError> {
    rig.svc.set_rate(&rig.cx(), rig.slug(), Pace { rate: rate.into() }).await
}

async fn begin(rig: &Rig) -> BroadcastId {
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    id
}

/// When each message was accepted, in milliseconds.
fn moments(rig: &Rig) -> Vec<u64> {
    let ledger = rig.sim.ledger(rig.telegram_bot, 0, 10_000).expect("a ledger");
    ledger.iter().map(|entry| entry.at.0 / 1_000).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_a_second_is_the_slowest_and_counts_for_answers_too() {
    let rig = Rig::new(4, 1_000).await;
    set_rate(&rig, "1").await.expect("set");
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    rig.answer(&[person_id(1, 0)]).await;
    rig.svc.nudges.send.notify_one();
    rig.until(id, |status, _| status == Status::Done).await;
    rig.until_accepted(5).await;
    engine.stop().await;
    let moments = moments(&rig);
    for pair in moments.windows(2) {
        assert!(pair[1] - pair[0] >= 990, "{moments:?}");
    }
    assert_eq!(rig.look(id).await.1.sent, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_that_is_being_sent_follows_within_seconds_both_ways() {
    let rig = Rig::new(1_000, 200).await;
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    rig.until(id, |_, tally| tally.sent >= 100).await;
    set_rate(&rig, "5").await.expect("slower");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let accepted = || rig.sim.stats(rig.telegram_bot).expect("stats").accepted;
    let before = accepted();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let slow = accepted() - before;
    assert!((8..=12).contains(&slow), "{slow} in two seconds at five a second");
    let progress = rig.svc.progress(&rig.cx(), rig.slug(), id).await.expect("progress");
    assert_eq!(progress.status, Status::Sending);

    set_rate(&rig, "").await.expect("as fast as may be");
    let began = Instant::now();
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(tally.sent, 1_000);
    engine.stop().await;
    let log = rig.sentences().await;
    assert!(log.contains(&"had the bot send at most 5 messages a second".to_owned()), "{log:?}");
    assert!(log.contains(&"had the bot send as fast as it may".to_owned()), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_takes_over_at_the_same_pace() {
    let rig = Rig::new(200, 200).await;
    set_rate(&rig, "10").await.expect("set");
    let first = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    rig.until(id, |_, tally| tally.sent >= 10).await;
    first.kill();
    rig.expire_leases().await;
    let before = rig.sim.stats(rig.telegram_bot).expect("stats").accepted;
    let began = Instant::now();
    let second = Engine::start(&rig.another_instance());
    rig.until_accepted(before + 30).await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(2_800), "thirty at ten a second in {took:?}");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pace_is_the_owners_within_what_the_instance_allows() {
    let rig = Rig::new(90, 30).await;
    for typed in ["0", "31", "-1", "1.5", "1e1", "a", "\u{202e}5", "99999999999999999999"] {
        let refused = set_rate(&rig, typed).await;
        assert!(matches!(refused, Err(ClientError::Invalid { .. })), "{typed:?} {refused:?}");
    }
    assert_eq!(rig.texts("select rate from bots").await, ["null"]);
    // Sixty-four at once leave one line for each change and the last value.
    let tries = (0..64).map(async |_| set_rate(&rig, "3").await);
    for outcome in futures::future::join_all(tries).await {
        outcome.expect("the same for all");
    }
    let lines = "select count(*) from audit_log where kind = 'bot.rate_changed'";
    assert_eq!(rig.texts(lines).await, ["1"]);
    let view = BotsApi::view(&rig.svc, &rig.cx(), rig.slug()).await.expect("a bot");
    assert_eq!((view.rate, view.fastest), (Some(3), 30));
    let (draft, _) = rig.draft("Hello").await;
    let estimate = rig.svc.estimate(&rig.cx(), rig.slug(), draft).await.expect("an estimate");
    assert_eq!((estimate.rate, estimate.secs), (3, 30));
    // An instance that allows less wins.
    let admin = rig.db.superuser().await;
    admin.batch_execute("update bots set rate = 100").await.expect("as under an earlier setting");
    let estimate = rig.svc.estimate(&rig.cx(), rig.slug(), draft).await.expect("an estimate");
    assert_eq!(estimate.rate, 30);
}
