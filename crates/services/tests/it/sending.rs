//! A broadcast reaches everybody once, whatever happens in between.

use std::time::{Duration, Instant};

use contract::{ClientError, audit::AuditApi, broadcasts::BroadcastsApi};
use domain::broadcast::Status;
use sim::{Deed, Fault, Trouble, person_id};

use crate::rig::{Engine, Rig};

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_arrives_at_everybody_once_and_is_on_record() {
    let rig = Rig::new(250, 1_000).await;
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("**Hello** there").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");

    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!((tally.sent, tally.total()), (250, 250));
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!((stats.accepted, stats.chats, stats.duplicates), (250, 250, 0));

    let log = sentences(&rig).await;
    assert_eq!(
        log[..2],
        ["finished a broadcast: 250 of 250 sent", "sent a broadcast to 250 recipients"]
    );
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn telegrams_own_pace_is_kept() {
    let rig = Rig::new(90, 30).await;
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("Hello").await;
    let began = Instant::now();
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!(tally.sent, 90);
    assert!(
        began.elapsed() >= Duration::from_millis(2_900),
        "90 at 30 a second in {:?}",
        began.elapsed()
    );
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_people_press_send_and_one_wins() {
    let rig = Rig::new(10, 1_000).await;
    let mut drafts = Vec::new();
    for n in 0..50 {
        drafts.push(rig.draft(&format!("Number {n}")).await);
    }
    let tries = drafts
        .iter()
        .map(async |(id, version)| rig.svc.send(&rig.cx(), rig.slug(), *id, version).await);
    let results = futures::future::join_all(tries).await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    let lost =
        results.iter().filter(|result| matches!(result, Err(ClientError::Conflict { .. }))).count();
    assert_eq!((won, lost), (1, 49), "{results:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_draft_is_sent_once_however_often_send_is_pressed() {
    let rig = Rig::new(40, 1_000).await;
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("Hello").await;
    let tries =
        (0..64).map(async |_| rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.is_ok());
    let won = futures::future::join_all(tries).await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
    rig.until(id, |status, _| status == Status::Done).await;
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!((stats.accepted, stats.most_in_one_chat), (40, 1));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_sender_loses_nobody_and_writes_to_nobody_twice() {
    let rig = Rig::new(2_000, 400).await;
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    let mut kills = 0;
    for target in [200, 700, 1_200] {
        let engine = Engine::start(&rig.another_instance());
        rig.until(id, |status, tally| tally.total() >= target || status == Status::Done).await;
        engine.kill();
        kills += 1;
        // The lease of the dead must lapse first; the clock moves for all instances alike.
        rig.expire_leases().await;
    }
    let engine = Engine::start(&rig.another_instance());
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;

    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!(stats.most_in_one_chat, 1, "nobody was written to twice");
    assert_eq!(tally.total(), 2_000, "everybody has an outcome");
    assert!(stats.accepted as u64 >= tally.sent, "what is called sent was accepted");
    assert!(
        stats.accepted as u64 <= tally.sent + tally.unknown,
        "what was accepted is sent or unknown"
    );
    // Two intents of half a second, at most a hundred people each.
    assert!(tally.unknown <= kills * 200, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_takes_effect_and_a_resume_finishes_the_rest() {
    let rig = Rig::new(400, 200).await;
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    rig.until(id, |_, tally| tally.sent >= 50).await;
    rig.svc.pause(&rig.cx(), rig.slug(), id).await.expect("paused");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let before = rig.sim.stats(rig.telegram_bot).expect("stats").accepted;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let after = rig.sim.stats(rig.telegram_bot).expect("stats").accepted;
    assert_eq!(before, after, "nothing goes out while it is paused");
    assert!(after < 400);

    rig.svc.resume(&rig.cx(), rig.slug(), id).await.expect("resumed");
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!((tally.sent, tally.unknown), (400, 0));
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").most_in_one_chat, 1);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_cleanly_leaves_no_unknown() {
    let rig = Rig::new(600, 300).await;
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    for target in [100, 300] {
        let engine = Engine::start(&rig.another_instance());
        rig.until(id, |_, tally| tally.sent >= target).await;
        engine.stop().await;
    }
    let engine = Engine::start(&rig.another_instance());
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!((tally.sent, tally.unknown), (600, 0));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_its_outcome_and_the_person_its_status() {
    let rig = Rig::new(6, 1_000).await;
    let deed = |index, deed: &Deed| {
        rig.sim.person_does(rig.telegram_bot, person_id(1, index), deed).expect("done")
    };
    deed(0, &Deed::Block);
    deed(1, &Deed::Deactivate);
    let fault = |index, what| {
        let fault = Fault { chat: Some(person_id(1, index)), ..Fault::new(what) };
        rig.sim.add_fault(fault);
    };
    fault(2, Trouble::Status { code: 400, description: Some("Bad Request: nothing doing".into()) });
    fault(3, Trouble::ResetAfter);
    fault(4, Trouble::Status { code: 502, description: None });
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!(
        (tally.sent, tally.blocked, tally.deactivated, tally.failed, tally.unknown),
        (1, 1, 1, 1, 2),
        "{tally:?}"
    );
    let statuses = rig.statuses().await;
    assert_eq!(statuses[&person_id(1, 0)], "blocked");
    assert_eq!(statuses[&person_id(1, 1)], "deactivated");
    assert_eq!(statuses[&person_id(1, 5)], "active");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_stops_the_bot_for_as_long_as_telegram_says() {
    let rig = Rig::new(60, 200).await;
    rig.sim.add_fault(Fault { count: Some(1), ..Fault::new(Trouble::TooMany { retry_after: 2 }) });
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("Hello").await;
    let began = Instant::now();
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!(tally.sent, 60, "a 429 is no failure");
    assert!(began.elapsed() >= Duration::from_secs(2));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opts_out_after_the_audience_froze_is_skipped() {
    let rig = Rig::new(600, 60).await;
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    rig.until(id, |_, tally| tally.sent >= 5).await;
    rig.unsubscribe(person_id(1, 599)).await;
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!((tally.sent, tally.skipped), (599, 1));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_pauses_the_broadcast_and_says_so() {
    let rig = Rig::new(50, 100).await;
    rig.sim.rotate_token(rig.telegram_bot).expect("rotated");
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    let (_, tally) = rig.until(id, |status, _| status == Status::Paused).await;
    assert_eq!(tally.total(), 0, "nobody is lost: all wait for the new token");
    let progress = rig.svc.progress(&rig.cx(), rig.slug(), id).await.expect("progress");
    assert!(progress.waiting.expect("a reason").contains("token"));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resume_waits_in_line_behind_another_broadcast() {
    let rig = Rig::new(300, 100).await;
    let engine = Engine::start(&rig.svc);
    let (first, version) = rig.draft("First").await;
    rig.svc.send(&rig.cx(), rig.slug(), first, &version).await.expect("sent");
    rig.until(first, |_, tally| tally.sent >= 10).await;
    rig.svc.pause(&rig.cx(), rig.slug(), first).await.expect("paused");
    let (second, version) = rig.draft("Second").await;
    rig.svc.send(&rig.cx(), rig.slug(), second, &version).await.expect("sent");
    rig.svc.resume(&rig.cx(), rig.slug(), first).await.expect("in line");
    assert_eq!(rig.look(first).await.0, Status::Paused);
    let waiting = rig.svc.progress(&rig.cx(), rig.slug(), first).await.expect("progress").waiting;
    assert!(waiting.expect("a reason").contains("behind"));
    rig.until(second, |status, _| status == Status::Done).await;
    let (_, tally) = rig.until(first, |status, _| status == Status::Done).await;
    assert_eq!(tally.sent, 300);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_broadcast_stays_cancelled() {
    let rig = Rig::new(300, 100).await;
    let engine = Engine::start(&rig.svc);
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    rig.until(id, |_, tally| tally.sent >= 10).await;
    rig.svc.cancel(&rig.cx(), rig.slug(), id).await.expect("cancelled");
    let resumed = rig.svc.resume(&rig.cx(), rig.slug(), id).await;
    assert!(matches!(resumed, Err(ClientError::Conflict { .. })), "{resumed:?}");
    engine.stop().await;
    let (status, tally) = rig.look(id).await;
    assert_eq!(status, Status::Cancelled);
    assert!(tally.total() < 300);
}

/// The audit log's sentences, newest first.
async fn sentences(rig: &Rig) -> Vec<String> {
    let page = AuditApi::list(&rig.svc, &rig.cx(), &contract::audit::Filter::default())
        .await
        .expect("the log");
    page.rows.into_iter().map(|entry| entry.sentence).collect()
}
