//! What ends a broadcast, and what becomes of those in line behind it.

use std::time::Duration;

use contract::{
    ClientError,
    audit::AuditApi,
    bots::BotsApi,
    broadcasts::{BroadcastsApi, Progress},
    team::{Closing, Keep, TeamApi},
};
use domain::{broadcast::Status, ids::BroadcastId};
use sim::{Deed, Fault, Trouble, person_id};

use crate::rig::{Engine, Rig};

/// Begins a broadcast.
async fn begin(rig: &Rig, text: &str) -> BroadcastId {
    let (id, version) = rig.draft(text).await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    id
}

/// One that is being sent, and one in line behind it.
async fn one_behind_the_other(rig: &Rig) -> (BroadcastId, BroadcastId) {
    let second = begin(rig, "Second").await;
    rig.svc.pause(&rig.cx(), rig.slug(), second).await.expect("paused");
    let first = begin(rig, "First").await;
    rig.svc.resume(&rig.cx(), rig.slug(), second).await.expect("in line");
    (first, second)
}

async fn progress(rig: &Rig, id: BroadcastId) -> Progress {
    rig.svc.progress(&rig.cx(), rig.slug(), id).await.expect("progress")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnected_bot_stops_within_two_seconds_and_for_good() {
    let rig = Rig::new(900, 150).await;
    let (first, second) = one_behind_the_other(&rig).await;
    let engine = Engine::start(&rig.svc);
    rig.until(first, |_, tally| tally.sent >= 50).await;
    let slug = rig.slug();
    rig.svc.disconnect(&rig.cx(), slug, slug).await.expect("disconnected");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = rig.sim.stats(rig.telegram_bot).expect("stats").accepted;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!(stats.accepted, before, "nothing goes out any more");
    assert!(before < 900);
    engine.stop().await;

    let (status, tally) = rig.look(first).await;
    assert_eq!((status, tally.unknown), (Status::Cancelled, 0));
    assert_eq!(tally.sent as usize, stats.accepted, "what was sent is on record");
    assert_eq!(rig.look(second).await.0, Status::Cancelled);
    let page = AuditApi::list(&rig.svc, &rig.cx(), &contract::audit::Filter::default())
        .await
        .expect("the log");
    let log: Vec<String> = page.rows.into_iter().map(|entry| entry.sentence).collect();
    assert_eq!(
        log[..3],
        [
            format!("disconnected the bot @{slug}"),
            "cancelled a broadcast".into(),
            "cancelled a broadcast".into()
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnected_bot_answers_nobody_and_begins_nothing() {
    let rig = Rig::new(5, 1_000).await;
    let (id, version) = rig.draft("Hello").await;
    rig.answer(&[person_id(1, 0), person_id(1, 1)]).await;
    rig.svc.disconnect(&rig.cx(), rig.slug(), rig.slug()).await.expect("disconnected");
    assert!(rig.texts("select id from replies").await.is_empty());

    let sent = rig.svc.send(&rig.cx(), rig.slug(), id, &version).await;
    assert_eq!(sent, Err(ClientError::NotFound));
    // An update that was applied at the same moment may have put an answer in line.
    rig.answer(&[person_id(1, 2)]).await;
    let engine = Engine::start(&rig.svc);
    for _ in 0..100 {
        if rig.texts("select id from replies").await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(rig.texts("select id from replies").await.is_empty());
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").accepted, 0);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_about_to_go_sends_nothing_within_two_seconds_and_its_owner_may_go_on() {
    let rig = Rig::new(900, 150).await;
    let (first, second) = one_behind_the_other(&rig).await;
    let engine = Engine::start(&rig.svc);
    rig.until(first, |_, tally| tally.sent >= 50).await;
    let close = Closing { typed: "acme".into() };
    rig.svc.close_workspace(&rig.cx(), close).await.expect("marked");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let accepted = || rig.sim.stats(rig.telegram_bot).expect("stats").accepted;
    let before = accepted();
    rig.answer(&[person_id(1, 0), person_id(1, 1)]).await;
    rig.svc.nudges.send.notify_one();
    for _ in 0..200 {
        let waits = rig.texts("select id from replies").await.len();
        let sends = rig
            .texts("select id from broadcasts where status = 'sending' or queued_at is not null");
        if waits + sends.await.len() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(rig.texts("select id from replies").await.is_empty(), "no answer waits for the end");
    let statuses = "select distinct status from broadcasts";
    assert_eq!(rig.texts(statuses).await, ["paused"], "they wait for a person");
    assert_eq!(accepted(), before, "nothing goes out any more");
    assert!(before < 900);
    let why = "select details->>'reason' from audit_log where kind = 'broadcast.released'";
    assert_eq!(rig.texts(why).await, ["its workspace is about to be deleted"; 2]);

    let keep = Keep { workspace: rig.acme.workspace.to_string() };
    rig.svc.keep_workspace(&rig.cx(), keep).await.expect("kept");
    let (status, tally) = rig.look(first).await;
    assert_eq!((status, tally.unknown, tally.sent as usize), (Status::Paused, 0, before));
    assert_eq!(rig.look(second).await.0, Status::Paused);
    rig.svc.resume(&rig.cx(), rig.slug(), first).await.expect("on");
    let (_, tally) = rig.until(first, |status, _| status == Status::Done).await;
    assert_eq!(tally.sent, 900);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_while_the_message_is_under_way_has_stopped() {
    let rig = Rig::new(2, 1_000).await;
    let person = person_id(1, 0);
    rig.sim.person_does(rig.telegram_bot, person, &Deed::Block).expect("blocked");
    let slow = Fault::new(Trouble::Stall { secs: 1.5 });
    rig.sim.add_fault(Fault { chat: Some(person), ..slow });
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig, "Hello").await;
    rig.until_accepted(1).await;
    rig.unsubscribe(person).await;
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!((tally.sent, tally.blocked), (1, 1));
    assert_eq!(rig.statuses().await[&person], "unsubscribed");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_the_token_leaves_nobody_in_line() {
    let rig = Rig::new(200, 50).await;
    let (first, second) = one_behind_the_other(&rig).await;
    let engine = Engine::start(&rig.svc);
    rig.until(first, |_, tally| tally.sent >= 5).await;
    rig.sim.rotate_token(rig.telegram_bot).expect("rotated");
    rig.until(first, |status, _| status == Status::Paused).await;
    for id in [first, second] {
        let progress = progress(&rig, id).await;
        assert_eq!(progress.status, Status::Paused);
        assert!(progress.waiting.expect("a reason").contains("token"));
    }
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_started_when_nothing_is_sent_any_more() {
    let rig = Rig::new(10, 1_000).await;
    let (first, second) = one_behind_the_other(&rig).await;
    // As a broadcast was left by trouble before it took the others out of the line.
    let admin = rig.db.superuser().await;
    admin
        .execute("update broadcasts set status = 'paused' where id = $1", &[&first.as_uuid()])
        .await
        .expect("paused");
    assert!(progress(&rig, second).await.waiting.expect("a reason").contains("behind"));
    rig.svc.cancel(&rig.cx(), rig.slug(), first).await.expect("cancelled");
    assert_eq!(rig.look(second).await.0, Status::Sending);
}

#[tokio::test(flavor = "multi_thread")]
async fn resume_pressed_twice_keeps_the_place_and_pause_leaves_the_line() {
    let rig = Rig::new(10, 1_000).await;
    let (first, second) = one_behind_the_other(&rig).await;
    let place = "select queued_at from broadcasts where queued_at is not null";
    let before = rig.texts(place).await;
    rig.svc.resume(&rig.cx(), rig.slug(), second).await.expect("still in line");
    assert_eq!(rig.texts(place).await, before);
    assert!(progress(&rig, second).await.in_line);

    rig.svc.pause(&rig.cx(), rig.slug(), second).await.expect("out of the line");
    let out = progress(&rig, second).await;
    assert_eq!((out.status, out.in_line, out.waiting), (Status::Paused, false, None));
    assert_eq!(rig.look(first).await.0, Status::Sending);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_goes_on_with_a_token_that_was_put_into_force_meanwhile() {
    let rig = Rig::new(40, 1_000).await;
    let engine = Engine::start(&rig.svc);
    let first = begin(&rig, "First").await;
    rig.until(first, |status, _| status == Status::Done).await;
    // The runner is still there and holds the old token.
    let token = rig.sim.rotate_token(rig.telegram_bot).expect("rotated");
    rig.give_token(&token).await;
    rig.answer(&[person_id(1, 0)]).await;
    let second = begin(&rig, "Second").await;
    let (status, tally) =
        rig.until(second, |status, _| matches!(status, Status::Done | Status::Paused)).await;
    assert_eq!((status, tally.sent), (Status::Done, 40));
    rig.until_accepted(81).await;
    assert_eq!(rig.texts("select trouble from bots").await, ["null"]);
    assert_eq!(rig.texts("select max(epoch) from leases where kind = 'send'").await, ["1"]);
    engine.stop().await;
}
