//! `data.delivery`: Telegram is away, silent, slow, broken or strict.

use std::time::Duration;

use adapters::telegram::BotToken;
use contract::broadcasts::{BroadcastsApi, Draft};
use domain::{
    broadcast::Status,
    ids::{BotId, BroadcastId},
};
use services::{access, credentials};
use sim::{Fault, Limits, Line, NewBot, Script, Trouble, person_id};
use store::{StoreError, secrets};

use super::{IN_FLIGHT, begin, ends_well, line_to_telegram, with_telegram_behind};
use crate::rig::{Engine, Rig};

/// Why nothing moves, in the words of the page.
async fn waiting(rig: &Rig, id: BroadcastId) -> String {
    let progress = rig.svc.progress(&rig.cx(), rig.slug(), id).await.expect("progress");
    progress.waiting.unwrap_or_default()
}

/// Waits until the page says why nothing moves, in words with `text` in them.
async fn until_waiting(rig: &Rig, id: BroadcastId, text: &str) {
    for _ in 0..600 {
        if waiting(rig, id).await.contains(text) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not wait: {:?}", rig.look(id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_goes_down_and_comes_back_and_the_broadcast_goes_on_by_itself() {
    let rig = Rig::new(900, 200).await;
    let line = line_to_telegram(&rig).await;
    let engine = Engine::start(&with_telegram_behind(&rig, &line));
    let id = begin(&rig).await;
    rig.until(id, |_, tally| tally.sent >= 100).await;
    // First it hangs, so that somebody is in flight when it goes down.
    line.set(Line::Stall).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    line.take_down().await;
    until_waiting(&rig, id, "cannot be reached").await;
    let (_, before) = rig.look(id).await;
    assert!((1..=IN_FLIGHT).contains(&before.unknown), "those in flight alone: {before:?}");
    assert!(before.total() < 900, "the others wait: {before:?}");

    line.set(Line::Pass).await;
    let tally = ends_well(&rig, id, 900).await;
    assert_eq!(tally.unknown, before.unknown, "nobody more is in doubt");
    assert_eq!(tally.sent + tally.unknown, 900, "nobody failed: {tally:?}");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_in_flight_on_a_half_open_line_is_unknown_and_the_rest_arrives() {
    let rig = Rig::new(600, 200).await;
    let line = line_to_telegram(&rig).await;
    let engine = Engine::start(&with_telegram_behind(&rig, &line));
    let id = begin(&rig).await;
    rig.until(id, |_, tally| tally.sent >= 100).await;
    let (connections, before) = (line.accepted(), rig.look(id).await.1.unknown);
    line.set(Line::HalfOpen).await;
    rig.until(id, |_, tally| tally.unknown > before).await;
    line.set(Line::Pass).await;

    // So many without an answer are a question to a person.
    let is_still = |status| matches!(status, Status::Paused | Status::Done);
    let (status, _) = rig.until(id, |status, _| is_still(status)).await;
    if status == Status::Paused {
        rig.svc.resume(&rig.cx(), rig.slug(), id).await.expect("resumed");
    }
    let tally = ends_well(&rig, id, 600).await;
    assert_eq!(tally.sent + tally.unknown, 600, "{tally:?}");
    let accepted = rig.sim.stats(rig.telegram_bot).expect("stats").accepted as u64;
    // The answers to some were under way when the line fell silent.
    assert!((tally.sent..=tally.sent + tally.unknown).contains(&accepted), "{accepted}, {tally:?}");
    assert!(line.accepted() > connections, "what fell silent is not used again");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_slower_than_the_deadline_is_unknown_and_holds_nobody_up() {
    let rig = Rig::new(120, 200).await;
    let line = line_to_telegram(&rig).await;
    // Telegram took it, its 200 came, and of the rest a part.
    for index in 0..3 {
        let slow = Trouble::SlowBody { secs: 60.0 };
        rig.sim.add_fault(Fault { chat: Some(person_id(1, index)), ..Fault::new(slow) });
    }
    let engine = Engine::start(&with_telegram_behind(&rig, &line));
    let id = begin(&rig).await;
    let tally = ends_well(&rig, id, 120).await;
    assert_eq!((tally.sent, tally.unknown), (117, 3), "{tally:?}");
    let accepted = rig.sim.stats(rig.telegram_bot).expect("stats").accepted;
    assert_eq!(accepted, 120, "it had arrived, which nobody could know");
    engine.stop().await;
}

/// An hour of it is a matter of how many requests fail, not of how long: a 5xx is never tried again by
/// itself, so time plays no part.
#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_that_fails_for_long_is_written_to_once_for_each_person_and_no_more() {
    let rig = Rig::new(300, 400).await;
    let broken = Trouble::Status { code: 502, description: None };
    rig.sim.add_fault(Fault::new(broken));
    let engine = Engine::start(&rig.svc);
    let id = begin(&rig).await;
    // It stops by itself: nobody can say who got it, so they must stay few.
    let asked = || rig.sim.faults().iter().map(|fault| fault.hits).sum::<u64>();
    let (_, tally) =
        rig.until(id, |status, tally| status == Status::Paused && tally.unknown == asked()).await;
    assert_eq!(tally.total(), tally.unknown, "{tally:?}");
    assert!(tally.unknown <= 200, "two batches: {tally:?}");

    // When Telegram is well again, so is the sender.
    rig.sim.clear_faults();
    let (second, version) = rig.draft("Once more").await;
    rig.svc.cancel(&rig.cx(), rig.slug(), id).await.expect("cancelled");
    rig.svc.send(&rig.cx(), rig.slug(), second, &version).await.expect("sent");
    let tally = ends_well(&rig, second, 300).await;
    assert_eq!((tally.sent, tally.unknown), (300, 0), "{tally:?}");
    engine.stop().await;
}

/// People of each of the fifty bots.
const EACH: u32 = 20;

/// A bot with a broadcast to [`EACH`] people that has begun.
struct Sending {
    slug: String,
    telegram_id: i64,
    broadcast: BroadcastId,
}

async fn another_bot(rig: &Rig, n: u32) -> Sending {
    let bot = rig.db.bot(rig.acme.workspace, &format!("bot_number_{n}")).await;
    let card = rig.sim.create_bot(NewBot::default()).expect("a bot");
    let people = Script { count: EACH, quiet: true, seed: n + 2, ..Script::default() };
    rig.sim.people(card.id, people).expect("people");
    let id: BotId = bot.id;
    let scope = access::claimed(rig.acme.workspace, id);
    let token = BotToken::parse(&card.token).expect("a token");
    let sealed = credentials::seal(&rig.svc, &scope, &token).await.expect("sealed");
    let put = async |tx: &mut store::BotTx<'_>| {
        Ok::<_, StoreError>(secrets::put(tx, secrets::Kind::Token, &sealed).await?)
    };
    rig.svc.store.bot(&scope, put).await.expect("a token");
    let admin = rig.db.superuser().await;
    let chats: Vec<i64> = (0..EACH).map(|index| person_id(n + 2, index)).collect();
    admin
        .batch_execute("update bots set api = 'telegram' where api <> 'telegram'")
        .await
        .expect("the bot moves to Telegram");
    admin
        .execute(
            "insert into subscribers (workspace_id, bot_id, chat_id, name, status)
             select $1, $2, chat, 'Somebody', 'active' from unnest($3::bigint[]) as chat",
            &[&rig.acme.workspace.as_uuid(), &id.as_uuid(), &chats],
        )
        .await
        .expect("subscribers");
    let draft = Draft { text: "Hello".into(), ..Draft::default() };
    let saved = rig.svc.save(&rig.cx(), &bot.slug, None, draft).await.expect("a draft");
    rig.svc.send(&rig.cx(), &bot.slug, saved.id, &saved.version).await.expect("sent");
    Sending { slug: bot.slug, telegram_id: card.id, broadcast: saved.id }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bot_of_fifty_has_to_wait_and_the_others_do_not() {
    let rig = Rig::new(1, 100).await;
    rig.sim.set_limits(Limits::OFF);
    let mut bots = Vec::new();
    for n in 0..50 {
        bots.push(another_bot(&rig, n).await);
    }
    let (strict, others) = bots.split_first().expect("fifty");
    let too_many = Trouble::TooMany { retry_after: 600 };
    rig.sim.add_fault(Fault { bot: Some(strict.telegram_id), ..Fault::new(too_many) });

    let engine = Engine::start(&rig.svc);
    let accepted = |bot: &Sending| rig.sim.stats(bot.telegram_id).expect("stats").accepted;
    // All the others are through before the ten minutes are over, with every message.
    for bot in others {
        let progress =
            async || rig.svc.progress(&rig.cx(), &bot.slug, bot.broadcast).await.expect("progress");
        for _ in 0..1_200 {
            if progress().await.status == Status::Done {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let seen = progress().await;
        assert_eq!((seen.status, seen.tally.sent), (Status::Done, u64::from(EACH)), "{}", bot.slug);
        assert_eq!(accepted(bot), EACH as usize);
    }
    let waits = rig.svc.progress(&rig.cx(), &strict.slug, strict.broadcast).await.expect("there");
    assert_eq!((waits.status, waits.tally.total()), (Status::Sending, 0), "nobody failed");
    assert_eq!(accepted(strict), 0);
    // One request, or those that were on their way: nobody knocks at a door that is shut for ten minutes.
    let knocks: u64 = rig.sim.faults().iter().map(|fault| fault.hits).sum();
    assert!(knocks <= u64::from(EACH), "{knocks}");
    engine.stop().await;
}
