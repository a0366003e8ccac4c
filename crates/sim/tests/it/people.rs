//! What people do, what bots hear of it, and what happens to those who are gone.

use std::{collections::BTreeSet, time::Duration};

use frankenstein::{
    types::{ChatMember, MaybeInaccessibleMessage},
    updates::{Update, UpdateContent},
};
use serde_json::json;
use sim::{Deed, Habits, Profile, Reactions, Script, SimError, Standing, person_id};

use crate::support::{ANNA, BORIS, Telegram, soon};

#[tokio::test]
async fn who_blocks_the_bot_is_reported_and_unreachable() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    telegram.does(ANNA, Deed::Block);
    assert_eq!(
        telegram.send(ANNA, "x").await.refusal(),
        (403, "Forbidden: bot was blocked by the user")
    );
    let cannot = telegram.sim.person_does(
        telegram.bot.id,
        ANNA,
        &Deed::Text { text: "x".into(), group: None },
    );
    assert!(matches!(cannot, Err(SimError::CannotDo(_))), "{cannot:?}");
    telegram.starts(ANNA);
    telegram.sent(ANNA, "welcome back").await;

    let changes: Vec<_> = telegram.updates(0).await.into_iter().filter_map(change).collect();
    assert_eq!(changes, [("member", "kicked"), ("kicked", "member")]);
}

fn change(update: Update) -> Option<(&'static str, &'static str)> {
    let name = |member: &ChatMember| match member {
        ChatMember::Member(_) => "member",
        ChatMember::Kicked(_) => "kicked",
        _ => "other",
    };
    match update.content {
        UpdateContent::MyChatMember(change) => {
            Some((name(&change.old_chat_member), name(&change.new_chat_member)))
        }
        _ => None,
    }
}

#[tokio::test]
async fn a_deleted_account_is_gone_for_all_bots_without_a_word() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    let before = telegram.updates(0).await.len();
    telegram.does(ANNA, Deed::Deactivate);
    assert_eq!(telegram.updates(0).await.len(), before);
    assert_eq!(telegram.send(ANNA, "x").await.refusal(), (403, "Forbidden: user is deactivated"));
    let again =
        telegram.sim.person_does(telegram.bot.id, ANNA, &Deed::Start { payload: String::new() });
    assert!(matches!(again, Err(SimError::CannotDo(_))), "{again:?}");
}

#[tokio::test]
async fn a_press_of_a_button_comes_as_a_callback_and_is_answered() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    let keys = json!({"inline_keyboard": [[{"text": "a", "url": "https://example.org"}], [{"text": "b", "callback_data": "yes"}]]});
    let sent = telegram
        .call("sendMessage", json!({"chat_id": ANNA, "text": "?", "reply_markup": keys}))
        .await;
    let sent: frankenstein::types::Message = sent.result();
    telegram.does(ANNA, Deed::Press { data: None, group: None });
    let updates = telegram.updates(0).await;
    let Some(Update { content: UpdateContent::CallbackQuery(query), .. }) = updates.last() else {
        panic!("{updates:?}")
    };
    assert_eq!((query.from.id, query.data.as_deref()), (ANNA as u64, Some("yes")));
    let Some(MaybeInaccessibleMessage::Message(message)) = &query.message else {
        panic!("{query:?}")
    };
    assert_eq!(message.message_id, sent.message_id);

    let answer = json!({"callback_query_id": query.id, "text": "Thanks", "show_alert": true});
    assert!(telegram.call("answerCallbackQuery", answer.clone()).await.result::<bool>());
    let chat = telegram.sim.chat(telegram.bot.id, ANNA).expect("they talk");
    assert_eq!((chat.presses[0].answer.as_deref(), chat.presses[0].alert), (Some("Thanks"), true));
    let ledger = telegram.sim.ledger(telegram.bot.id, 1, 10).expect("the bot is there");
    let recorded = ledger.iter().map(|entry| (entry.method.name(), entry.chat, entry.hash));
    let want = ("answerCallbackQuery", ANNA, sim::content_hash(&[b"Thanks"]));
    assert_eq!(recorded.collect::<Vec<_>>(), [want]);
    telegram.sim.clock().advance(Duration::from_secs(301));
    let want = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    assert_eq!(telegram.call("answerCallbackQuery", answer).await.refusal(), (400, want));
    let cannot = telegram.sim.person_does(
        telegram.bot.id,
        ANNA,
        &Deed::Press { data: Some("no".into()), group: None },
    );
    assert!(matches!(cannot, Err(SimError::CannotDo(_))), "{cannot:?}");
}

