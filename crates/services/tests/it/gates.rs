//! Three gates stand before everything a bot sends, and each alone is enough.

use std::time::Duration;

use contract::{
    ClientError,
    audit::AuditApi,
    bots::{BotsApi, ReadOnly, Texts},
    broadcasts::{BroadcastsApi, Draft},
};
use domain::{
    broadcast::Status,
    ids::BroadcastId,
    rights::{Right, Role},
};
use sim::person_id;

use crate::rig::{Engine, Rig};

async fn switch(rig: &Rig, word: &str) -> Result<(), ClientError> {
    let form = ReadOnly { read_only: word.into() };
    rig.svc.set_read_only(&rig.cx(), rig.slug(), form).await
}

async fn begin(rig: &Rig, text: &str) -> BroadcastId {
    let (id, version) = rig.draft(text).await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    id
}

fn accepted(rig: &Rig) -> usize {
    rig.sim.stats(rig.telegram_bot).expect("stats").accepted
}

/// Nothing more leaves from two seconds after now.
async fn stands_still(rig: &Rig, what: &str) {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = accepted(rig);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(accepted(rig), before, "{what}: nothing goes out any more");
}

fn is_refused<T: std::fmt::Debug>(answer: &Result<T, ClientError>) -> bool {
    matches!(answer, Err(ClientError::Conflict { message }) if message.contains("read-only"))
}

