//! getUpdates, and what excludes it.

use std::time::Duration;

use frankenstein::updates::{Update, UpdateContent};
use serde_json::json;
use sim::Deed;

use crate::support::{ANNA, BORIS, Telegram};

#[tokio::test]
async fn updates_stay_until_an_offset_confirms_them() {
    let telegram = Telegram::start().await;
    telegram.does(ANNA, Deed::Start { payload: "spring".into() });
    telegram.does(BORIS, Deed::Start { payload: String::new() });
    let first = telegram.updates(0).await;
    assert_eq!(first.len(), 2);
    let UpdateContent::Message(message) = &first[0].content else { panic!("{first:?}") };
    assert_eq!(message.text.as_deref(), Some("/start spring"));
    assert_eq!(message.chat.id, ANNA);
    assert!(
        message
            .from
            .as_ref()
            .is_some_and(|from| from.id == ANNA as u64 && !from.first_name.is_empty())
    );
    assert_eq!(telegram.updates(0).await, first);
    assert_eq!(telegram.updates(i64::from(first[1].update_id)).await.len(), 1);
    assert!(telegram.updates(i64::from(first[1].update_id) + 1).await.is_empty());
    assert!(telegram.updates(0).await.is_empty());
}

#[tokio::test]
async fn a_long_poll_waits_for_news_and_not_for_ever() {
    let telegram = Telegram::start().await;
    let (url, http) = (telegram.url("getUpdates"), telegram.http.clone());
    let poll = tokio::spawn(async move {
        http.get(url)
            .query(&[("timeout", "50")])
            .send()
            .await
            .expect("an answer")
            .json::<serde_json::Value>()
            .await
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!poll.is_finished());
    telegram.starts(ANNA);
    let got = poll.await.expect("it does not panic").expect("JSON");
    let updates: Vec<Update> = serde_json::from_value(got["result"].clone()).expect("updates");
    assert_eq!(updates.len(), 1);

    let confirmed = i64::from(updates[0].update_id) + 1;
    let waiting = telegram.call("getUpdates", json!({"offset": confirmed, "timeout": 50}));
    let (empty, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        telegram.sim.clock().advance(Duration::from_secs(50));
    });
    assert!(empty.result::<Vec<Update>>().is_empty());
}

#[tokio::test]
async fn only_one_poll_and_no_webhook_beside_it() {
    let telegram = Telegram::start().await;
    let waiting = telegram.call("getUpdates", json!({"timeout": 50}));
    let (ended, newer) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        telegram.call("getUpdates", json!({})).await
    });
    assert!(newer.status.is_success());
    let want = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    assert_eq!(ended.refusal(), (409, want));

    let waiting = telegram.call("getUpdates", json!({"timeout": 50}));
    let (ended, set) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        telegram.call("setWebhook", json!({"url": "http://127.0.0.1:9/never"})).await
    });
    assert_eq!(set.json["description"], "Webhook was set");
    assert_eq!(ended.refusal(), (409, "Conflict: terminated by setWebhook request"));
    let want = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
    assert_eq!(telegram.call("getUpdates", json!({})).await.refusal(), (409, want));
    assert_eq!(
        telegram.call("deleteWebhook", json!({})).await.json["description"],
        "Webhook was deleted"
    );
    assert!(telegram.updates(0).await.is_empty());
}

#[tokio::test]
async fn a_bot_gets_the_kinds_it_asks_for() {
    let telegram = Telegram::start().await;
    let ask = json!({"allowed_updates": ["my_chat_member"]});
    assert!(telegram.call("getUpdates", ask).await.result::<Vec<Update>>().is_empty());
    telegram.starts(ANNA);
    telegram.does(ANNA, Deed::Block);
    let updates = telegram.updates(0).await;
    assert!(
        matches!(updates.as_slice(), [Update { content: UpdateContent::MyChatMember(_), .. }]),
        "{updates:?}"
    );
    assert!(telegram.call("getUpdates", json!({"allowed_updates": []})).await.status.is_success());
    telegram.does(ANNA, Deed::Unblock);
    telegram.starts(ANNA);
    assert_eq!(telegram.updates(i64::from(updates[0].update_id) + 1).await.len(), 2);
}

#[tokio::test]
async fn after_a_day_an_update_is_gone() {
    let telegram = Telegram::start().await;
    telegram.starts(ANNA);
    telegram.sim.clock().advance(Duration::from_secs(24 * 3_600));
    assert_eq!(telegram.updates(0).await.len(), 1);
    telegram.sim.clock().advance(Duration::from_secs(1));
    assert!(telegram.updates(0).await.is_empty());
}
