//! The database goes away in the middle, and comes back.

use std::time::Duration;

use contract::broadcasts::{BroadcastsApi, Draft};
use domain::broadcast::Status;
use services::ingest::{Accepted, Ingest, IngestError};
use sim::Line;

use super::{IN_FLIGHT, begin, ends_well, line_to_database, with_database_behind};
use crate::rig::{Engine, Rig};

/// How long the database is away.
const AWAY: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_survives_a_restart_of_the_database_by_itself() {
    let rig = Rig::new(1_500, 200).await;
    let line = line_to_database(&rig).await;
    let svc = with_database_behind(&rig, &line);
    let engine = Engine::start(&svc);
    let id = begin(&rig).await;
    for target in [100, 500] {
        let (_, before) = rig.until(id, |_, tally| tally.sent >= target).await;
        line.take_down().await;
        tokio::time::sleep(AWAY).await;
        line.set(Line::Pass).await;
        // No write that was answered is lost.
        let (_, after) = rig.look(id).await;
        assert!(after.sent >= before.sent && after.unknown >= before.unknown, "{after:?}");
    }
    let tally = ends_well(&rig, id, 1_500).await;
    assert!(tally.unknown <= 2 * IN_FLIGHT, "those in flight alone: {tally:?}");
    assert_eq!(tally.sent + tally.unknown, 1_500, "nobody failed: {tally:?}");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_died_while_they_rested_cost_nobody_an_answer() {
    let rig = Rig::new(1, 100).await;
    let line = line_to_database(&rig).await;
    let svc = with_database_behind(&rig, &line);
    let save = async || {
        let draft = Draft { text: "Hello".into(), ..Draft::default() };
        svc.save(&rig.cx(), rig.slug(), None, draft).await
    };
    // All of the pool.
    for saved in futures::future::join_all((0..16).map(|_| save())).await {
        saved.expect("saved");
    }
    // The server has been restarted, and nobody told the pool.
    line.reset_open().await;
    for saved in futures::future::join_all((0..16).map(|_| save())).await {
        saved.expect("saved, over a new connection");
    }
    assert_eq!(rig.texts("select count(*) from broadcasts").await, ["32"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer_is_away_within_seconds_and_back_at_once() {
    let rig = Rig::new(1, 100).await;
    let line = line_to_database(&rig).await;
    let svc = with_database_behind(&rig, &line);
    let look = async || svc.list(&rig.cx(), rig.slug(), "").await;
    for looked in futures::future::join_all((0..16).map(|_| look())).await {
        looked.expect("there");
    }
    assert!(line.open() > 1, "several connections rest");
    line.set(Line::HalfOpen).await;
    let away = tokio::time::timeout(Duration::from_secs(25), look()).await;
    let away = away.expect("nobody waits for longer").expect_err("nothing answers");
    assert_eq!(away.status(), 503, "{away:?}");
    // Not each of the others costs somebody the same wait.
    for _ in 0..100 {
        if line.open() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(line.open(), 0, "those that rested are gone with it");
    line.set(Line::Pass).await;
    look().await.expect("there again, over a new connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_stored_or_sent_back_and_counts_once_when_it_comes_again() {
    let rig = Rig::new(1, 100).await;
    let line = line_to_database(&rig).await;
    let svc = with_database_behind(&rig, &line);
    let ingest = Ingest::start(&svc);
    let to = Accepted { workspace: rig.acme.workspace, bot: rig.acme.bot.id };
    let update = |n: i64| bytes::Bytes::from(format!("{{\"update_id\":{n}}}"));
    let mut stored = Vec::new();
    for n in 0..60 {
        match n {
            20 => line.take_down().await,
            // The update arrives and the answer does not: whether it is stored nobody can say.
            40 => line.set(Line::Cut { after: 0 }).await,
            50 => line.set(Line::Pass).await,
            _ => {}
        }
        match ingest.take(to, update(n)).await {
            Ok(()) => stored.push(n),
            Err(error) => assert_eq!(error, IngestError::Away),
        }
    }
    assert!(stored.len() >= 30, "while it was there they were taken in: {stored:?}");
    assert!(!stored.iter().any(|n| (20..50).contains(n)), "{stored:?}");
    let kept = rig.texts("select update_id from updates order by update_id").await;
    for n in &stored {
        assert!(kept.contains(&n.to_string()), "{n} was answered and is not there");
    }
    // Telegram brings again what was not acknowledged.
    for n in (0..60).filter(|n| !stored.contains(n)) {
        ingest.take(to, update(n)).await.expect("taken in");
    }
    let want: Vec<String> = (0..60).map(|n: i64| n.to_string()).collect();
    assert_eq!(rig.texts("select update_id from updates order by update_id").await, want);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_in_doubt_when_the_database_was_away_between_two_broadcasts() {
    let rig = Rig::new(60, 200).await;
    let line = line_to_database(&rig).await;
    let engine = Engine::start(&with_database_behind(&rig, &line));
    line.take_down().await;
    tokio::time::sleep(AWAY).await;
    let id = begin(&rig).await;
    line.set(Line::Pass).await;
    let tally = ends_well(&rig, id, 60).await;
    assert_eq!((tally.sent, tally.unknown), (60, 0), "{tally:?}");
    assert_eq!(rig.look(id).await.0, Status::Done);
    engine.stop().await;
}
