//! The client against the simulator, which shares no code with it: do the two read the Bot API alike?

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::time::Duration;

use adapters::telegram::*;
use domain::text;
use serde_json::Value;
use serde_json::value::RawValue;
use sim::{Deed, Fault, Limits, NewBot, Script, Sim, SimConfig, SimHandle, Trouble, person_id};

struct Rig {
    sim: SimHandle,
    bot: i64,
    who: Credentials,
    api: BotApi,
    people: Vec<i64>,
}

impl Rig {
    /// A bot whom five people know.
    async fn new(limits: Limits) -> Self {
        let sim = Sim::start(SimConfig { limits, ..SimConfig::default() }).await.unwrap();
        let card = sim.create_bot(NewBot::default()).unwrap();
        let people: Vec<i64> = (0..5).map(|n| person_id(1, n)).collect();
        for person in &people {
            sim.person_does(card.id, *person, &Deed::Start { payload: "poster".into() }).unwrap();
        }
        let who = Credentials {
            api: ApiBase::parse(&sim.base_url()).unwrap(),
            token: BotToken::parse(&card.token).unwrap(),
        };
        let api = BotApi::new().with_deadline(Duration::from_millis(300));
        Self { sim, bot: card.id, who, api, people }
    }

    async fn send(&self, chat: i64) -> Result<Sent, SendError> {
        self.api.send(&self.who, chat, &words("hello").into()).await
    }

    /// What the bot wrote to a chat.
    fn received(&self, chat: i64) -> Vec<String> {
        let chat = self.sim.chat(self.bot, chat).unwrap();
        chat.messages.iter().filter(|m| m.from_bot).map(|m| m.text.clone()).collect()
    }
}

fn words(words: &str) -> text::Message {
    let entities = vec![text::Entity { style: text::Style::Bold, offset: 0, length: 2 }];
    text::Message { text: words.into(), entities }
}

#[tokio::test]
async fn a_bot_is_known_reads_its_updates_and_answers() {
    let rig = Rig::new(Limits::TELEGRAM).await;
    let (api, who) = (&rig.api, &rig.who);
    let me = api.get_me(who).await.unwrap();
    assert_eq!((me.id, who.token.telegram_id()), (rig.bot, rig.bot));

    let updates = api.get_updates(who, 0, Duration::from_secs(1), &["message"]).await.unwrap();
    assert_eq!(updates.len(), 5);
    let first: Value = serde_json::from_slice(&updates[0].json).unwrap();
    assert_eq!(first["message"]["text"], "/start poster");
    assert_eq!(first["update_id"], updates[0].update_id);
    let next = updates[4].update_id + 1;
    assert!(api.get_updates(who, next, Duration::ZERO, &[]).await.unwrap().is_empty());

    let sent = rig.send(rig.people[0]).await.unwrap();
    assert!(sent.message_id > 0);
    assert_eq!(rig.received(rig.people[0]), ["hello"]);
    let start = Command { command: "start".into(), description: "Begin".into() };
    api.set_my_commands(who, &[start]).await.unwrap();
}

#[tokio::test]
async fn everything_a_message_can_carry_is_understood() {
    let rig = Rig::new(Limits::OFF).await;
    let chat = rig.people[0];
    let buttons = r#"{"inline_keyboard":[[{"text":"Go","callback_data":"go"}]]}"#;
    let rich = Outgoing {
        buttons: Some(RawValue::from_string(buttons.into()).unwrap()),
        silent: true,
        protected: true,
        link_preview: false,
        reply_to: Some(9999),
        ..words("hello").into()
    };
    rig.api.send(&rig.who, chat, &rich).await.unwrap();
    let seen = rig.sim.chat(rig.bot, chat).unwrap().messages.pop().unwrap();
    assert_eq!(seen.buttons, [["Go"]]);
    assert_eq!(seen.message["entities"][0]["type"], "bold");

    rig.sim.person_does(rig.bot, chat, &Deed::Press { data: None, group: None }).unwrap();
    let wait = Duration::from_secs(1);
    let updates = rig.api.get_updates(&rig.who, -1, wait, &["callback_query"]).await.unwrap();
    let press: Value = serde_json::from_slice(&updates[0].json).unwrap();
    let query = press["callback_query"]["id"].as_str().unwrap();
    rig.api.answer_callback_query(&rig.who, query, Some("Done")).await.unwrap();
}

