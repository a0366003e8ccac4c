//! What a restart keeps, and what the files hold.

use std::path::PathBuf;

use frankenstein::types::User;
use serde_json::json;
use sim::{Clock, Deed, Limits, Script, Sim, SimConfig, SimError, Standing, person_id};

use crate::support::{ANNA, BORIS, Telegram};

/// A file of this test alone.
fn file(name: &str) -> PathBuf {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

#[tokio::test]
async fn bots_and_people_survive_a_restart() {
    let path = file("state");
    let start = async || Telegram::with(|config| config.state = Some(path.clone())).await;
    let before = start().await;
    before.starts(ANNA);
    before.starts(BORIS);
    before.does(BORIS, Deed::Block);
    before.call("setMyDescription", json!({"description": "Birds"})).await;
    let sent = before.sent(ANNA, "before").await.message_id;
    let waiting = before.updates(0).await;
    let (token, bot) = (before.bot.token.clone(), before.bot.id);
    before.sim.shutdown().await;

    let after = start().await;
    assert_eq!(after.bot.token, token);
    let me: User = after.call("getMe", json!({})).await.result();
    assert_eq!(me.id, bot as u64);
    assert_eq!(
        after.call("getMyDescription", json!({})).await.json["result"]["description"],
        "Birds"
    );
    assert_eq!(after.updates(0).await, waiting);
    assert_eq!(
        after.send(BORIS, "x").await.refusal(),
        (403, "Forbidden: bot was blocked by the user")
    );
    assert!(after.sent(ANNA, "after").await.message_id > sent);
    after.does(ANNA, Deed::Text { text: "x".into(), group: None });
    let last = after.updates(0).await.last().map(|update| update.update_id);
    assert!(last > waiting.last().map(|update| update.update_id));
    after.sim.shutdown().await;
}

#[tokio::test]
async fn a_script_goes_on_after_a_restart() {
    let path = file("script-state");
    let start = async || Telegram::with(|config| config.state = Some(path.clone())).await;
    let before = start().await;
    let script = Script { count: 10, over_secs: 1_000.0, ..Script::default() };
    before.sim.people(before.bot.id, script).expect("people");
    let bot = before.bot.id;
    let count =
        |telegram: &Telegram| telegram.sim.chats(bot, 0, 100).expect("the bot is there").len();
    crate::support::soon("the first arrival", async || (count(&before) == 1).then_some(())).await;
    before.sim.shutdown().await;

    let after = start().await;
    after.sim.clock().advance(std::time::Duration::from_secs(1_000));
    crate::support::soon("the others", async || (count(&after) == 10).then_some(())).await;
    assert_eq!(after.sim.chat(bot, person_id(1, 9)).expect("the last").standing, Standing::Active);
    after.sim.shutdown().await;
}

#[tokio::test]
async fn the_ledger_file_has_a_line_for_every_message() {
    let path = file("ledger");
    let telegram = Telegram::with(|config| {
        config.ledger = Some(path.clone());
        config.limits = Limits::OFF;
    })
    .await;
    telegram.starts(ANNA);
    for n in 0..20 {
        telegram.sent(ANNA, &format!("text {}", n / 2)).await;
    }
    let twice = telegram.sim.duplicates(telegram.bot.id).expect("the bot is there");
    assert_eq!((twice.len(), twice[0].messages.len()), (10, 2));
    assert_eq!(telegram.sim.per_chat(telegram.bot.id).expect("the bot is there")[&ANNA], 20);
    let bot = telegram.bot.id;
    telegram.sim.shutdown().await;

    let lines = std::fs::read_to_string(&path).expect("the file is there");
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 20);
    assert_eq!((lines[0]["bot"].as_i64(), lines[0]["chat"].as_i64()), (Some(bot), Some(ANNA)));
    assert_eq!(lines[0]["method"], "sendMessage");
    assert_eq!(lines[0]["hash"], format!("{:016x}", sim::content_hash(&[b"text 0"])));
}

#[tokio::test]
async fn a_file_of_somebody_else_is_not_touched() {
    let path = file("foreign");
    std::fs::write(&path, "my diary").expect("it can be written");
    let config =
        SimConfig { state: Some(path.clone()), clock: Clock::frozen(), ..SimConfig::default() };
    let err = Sim::start(config).await.expect_err("it is no state file");
    assert!(matches!(err, SimError::File { .. }), "{err}");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "my diary");
}
