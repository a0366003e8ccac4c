//! What goes wrong when it is told to.

use std::time::{Duration, Instant};

use serde_json::json;
use sim::{Fault, Method, Trouble};

use crate::support::{ANNA, BORIS, Telegram, answered};

async fn telegram() -> Telegram {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    telegram.starts(BORIS);
    telegram
}

#[tokio::test]
async fn a_fault_with_a_count_wears_off() {
    let telegram = telegram().await;
    let what = Trouble::Status { code: 502, description: None };
    telegram.sim.add_fault(Fault {
        count: Some(2),
        method: Some(Method::SendMessage),
        ..Fault::new(what)
    });
    assert!(telegram.call("getMe", json!({})).await.status.is_success());
    assert_eq!(telegram.send(ANNA, "x").await.refusal(), (502, "Bad Gateway"));
    assert_eq!(telegram.send(ANNA, "x").await.refusal(), (502, "Bad Gateway"));
    telegram.sent(ANNA, "x").await;
    assert_eq!(telegram.texts(ANNA), ["x"]);
}

#[tokio::test]
async fn one_bot_can_be_told_to_wait_while_others_go_on() {
    let telegram = telegram().await;
    let other = telegram.sim.create_bot(sim::NewBot::default()).expect("another bot");
    telegram.sim.add_fault(Fault {
        bot: Some(telegram.bot.id),
        ..Fault::new(Trouble::TooMany { retry_after: 7 })
    });
    let refused = telegram.send(ANNA, "x").await;
    assert_eq!(refused.refusal(), (429, "Too Many Requests: retry after 7"));
    let url = format!("{}/bot{}/getMe", telegram.sim.base_url(), other.token);
    assert!(
        answered(telegram.http.get(url).send().await.expect("an answer")).await.status.is_success()
    );
    telegram.sim.clear_faults();
    telegram.sent(ANNA, "x").await;
}

#[tokio::test]
async fn a_reset_connection_leaves_the_sender_in_doubt() {
    let telegram = telegram().await;
    for (what, accepted) in [(Trouble::ResetBefore, 0), (Trouble::ResetAfter, 1)] {
        telegram.sim.add_fault(Fault { count: Some(1), chat: Some(ANNA), ..Fault::new(what) });
        telegram.sent(BORIS, "x").await;
        let request = telegram
            .http
            .post(telegram.url("sendMessage"))
            .json(&json!({"chat_id": ANNA, "text": "x"}));
        let err = request.send().await.expect_err("nobody answers");
        assert!(!err.is_timeout() && !err.is_status(), "{err:?}");
        assert!(is_reset(&err), "{err:?}");
        assert_eq!(telegram.texts(ANNA).len(), accepted);
    }
}

fn is_reset(err: &(dyn std::error::Error + 'static)) -> bool {
    let io = err.downcast_ref::<std::io::Error>();
    io.is_some_and(|err| err.kind() == std::io::ErrorKind::ConnectionReset)
        || err.source().is_some_and(is_reset)
}

#[tokio::test]
async fn a_stalled_request_is_accepted_before_it_stalls() {
    let telegram = telegram().await;
    telegram.sim.add_fault(Fault { count: Some(1), ..Fault::new(Trouble::Stall { secs: 30.0 }) });
    let (answer, ()) = tokio::join!(telegram.send(ANNA, "x"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(telegram.texts(ANNA), ["x"]);
        telegram.sim.clock().advance(Duration::from_secs(30));
    });
    assert!(answer.status.is_success());
}

#[tokio::test]
async fn an_answer_can_be_slow_or_huge_and_still_be_right() {
    let telegram = Telegram::with(|config| {
        config.limits = sim::Limits::OFF;
        config.clock = sim::Clock::system();
    })
    .await;
    telegram.starts(ANNA);
    telegram.sim.add_fault(Fault { count: Some(1), ..Fault::new(Trouble::SlowBody { secs: 0.3 }) });
    let begun = Instant::now();
    assert!(telegram.send(ANNA, "slow").await.status.is_success());
    assert!(begun.elapsed() >= Duration::from_millis(250));

    telegram
        .sim
        .add_fault(Fault { count: Some(1), ..Fault::new(Trouble::Oversize { bytes: 3 << 20 }) });
    let url = telegram.url("getMe");
    let body =
        telegram.http.get(url).send().await.expect("an answer").bytes().await.expect("a body");
    assert_eq!(body.len(), 3 << 20);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).expect("JSON")["ok"], true);
}