#[tokio::test]
async fn each_kind_of_refusal_is_recognised() {
    let rig = Rig::new(Limits::TELEGRAM).await;
    let does = |person, deed| rig.sim.person_does(rig.bot, person, &deed).unwrap();
    does(rig.people[0], Deed::Block);
    does(rig.people[1], Deed::Deactivate);
    assert_eq!(rig.send(rig.people[0]).await, Err(SendError::Blocked));
    assert_eq!(rig.send(rig.people[1]).await, Err(SendError::Deactivated));
    assert_eq!(rig.send(person_id(9, 9)).await, Err(SendError::ChatNotFound));
    let empty = rig.api.send(&rig.who, rig.people[2], &text::Message::default().into()).await;
    assert!(matches!(empty, Err(SendError::Rejected { code: 400, .. })), "{empty:?}");

    rig.send(rig.people[3]).await.unwrap();
    let hurried = rig.send(rig.people[3]).await.unwrap_err();
    assert!(matches!(hurried, SendError::SlowDown(_)), "{hurried:?}");

    let revoked = rig.sim.rotate_token(rig.bot).unwrap();
    assert_eq!(rig.send(rig.people[4]).await, Err(SendError::Unauthorized));
    assert_eq!(rig.api.get_me(&rig.who).await, Err(CallError::Unauthorized));
    let who = Credentials { token: BotToken::parse(&revoked).unwrap(), ..rig.who.clone() };
    rig.api.get_me(&who).await.unwrap();
}

#[tokio::test]
async fn a_webhook_and_a_poll_exclude_each_other() {
    let rig = Rig::new(Limits::TELEGRAM).await;
    let (api, who) = (&rig.api, &rig.who);
    let hook = Webhook {
        url: "http://127.0.0.1:9/telegram/x",
        secret: "TEST-secret",
        allowed_updates: &["message"],
        max_connections: 40,
        drop_pending: false,
    };
    api.set_webhook(who, &hook).await.unwrap();
    let info = api.get_webhook_info(who).await.unwrap();
    assert_eq!((info.url.as_str(), info.pending_update_count), (hook.url, 5));
    let poll = api.get_updates(who, 0, Duration::ZERO, &[]).await.unwrap_err();
    assert!(matches!(poll, CallError::Conflict(_)), "{poll:?}");
    api.delete_webhook(who, false).await.unwrap();
    assert_eq!(api.get_updates(who, 0, Duration::ZERO, &[]).await.unwrap().len(), 5);
}

/// The ledger knows what was accepted. Whatever goes wrong, no verdict may contradict it.
#[tokio::test]
async fn no_verdict_contradicts_the_ledger() {
    let rig = Rig::new(Limits::OFF).await;
    rig.sim.people(rig.bot, Script { count: 24, seed: 2, ..Script::default() }).unwrap();
    let chats: Vec<i64> = (0..24).map(|n| person_id(2, n)).collect();
    let wait = Duration::from_secs(1);
    let mut offset = 0;
    while let Some(last) = rig.api.get_updates(&rig.who, offset, wait, &[]).await.unwrap().last() {
        offset = last.update_id + 1;
    }

    let troubles = [
        Trouble::Status { code: 502, description: None },
        Trouble::TooMany { retry_after: 3 },
        Trouble::Stall { secs: 1.0 },
        Trouble::ResetBefore,
        Trouble::ResetAfter,
        Trouble::SlowBody { secs: 1.0 },
        Trouble::Oversize { bytes: 2 << 20 },
    ];
    let trouble = |n: usize| troubles.get(n % (troubles.len() + 1)).cloned();
    for (n, chat) in chats.iter().enumerate() {
        if let Some(what) = trouble(n) {
            let fault = Fault { chat: Some(*chat), count: Some(1), ..Fault::new(what) };
            rig.sim.add_fault(fault);
        }
    }
    let message = Prepared::new(&rig.who, &words("hello").into());
    let mut said = HashMap::new();
    for chat in &chats {
        said.insert(*chat, rig.api.send_prepared(&message, *chat).await);
    }

    let accepted = rig.sim.per_chat(rig.bot).unwrap();
    for (n, chat) in chats.iter().enumerate() {
        let accepted = accepted.get(chat).copied().unwrap_or(0);
        let said = &said[chat];
        assert!(accepted <= 1, "{n} was delivered twice");
        match said {
            Ok(_) => assert_eq!(accepted, 1, "{n} {said:?}"),
            Err(SendError::Unanswered(_)) => {}
            Err(_) => assert_eq!(accepted, 0, "{n} {said:?}"),
        }
        let unknown = matches!(said, Err(SendError::Unanswered(_)));
        match trouble(n) {
            None => assert!(said.is_ok(), "{n} {said:?}"),
            Some(Trouble::TooMany { .. }) => {
                assert_eq!(*said, Err(SendError::SlowDown(Duration::from_secs(3))));
            }
            Some(what) => assert!(unknown, "{n} {what:?} {said:?}"),
        }
    }
}
