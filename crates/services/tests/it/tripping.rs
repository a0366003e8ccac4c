//! The circuit breaker: a broadcast stops by itself when what comes back is bad, and asks.

use contract::broadcasts::{BroadcastsApi, View};
use domain::{
    breaker::{LEAST, Trip, WINDOW},
    broadcast::Status,
    ids::BroadcastId,
};
use sim::{Deed, Fault, Trouble, person_id};

use crate::rig::{Engine, Rig};

async fn begin(rig: &Rig, text: &str) -> BroadcastId {
    let (id, version) = rig.draft(text).await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    id
}

async fn view(rig: &Rig, id: BroadcastId) -> View {
    BroadcastsApi::view(&rig.svc, &rig.cx(), rig.slug(), id).await.expect("a view")
}

/// The first `count` people block the bot without its hearing of it.
fn block(rig: &Rig, count: u32) {
    for index in 0..count {
        rig.sim.person_does(rig.telegram_bot, person_id(1, index), &Deed::Block).expect("blocked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_to_people_who_are_gone_stops_asks_and_goes_on_when_told_to() {
    let rig = Rig::new(900, 200).await;
    block(&rig, 600);
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig, "Hello").await;
    rig.until(id, |status, _| status == Status::Paused).await;
    let seen = view(&rig, id).await;
    assert_eq!(seen.tripped, Some(Trip::Gone));
    let why = seen.progress.waiting.expect("a reason");
    assert!(why.contains("have blocked the bot or deleted their account"), "{why}");
    assert_eq!(rig.sentences().await[0], format!("paused a broadcast: {why}"));
    let subject = "select recipient from mails where subject = 'A broadcast of yours is paused'";
    assert_eq!(rig.texts(subject).await, ["acme@example.org"]);

    // What was under way has its outcome, and nothing leaves any more.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let (status, tally) = rig.look(id).await;
    assert_eq!((status, tally.unknown), (Status::Paused, 0));
    assert!(
        tally.total() >= LEAST as u64 && tally.total() <= (LEAST + 2 * WINDOW) as u64,
        "{tally:?}"
    );

    rig.svc.resume(&rig.cx(), rig.slug(), id).await.expect("gone on");
    assert_eq!(view(&rig, id).await.tripped, None);
    let (_, tally) = rig.until(id, |status, _| status != Status::Sending).await;
    assert_eq!((tally.blocked, tally.sent), (600, 300), "it does not stop for this again");
    assert_eq!(rig.look(id).await.0, Status::Done);
    assert_eq!(rig.texts(subject).await.len(), 1);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_telegram_refuses_stops_and_the_next_in_line_goes_out() {
    let rig = Rig::new(500, 200).await;
    let second = begin(&rig, "Second").await;
    rig.svc.pause(&rig.cx(), rig.slug(), second).await.expect("paused");
    let description = Some("Bad Request: nothing doing".to_owned());
    let bad = rig.sim.add_fault(Fault::new(Trouble::Status { code: 400, description }));
    let first = begin(&rig, "First").await;
    rig.svc.resume(&rig.cx(), rig.slug(), second).await.expect("in line");
    let engine = Engine::start(&rig.svc);
    rig.until(first, |status, _| status == Status::Paused).await;
    rig.sim.remove_fault(bad);
    let seen = view(&rig, first).await;
    assert_eq!(seen.tripped, Some(Trip::Failing));
    assert!(seen.progress.waiting.expect("a reason").starts_with("Telegram refused the message"));
    rig.until(second, |status, _| status != Status::Paused).await;

    rig.svc.cancel(&rig.cx(), rig.slug(), first).await.expect("cancelled");
    assert_eq!(view(&rig, first).await.tripped, None, "there is nothing left to ask");
    rig.until(second, |status, _| matches!(status, Status::Done | Status::Paused)).await;
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_people_or_a_few_who_are_gone_stop_nothing() {
    let rig = Rig::new(90, 1_000).await;
    block(&rig, 90);
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig, "Hello").await;
    let (_, tally) = rig.until(id, |status, _| status != Status::Sending).await;
    assert_eq!(tally.blocked, 90);
    assert_eq!(rig.look(id).await.0, Status::Done, "too few to say anything");
    engine.stop().await;

    let rig = Rig::new(600, 500).await;
    // One in four, spread out.
    for index in (0..600).step_by(4) {
        rig.sim.person_does(rig.telegram_bot, person_id(1, index), &Deed::Block).expect("blocked");
    }
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig, "Hello").await;
    rig.until(id, |status, _| status != Status::Sending).await;
    let (status, tally) = rig.look(id).await;
    assert_eq!((status, tally.blocked, tally.sent), (Status::Done, 150, 450));
    engine.stop().await;
}
