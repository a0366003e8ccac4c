//! `data.delivery`: who is of unknown outcome is written to once more when a person says so, and not before.

use contract::{
    ClientError,
    bots::{BotsApi, ReadOnly},
    broadcasts::{Again, BroadcastsApi, DeliveryFilter},
};
use domain::{
    broadcast::{Outcome, Status},
    ids::{BroadcastId, ChatId},
};
use sim::{Fault, Trouble, person_id};

use crate::rig::{Engine, Rig};

/// The answer to the next `times` messages to this person is lost; the messages arrive.
fn lose(rig: &Rig, index: u32, times: u32) -> ChatId {
    let chat = person_id(1, index);
    let fault = Fault { chat: Some(chat), count: Some(times), ..Fault::new(Trouble::ResetAfter) };
    rig.sim.add_fault(fault);
    chat
}

async fn begin(rig: &Rig) -> BroadcastId {
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    id
}

async fn done(rig: &Rig, id: BroadcastId) -> domain::broadcast::Tally {
    rig.until(id, |status, _| status == Status::Done).await.1
}

/// As a person chooses: looks, and says so.
async fn looked(rig: &Rig, id: BroadcastId, chats: Option<&[ChatId]>) -> (u64, Again) {
    let mut which = Again {
        all: chats.is_none(),
        chats: chats.unwrap_or_default().to_vec(),
        ..Again::default()
    };
    let seen = rig.svc.repeats(&rig.cx(), rig.slug(), id, &which).await.expect("a look");
    which.until = seen.until;
    (seen.people, which)
}

async fn again(rig: &Rig, id: BroadcastId, which: &Again) -> Result<(), ClientError> {
    rig.svc.send_again(&rig.cx(), rig.slug(), id, which).await
}

fn is_conflict<T: std::fmt::Debug>(answer: &Result<T, ClientError>) -> bool {
    matches!(answer, Err(ClientError::Conflict { .. }))
}

