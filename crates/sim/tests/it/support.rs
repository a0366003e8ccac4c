//! A running simulator with one bot, and a client to talk to it.

use std::{future::Future, time::Duration};

use frankenstein::{types::Message, updates::Update};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sim::{BotCard, Clock, Deed, Limits, NewBot, Sim, SimConfig, SimHandle, person_id};

/// The first person of seed 1.
pub const ANNA: i64 = person(0);
/// The second.
pub const BORIS: i64 = person(1);

const fn person(index: i64) -> i64 {
    2_000_000_000_001 + index
}

pub struct Telegram {
    pub sim: SimHandle,
    pub bot: BotCard,
    pub http: reqwest::Client,
}

/// What a method answered.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub retry_after: Option<String>,
    pub json: Value,
}

impl Answered {
    /// The result, which must be one, as frankenstein reads it.
    #[track_caller]
    pub fn result<T: DeserializeOwned>(self) -> T {
        assert_eq!(
            (self.status, &self.json["ok"]),
            (StatusCode::OK, &json!(true)),
            "{}",
            self.json
        );
        serde_json::from_value(self.json["result"].clone())
            .unwrap_or_else(|err| panic!("{err} in {}", self.json))
    }

    /// Status and description of a refusal, whose envelope must agree with the status.
    #[track_caller]
    pub fn refusal(&self) -> (u16, &str) {
        let code = self.status.as_u16();
        assert_eq!(
            (&self.json["ok"], &self.json["error_code"]),
            (&json!(false), &json!(code)),
            "{}",
            self.json
        );
        (code, self.json["description"].as_str().expect("a refusal says why"))
    }
}

impl Telegram {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Without limits, so that tests of other things need not mind them.
    pub async fn unlimited() -> Self {
        Self::with(|config| config.limits = Limits::OFF).await
    }

    pub async fn with(change: impl FnOnce(&mut SimConfig)) -> Self {
        let mut config = SimConfig { clock: Clock::frozen(), ..SimConfig::default() };
        change(&mut config);
        let sim = Sim::start(config).await.expect("a free port on loopback");
        let new = NewBot { username: Some("gannet_test_bot".into()), ..NewBot::default() };
        let bot = sim.bots().first().cloned();
        let bot = bot.unwrap_or_else(|| sim.create_bot(new).expect("the first bot"));
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(10)).build().expect("a client");
        Self { sim, bot, http }
    }

    pub fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.sim.base_url(), self.bot.token)
    }

    pub async fn call(&self, method: &str, params: Value) -> Answered {
        let response = self.http.post(self.url(method)).json(&params).send().await;
        answered(response.expect("an answer")).await
    }

    pub async fn send(&self, chat: i64, text: &str) -> Answered {
        self.call("sendMessage", json!({"chat_id": chat, "text": text})).await
    }

    #[track_caller]
    pub fn does(&self, person: i64, deed: Deed) {
        self.sim.person_does(self.bot.id, person, &deed).expect("the person can");
    }

    #[track_caller]
    pub fn starts(&self, person: i64) {
        self.does(person, Deed::Start { payload: String::new() });
    }

    pub async fn updates(&self, offset: i64) -> Vec<Update> {
        self.call("getUpdates", json!({"offset": offset})).await.result()
    }

    /// What a person has in the chat with the bot, in order.
    #[track_caller]
    pub fn texts(&self, person: i64) -> Vec<String> {
        let chat = self.sim.chat(self.bot.id, person).expect("the chat exists");
        chat.messages.into_iter().filter(|seen| seen.from_bot).map(|seen| seen.text).collect()
    }

    /// A message that must have been accepted.
    pub async fn sent(&self, chat: i64, text: &str) -> Message {
        self.send(chat, text).await.result()
    }
}

pub async fn answered(response: Response) -> Answered {
    let status = response.status();
    let header = response.headers().get("retry-after");
    let retry_after = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let json = response.json().await.expect("an answer in JSON");
    Answered { status, retry_after, json }
}

/// Waits until `look` finds something, at most five seconds.
pub async fn soon<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    for _ in 0..500 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not happen");
}

#[test]
fn people_have_the_numbers_the_tests_use() {
    assert_eq!((person_id(1, 0), person_id(1, 1)), (ANNA, BORIS));
}