#[tokio::test]
async fn a_script_brings_people_over_time() {
    let telegram = Telegram::unlimited().await;
    let script = Script {
        count: 100,
        over_secs: 50.0,
        payloads: vec!["spring".into(), "flyer-2".into()],
        ..Script::default()
    };
    telegram.sim.people(telegram.bot.id, script).expect("people");
    let arrived =
        async || telegram.sim.chats(telegram.bot.id, 0, 1_000).expect("the bot is there").len();
    // The first comes at once, the next every half a second.
    soon("the first arrival", async || (arrived().await == 1).then_some(())).await;
    telegram.sim.clock().advance(Duration::from_secs(25));
    soon("half of the arrivals", async || (arrived().await == 51).then_some(())).await;
    telegram.sim.clock().advance(Duration::from_secs(25));
    soon("all arrivals", async || (arrived().await == 100).then_some(())).await;

    let updates = telegram.updates(0).await;
    assert_eq!(updates.len(), 100);
    let starts: BTreeSet<_> = updates.iter().filter_map(text).collect();
    assert_eq!(starts.into_iter().collect::<Vec<_>>(), ["/start flyer-2", "/start spring"]);
    let dates: BTreeSet<_> = updates.iter().filter_map(date).collect();
    assert!(dates.len() >= 2, "they came at {dates:?}");
}

fn text(update: &Update) -> Option<&str> {
    match &update.content {
        UpdateContent::Message(message) => message.text.as_deref(),
        _ => None,
    }
}

fn date(update: &Update) -> Option<u64> {
    match &update.content {
        UpdateContent::Message(message) => Some(message.date),
        _ => None,
    }
}

#[tokio::test]
async fn people_of_a_script_live_as_their_habits_say() {
    let telegram = Telegram::unlimited().await;
    let habits = Habits { write: 0.5, stop: 0.2, block: 0.3, unblock: 0.5, deactivate: 0.1 };
    telegram
        .sim
        .people(telegram.bot.id, Script { count: 400, habits, ..Script::default() })
        .expect("people");
    let count = async |standing| {
        let chats = telegram.sim.chats(telegram.bot.id, 0, 1_000).expect("the bot is there");
        chats.iter().filter(|chat| chat.standing == standing).count()
    };
    soon("everybody's arrival", async || (count(Standing::Active).await == 400).then_some(()))
        .await;
    // Everybody who blocks does it within half a minute; those who think better of it follow a
    // second later.
    telegram.sim.clock().advance(Duration::from_secs(30));
    let blocked = soon("blocking", async || {
        let blocked = count(Standing::Blocked).await;
        (blocked > 70 && count(Standing::Deactivated).await > 20).then_some(blocked)
    })
    .await;
    telegram.sim.clock().advance(Duration::from_secs(5));
    soon("unblocking", async || (count(Standing::Blocked).await < blocked * 3 / 4).then_some(()))
        .await;
    let mut stops = 0;
    let mut words = 0;
    let mut offset = 0;
    loop {
        let updates = telegram.updates(offset).await;
        let Some(last) = updates.last() else { break };
        offset = i64::from(last.update_id) + 1;
        stops += updates.iter().filter(|update| text(update) == Some("/stop")).count();
        words += updates.iter().filter_map(text).filter(|text| !text.starts_with('/')).count();
    }
    assert!(
        (40..130).contains(&stops) && (120..260).contains(&words),
        "{stops} stops, {words} words"
    );
}

#[tokio::test]
async fn some_turn_out_to_be_gone_when_they_are_first_written_to() {
    let telegram = Telegram::unlimited().await;
    let bot = telegram.bot.id;
    telegram
        .sim
        .people(bot, Script { count: 500, quiet: true, ..Script::default() })
        .expect("people");
    let reactions =
        Reactions { blocked: 0.2, deactivated: 0.1, clicks: 1.0, ..Reactions::default() };
    telegram.sim.set_reactions(bot, reactions).expect("shares");
    let keys = json!({"inline_keyboard": [[{"text": "b", "callback_data": "c"}]]});
    let (mut blocked, mut gone, mut got) = (0_u64, 0_u64, 0_u64);
    for person in (0..500).map(|index| person_id(1, index)) {
        let answer = telegram
            .call("sendMessage", json!({"chat_id": person, "text": "x", "reply_markup": keys}))
            .await;
        match answer.json["description"].as_str() {
            Some("Forbidden: bot was blocked by the user") => blocked += 1,
            Some("Forbidden: user is deactivated") => gone += 1,
            other => {
                assert_eq!(other, None);
                got += 1;
            }
        }
    }
    assert!((70..130).contains(&blocked) && (30..75).contains(&gone), "{blocked} {gone}");
    let waiting = async || {
        let info = telegram.call("getWebhookInfo", json!({})).await;
        info.json["result"]["pending_update_count"].as_u64().expect("a number")
    };
    // One update for everybody who blocked the bot, and after a while one for everybody who got its
    // message.
    assert_eq!(waiting().await, blocked);
    telegram.sim.clock().advance(Duration::from_secs(20));
    soon("everybody's click", async || (waiting().await == blocked + got).then_some(())).await;
}

#[tokio::test]
async fn a_person_can_be_given_any_name() {
    let telegram = Telegram::start().await;
    let hostile = Profile {
        first_name: "<script>alert(1)</script>\u{202e}".into(),
        last_name: Some("'; drop table users; --".into()),
        username: None,
        language_code: Some("ar".into()),
    };
    telegram.sim.name_person(BORIS, hostile.clone());
    telegram.starts(BORIS);
    let updates = telegram.updates(0).await;
    let UpdateContent::Message(message) = &updates[0].content else { panic!("{updates:?}") };
    let from = message.from.as_ref().expect("somebody wrote it");
    assert_eq!((&from.first_name, &from.last_name), (&hostile.first_name, &hostile.last_name));
}