async fn sentences(rig: &Rig) -> Vec<String> {
    let page = AuditApi::list(&rig.svc, &rig.cx(), &contract::audit::Filter::default())
        .await
        .expect("the log");
    page.rows.into_iter().map(|entry| entry.sentence).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_gate_alone_stops_a_running_send_within_two_seconds() {
    // Behind the product's back, so that nothing but the sender's own look can be what stops it.
    let gates = [
        ("read-only", "update bots set read_only = true"),
        ("without a token", "delete from bot_secrets"),
        ("paused", "update broadcasts set status = 'paused'"),
    ];
    for (what, shut) in gates {
        let rig = Rig::new(1_200, 150).await;
        let engine = Engine::start(&rig.svc);
        let id = begin(&rig, "Hello").await;
        rig.until(id, |_, tally| tally.sent >= 50).await;
        rig.db.superuser().await.batch_execute(shut).await.expect(what);
        stands_still(&rig, what).await;
        let (status, tally) = rig.look(id).await;
        assert_eq!((status, tally.unknown), (Status::Paused, 0), "{what}");
        assert_eq!(tally.sent as usize, accepted(&rig), "{what}: what was sent is on record");
        assert!(tally.sent < 1_200, "{what}");
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_is_shut_lets_nothing_begin() {
    for shut in ["update bots set read_only = true", "delete from bot_secrets"] {
        let rig = Rig::new(20, 1_000).await;
        let id = begin(&rig, "Hello").await;
        rig.answer(&[person_id(1, 0)]).await;
        rig.db.superuser().await.batch_execute(shut).await.expect(shut);
        let engine = Engine::start(&rig.svc);
        rig.until(id, |status, _| status == Status::Paused).await;
        stands_still(&rig, shut).await;
        assert_eq!(accepted(&rig), 0, "{shut}");
        assert!(rig.texts("select id from replies").await.is_empty(), "{shut}");
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_a_bot_read_only_pauses_says_why_and_is_on_record() {
    let rig = Rig::new(1_200, 150).await;
    let second = begin(&rig, "Second").await;
    rig.svc.pause(&rig.cx(), rig.slug(), second).await.expect("paused");
    let first = begin(&rig, "First").await;
    rig.svc.resume(&rig.cx(), rig.slug(), second).await.expect("in line");
    let engine = Engine::start(&rig.svc);
    rig.until(first, |_, tally| tally.sent >= 50).await;

    switch(&rig, ReadOnly::ON).await.expect("read-only");
    stands_still(&rig, "switched").await;
    for id in [first, second] {
        let progress = rig.svc.progress(&rig.cx(), rig.slug(), id).await.expect("progress");
        assert_eq!((progress.status, progress.in_line), (Status::Paused, false));
        assert_eq!(progress.waiting.as_deref(), Some("the bot was made read-only"));
    }
    let why = "paused a broadcast: the bot was made read-only";
    let log = sentences(&rig).await;
    assert_eq!(log[..3], [why, why, "made the bot read-only: nothing is edited or sent"]);
    switch(&rig, ReadOnly::ON).await.expect("it is so already");
    assert_eq!(sentences(&rig).await, log, "what is so already leaves no line");

    // Nothing goes on by itself.
    switch(&rig, ReadOnly::OFF).await.expect("open");
    stands_still(&rig, "open again").await;
    rig.svc.resume(&rig.cx(), rig.slug(), first).await.expect("resumed by hand");
    let progress = rig.svc.progress(&rig.cx(), rig.slug(), first).await.expect("progress");
    assert_eq!((progress.status, progress.waiting), (Status::Sending, None));
    rig.svc.resume(&rig.cx(), rig.slug(), second).await.expect("in line");
    for id in [first, second] {
        let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
        assert_eq!((tally.sent, tally.unknown), (1_200, 0), "nobody was lost");
    }
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").most_in_one_chat, 2);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_bot_refuses_each_way_and_lets_stop() {
    let rig = Rig::new(20, 1_000).await;
    let (cx, slug) = (rig.cx(), rig.slug());
    let sending = begin(&rig, "Sending").await;
    let (id, version) = rig.draft("Draft").await;
    let view = BotsApi::view(&rig.svc, &cx, slug).await.expect("the bot");
    switch(&rig, ReadOnly::ON).await.expect("read-only");
    assert!(BotsApi::view(&rig.svc, &cx, slug).await.expect("the bot").read_only);
    assert_eq!(rig.look(sending).await.0, Status::Paused, "with no sender about as well");

    let text = |text: &str| Draft {
        text: text.into(),
        if_unmodified_since: version.clone(),
        ..Draft::default()
    };
    assert!(is_refused(&rig.svc.save(&cx, slug, None, text("New")).await), "a new draft");
    assert!(is_refused(&rig.svc.save(&cx, slug, Some(id), text("Other")).await), "an edit");
    assert!(is_refused(&rig.svc.discard(&cx, slug, id).await), "throwing a draft away");
    let texts = Texts {
        welcome: "Hi".into(),
        goodbye: "Bye".into(),
        if_unmodified_since: view.version.clone(),
    };
    assert!(is_refused(&rig.svc.set_texts(&cx, slug, texts.clone()).await), "the texts");
    assert!(is_refused(&rig.svc.send(&cx, slug, id, &version).await), "sending");
    assert!(is_refused(&rig.svc.send_to_me(&cx, slug, id).await), "a test");
    assert!(is_refused(&rig.svc.resume(&cx, slug, sending).await), "resuming");
    assert_eq!(
        rig.texts("select source from broadcasts order by source").await,
        ["Draft", "Sending"]
    );

    rig.svc.cancel(&cx, slug, sending).await.expect("to stop is always possible");
    switch(&rig, ReadOnly::OFF).await.expect("open");
    rig.svc.set_texts(&cx, slug, texts).await.expect("the texts");
    rig.svc.save(&cx, slug, Some(id), text("Other")).await.expect("edited");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_manages_a_bot_switches_it_and_only_to_what_there_is() {
    let rig = Rig::new(1, 1_000).await;
    let bob = rig.db.person("bob").await;
    rig.db.member(rig.acme.workspace, &bob, Role::Member).await;
    let others = [Right::Edit, Right::Send, Right::Audit];
    rig.db.grant(rig.acme.workspace, &rig.acme.bot, &bob, &others).await;
    let form = ReadOnly { read_only: ReadOnly::ON.into() };
    let refused = rig.svc.set_read_only(&rig.cx_of(&bob), rig.slug(), form).await;
    assert_eq!(refused, Err(ClientError::Forbidden));
    for word in ["", "yes", "ON", "true"] {
        let refused = switch(&rig, word).await;
        assert!(matches!(refused, Err(ClientError::Invalid { .. })), "{word:?}: {refused:?}");
    }
    assert_eq!(rig.texts("select read_only from bots").await, ["false"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_a_read_only_bot_are_not_sent_and_not_kept() {
    let rig = Rig::new(5, 1_000).await;
    rig.answer(&[person_id(1, 0), person_id(1, 1)]).await;
    switch(&rig, ReadOnly::ON).await.expect("read-only");
    assert!(
        rig.texts("select id from replies").await.is_empty(),
        "those that waited are forgotten"
    );
    // One that was put in line at the same moment.
    rig.answer(&[person_id(1, 2)]).await;
    let engine = Engine::start(&rig.svc);
    stands_still(&rig, "answers").await;
    assert_eq!(accepted(&rig), 0);
    switch(&rig, ReadOnly::OFF).await.expect("open");
    rig.answer(&[person_id(1, 3)]).await;
    rig.until_accepted(1).await;
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").chats, 1, "and nobody else");
    engine.stop().await;
}