/// Chat, attempt, outcome and whether it could be repeated, of each line of the results.
async fn lines(rig: &Rig, id: BroadcastId) -> Vec<(ChatId, u16, Outcome, bool)> {
    let filter = DeliveryFilter::default();
    let page = rig.svc.deliveries(&rig.cx(), rig.slug(), id, &filter).await.expect("results");
    let line =
        |row: contract::broadcasts::Delivery| (row.chat, row.attempt, row.outcome, row.repeatable);
    page.rows.into_iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_unknown_is_sent_it_once_more_and_both_attempts_stay() {
    let rig = Rig::new(6, 1_000).await;
    let [a, b] = [0, 3].map(|index| lose(&rig, index, 1));
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    let tally = done(&rig, id).await;
    assert_eq!((tally.sent, tally.unknown), (4, 2));
    assert_eq!(lines(&rig, id).await[0], (a, 1, Outcome::Unknown, true));
    let view = BroadcastsApi::view(&rig.svc, &rig.cx(), rig.slug(), id).await.expect("a view");
    assert_eq!(view.repeatable, 2);

    let (people, all) = looked(&rig, id, None).await;
    assert_eq!(people, 2);
    again(&rig, id, &all).await.expect("once more");
    let tally = done(&rig, id).await;
    engine.stop().await;
    assert_eq!((tally.sent, tally.unknown, tally.total()), (6, 0, 6));
    let lines = lines(&rig, id).await;
    assert_eq!(lines.len(), 8, "six people, and two more attempts: {lines:?}");
    for chat in [a, b] {
        let theirs: Vec<_> = lines.iter().filter(|line| line.0 == chat).copied().collect();
        let want = [(chat, 1, Outcome::Unknown, false), (chat, 2, Outcome::Sent, false)];
        assert_eq!(theirs, want);
    }
    let log = rig.sentences().await;
    assert_eq!(log[0], "finished a broadcast: 6 of 6 sent");
    assert_eq!(log[1], "sent a broadcast once more to 2 recipients of unknown outcome");
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!((stats.accepted, stats.most_in_one_chat), (8, 2), "the answer alone was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_word_sixty_four_times_sends_once_and_a_third_attempt_takes_another() {
    let rig = Rig::new(20, 1_000).await;
    let lost: Vec<ChatId> = (0..5).map(|index| lose(&rig, index, 2)).collect();
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    assert_eq!(done(&rig, id).await.unknown, 5);
    let (_, which) = looked(&rig, id, None).await;

    let said =
        futures::future::join_all((0..64).map(async |_| again(&rig, id, &which).await)).await;
    assert_eq!(said.iter().filter(|answer| answer.is_ok()).count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|answer| is_conflict(answer)).count(), 63, "{said:?}");
    assert_eq!(done(&rig, id).await.unknown, 5, "lost once more");
    // The form that lay open all the while is about the first attempt.
    assert!(is_conflict(&again(&rig, id, &which).await));
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!((stats.accepted, stats.most_in_one_chat), (25, 2));

    let (people, which) = looked(&rig, id, Some(&lost[..2])).await;
    assert_eq!(people, 2);
    again(&rig, id, &which).await.expect("a third attempt");
    let tally = done(&rig, id).await;
    assert_eq!((tally.sent, tally.unknown, tally.total()), (17, 3, 20));
    let attempts =
        "select attempt::text from deliveries where chat_id = (select min(chat_id) from deliveries)
                    order by attempt";
    assert_eq!(rig.texts(attempts).await, ["1", "2", "3"]);
    assert_eq!(rig.texts("select again::text from broadcast_tallies").await, ["0"]);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_of_unknown_outcome_and_has_not_opted_out_is_meant() {
    let rig = Rig::new(6, 1_000).await;
    let lost = [0, 1, 2].map(|index| lose(&rig, index, 1));
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    assert_eq!(done(&rig, id).await.unknown, 3);
    rig.unsubscribe(lost[0]).await;
    assert_eq!(looked(&rig, id, None).await.0, 2);

    // One who left, one who got it, one whom nobody knows, and one who is meant.
    let (people, which) =
        looked(&rig, id, Some(&[lost[0], person_id(1, 5), 404, lost[1], lost[1]])).await;
    assert_eq!(people, 1);
    again(&rig, id, &which).await.expect("once more");
    let tally = done(&rig, id).await;
    assert_eq!((tally.sent, tally.unknown), (4, 2));
    let second = rig.texts("select chat_id::text from deliveries where attempt = 2").await;
    assert_eq!(second, [lost[1].to_string()]);
    assert_eq!(looked(&rig, id, None).await.0, 1, "the third one still could");
    let (people, nobody) = looked(&rig, id, Some(&[lost[0]])).await;
    assert_eq!((people, nobody.until.as_str()), (0, ""));
    assert!(is_conflict(&again(&rig, id, &nobody).await));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gates_and_one_send_at_a_time_count_as_always() {
    let rig = Rig::new(500, 100).await;
    lose(&rig, 0, 1);
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    rig.until(id, |_, tally| tally.unknown == 1).await;
    let (_, which) = looked(&rig, id, None).await;
    let read_only = async |word: &str| {
        let form = ReadOnly { read_only: word.into() };
        rig.svc.set_read_only(&rig.cx(), rig.slug(), form).await.expect("switched");
    };
    read_only(ReadOnly::ON).await;
    assert!(is_conflict(&again(&rig, id, &which).await), "read-only");
    read_only(ReadOnly::OFF).await;

    // Paused it stays so, and they wait with the others.
    again(&rig, id, &which).await.expect("in line");
    assert_eq!(rig.look(id).await.0, Status::Paused);
    assert_eq!(rig.look(id).await.1.unknown, 0, "no outcome yet");
    rig.svc.resume(&rig.cx(), rig.slug(), id).await.expect("resumed");
    let tally = done(&rig, id).await;
    assert_eq!((tally.sent, tally.unknown), (500, 0));

    lose(&rig, 1, 1);
    let second = begin(&rig).await;
    rig.until(second, |_, tally| tally.unknown == 1).await;
    rig.svc.cancel(&rig.cx(), rig.slug(), second).await.expect("cancelled");
    let (people, _) = looked(&rig, second, None).await;
    assert_eq!(people, 0, "what was stopped for good goes out no more");
    let which = Again { all: true, until: which.until, ..Again::default() };
    assert!(is_conflict(&again(&rig, second, &which).await));

    lose(&rig, 2, 1);
    let third = begin(&rig).await;
    assert_eq!(done(&rig, third).await.unknown, 1);
    let (_, which) = looked(&rig, third, None).await;
    let fourth = begin(&rig).await;
    let refused = again(&rig, third, &which).await;
    assert!(
        matches!(&refused, Err(ClientError::Conflict { message }) if message.contains("Another")),
        "{refused:?}"
    );
    assert_eq!(rig.look(third).await.0, Status::Done);
    done(&rig, fourth).await;
    again(&rig, third, &which).await.expect("by now");
    assert_eq!(done(&rig, third).await.unknown, 0);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_put_in_line_while_the_last_answers_come_is_not_left_there() {
    let rig = Rig::new(60, 30).await;
    lose(&rig, 0, 1);
    // Everybody is in an intent by now, and the last of them is not answered for a while.
    rig.sim.add_fault(Fault {
        chat: Some(person_id(1, 59)),
        ..Fault::new(Trouble::Stall { secs: 4.0 })
    });
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    rig.until(id, |_, tally| tally.unknown == 1).await;
    let (people, which) = looked(&rig, id, None).await;
    assert_eq!((people, rig.look(id).await.0), (1, Status::Sending));
    again(&rig, id, &which).await.expect("in line");
    let tally = done(&rig, id).await;
    assert_eq!((tally.sent, tally.unknown), (60, 0), "{tally:?}");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_is_killed_at_a_second_attempt_leaves_a_true_tally_and_repeats_nothing() {
    // Too few for the circuit breaker.
    let rig = Rig::new(99, 30).await;
    rig.sim.add_fault(Fault::new(Trouble::ResetAfter));
    let first = Engine::start(&rig.another_instance());
    let id = begin(&rig).await;
    assert_eq!(done(&rig, id).await.unknown, 99);
    first.stop().await;
    rig.sim.clear_faults();
    let (people, which) = looked(&rig, id, None).await;
    assert_eq!(people, 99);
    again(&rig, id, &which).await.expect("once more");

    let killed = Engine::start(&rig.another_instance());
    rig.until(id, |_, tally| tally.sent >= 20).await;
    killed.kill();
    rig.expire_leases().await;
    let engine = Engine::start(&rig.another_instance());
    let tally = done(&rig, id).await;
    engine.stop().await;
    assert_eq!(tally.total(), 99, "{tally:?}");
    assert_eq!(tally.sent + tally.unknown, 99, "{tally:?}");
    assert!(tally.unknown <= 60, "two intents at most: {tally:?}");
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!(stats.most_in_one_chat, 2, "once for each attempt");
    assert_eq!(rig.texts("select again::text from broadcast_tallies").await, ["0"]);
    let second = rig.texts("select count(*) from deliveries where attempt = 2").await;
    assert_eq!(second, ["99"]);
    // What is of unknown outcome now is so in the list as well.
    assert_eq!(looked(&rig, id, None).await.0, tally.unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_read_to_its_end_whatever_attempts_it_holds() {
    let rig = Rig::new(60, 1_000).await;
    rig.sim.add_fault(Fault::new(Trouble::ResetAfter));
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    assert_eq!(done(&rig, id).await.unknown, 60);
    for _ in 0..2 {
        let (_, which) = looked(&rig, id, None).await;
        again(&rig, id, &which).await.expect("once more");
        assert_eq!(done(&rig, id).await.unknown, 60);
    }
    engine.stop().await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let filter = DeliveryFilter { outcome: "unknown".into(), after: after.clone() };
        let page = rig.svc.deliveries(&rig.cx(), rig.slug(), id, &filter).await.expect("a page");
        seen.extend(page.rows.into_iter().map(|row| (row.chat, row.attempt)));
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(seen.len(), 180);
    assert!(seen.is_sorted_by(|a, b| a < b), "each line once, in order");
}
