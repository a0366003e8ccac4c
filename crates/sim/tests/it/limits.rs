//! Telegram's limits, with time under the test's control.

use std::time::Duration;

use serde_json::json;
use sim::{Group, Limits, Rate, Script};

use crate::support::{ANNA, BORIS, Telegram};

#[tokio::test]
async fn one_message_a_second_to_a_chat() {
    let telegram = Telegram::start().await;
    telegram.starts(ANNA);
    telegram.starts(BORIS);
    telegram.sent(ANNA, "1").await;
    let refused = telegram.send(ANNA, "2").await;
    assert_eq!(refused.refusal(), (429, "Too Many Requests: retry after 1"));
    assert_eq!(refused.json["parameters"], json!({"retry_after": 1}));
    assert_eq!(refused.retry_after.as_deref(), Some("1"));
    telegram.sent(BORIS, "1").await;

    telegram.sim.clock().advance(Duration::from_millis(999));
    assert_eq!(telegram.send(ANNA, "2").await.refusal().0, 429);
    telegram.sim.clock().advance(Duration::from_millis(1));
    telegram.sent(ANNA, "2").await;
    assert_eq!(telegram.texts(ANNA), ["1", "2"]);
}

#[tokio::test]
async fn thirty_a_second_of_a_bot() {
    let telegram = Telegram::start().await;
    telegram
        .sim
        .people(telegram.bot.id, Script { count: 40, quiet: true, ..Script::default() })
        .expect("people");
    let send =
        async |index: u32| telegram.send(sim::person_id(1, index), "x").await.status.as_u16();
    for index in 0..30 {
        assert_eq!(send(index).await, 200, "{index}");
    }
    assert_eq!(send(30).await, 429);
    assert!(telegram.call("getMe", json!({})).await.status.is_success());
    telegram.sim.clock().advance(Duration::from_secs(1));
    for index in 30..40 {
        assert_eq!(send(index).await, 200, "{index}");
    }
}

#[tokio::test]
async fn twenty_a_minute_to_a_group() {
    let telegram = Telegram::start().await;
    let group = Group { title: "Club".into(), ..Group::default() };
    let group = telegram.sim.add_to_group(telegram.bot.id, ANNA, group).expect("Anna may");
    for n in 0..20 {
        telegram.sent(group, &n.to_string()).await;
    }
    let refused = telegram.send(group, "20").await;
    assert_eq!(refused.refusal(), (429, "Too Many Requests: retry after 3"));
    telegram.sim.clock().advance(Duration::from_secs(3));
    telegram.sent(group, "20").await;
}

#[tokio::test]
async fn limits_can_be_others_or_none() {
    let telegram = Telegram::start().await;
    telegram.starts(ANNA);
    telegram.sim.set_limits(Limits { chat: Some(Rate::new(1, 1, 3)), ..Limits::TELEGRAM });
    for n in 0..3 {
        telegram.sent(ANNA, &n.to_string()).await;
    }
    assert_eq!(telegram.send(ANNA, "3").await.refusal().0, 429);
    telegram.sim.set_limits(Limits::OFF);
    for n in 0..50 {
        telegram.sent(ANNA, &n.to_string()).await;
    }
}

#[tokio::test]
async fn a_webhook_is_set_once_a_second_at_most() {
    let telegram = Telegram::start().await;
    let set = async |path: &str| {
        let url = format!("http://127.0.0.1:9/{path}");
        telegram.call("setWebhook", json!({"url": url})).await.status.as_u16()
    };
    assert_eq!([set("a").await, set("b").await], [200, 429]);
    telegram.sim.clock().advance(Duration::from_secs(1));
    assert_eq!(set("b").await, 200);
}
