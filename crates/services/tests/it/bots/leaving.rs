//! Disconnecting, and coming back.

use std::sync::Arc;

use adapters::telegram::BotApi;
use contract::{
    ClientError,
    bots::BotsApi,
    cx::RequestCx,
    subscribers::{Filter, SubscribersApi},
};
use services::{Services, access, bots, ingest::Refused};
use sim::{BotCard, Fault, Trouble, person_id};
use tokio_util::sync::CancellationToken;

use crate::colony::{Colony, complaint, form};

const SLUG: &str = "acme_bot";

/// A bot with one subscriber.
async fn with_a_subscriber() -> (Colony, RequestCx, BotCard) {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let receiving = colony.receive();
    colony.starts(&card, person_id(1, 0), "spring");
    colony.until("select source from subscribers", &["spring"]).await;
    receiving.stop().await;
    (colony, ann, card)
}

/// Does the job that was enqueued.
async fn leave(colony: &Colony) -> Result<(), String> {
    let of = colony.whose(SLUG).await;
    bots::leave::run(&colony.svc, &access::claimed(of.workspace, of.bot), serde_json::json!({}))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_must_be_typed() {
    let (colony, ann, _) = with_a_subscriber().await;
    for typed in ["", "acme", "acme_bot_", "@", "other_bot", "acme_bot\0"] {
        let (field, message) = complaint(colony.svc.disconnect(&ann, SLUG, typed).await);
        assert_eq!(field, "username", "{typed:?}");
        assert!(message.contains(SLUG), "{message}");
    }
    assert_eq!(colony.log().await, ["bot.connected"]);
    colony.svc.disconnect(&ann, SLUG, " @Acme_Bot ").await.expect("disconnected");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhook_and_token_go_and_subscribers_stay() {
    let (colony, ann, card) = with_a_subscriber().await;
    let path = colony.texts("select hook from directory").await.remove(0);
    colony.svc.disconnect(&ann, SLUG, SLUG).await.expect("disconnected");

    assert_eq!(colony.ingest.accept(&path, "anything").await, Err(Refused::Denied));
    assert_eq!(colony.log().await, ["bot.connected", "bot.disconnected"]);
    assert_eq!(colony.texts("select kind from jobs").await, ["leave_telegram"]);
    assert_eq!(colony.texts("select kind from bot_secrets").await, ["leaving_token"]);
    assert!(BotsApi::list(&colony.svc, &ann).await.expect("a list").is_empty());
    assert_eq!(colony.svc.view(&ann, SLUG).await.expect_err("gone"), ClientError::NotFound);
    assert_eq!(colony.svc.disconnect(&ann, SLUG, SLUG).await, Err(ClientError::NotFound));

    // Telegram is told as soon as it is there.
    colony.sim.add_fault(Fault::new(Trouble::Status { code: 502, description: None }));
    leave(&colony).await.expect_err("to be tried again");
    assert_eq!(colony.texts("select kind from bot_secrets").await, ["leaving_token"]);
    colony.sim.clear_faults();
    leave(&colony).await.expect("told");
    leave(&colony).await.expect("nothing left to tell");
    let info =
        colony.svc.telegram.get_webhook_info(&colony.credentials(&card)).await.expect("info");
    assert_eq!(info.url, "");
    assert!(colony.texts("select kind from bot_secrets").await.is_empty());
    assert_eq!(colony.texts("select count(*) from subscribers").await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_comes_back_finds_its_subscribers_and_texts() {
    let (colony, ann, card) = with_a_subscriber().await;
    let version = colony.svc.view(&ann, SLUG).await.expect("a view").version;
    let texts = contract::bots::Texts {
        welcome: "Hi".into(),
        goodbye: "Bye".into(),
        if_unmodified_since: version,
    };
    colony.svc.set_texts(&ann, SLUG, texts).await.expect("saved");
    let before = colony.whose(SLUG).await;
    colony.svc.disconnect(&ann, SLUG, SLUG).await.expect("disconnected");

    // Nobody else can have it in the meantime.
    let eve = colony.owner("eve").await;
    let (_, message) = complaint(colony.svc.connect(&eve, &form(&card.token)).await);
    assert!(message.contains("elsewhere"), "{message}");

    colony.svc.connect(&ann, &form(&card.token)).await.expect("connected again");
    assert_eq!(colony.whose(SLUG).await, before);
    let view = colony.svc.view(&ann, SLUG).await.expect("a view");
    assert_eq!(
        (view.welcome.as_str(), view.goodbye.as_str(), view.counts.active),
        ("Hi", "Bye", 1)
    );
    let people =
        SubscribersApi::list(&colony.svc, &ann, SLUG, &Filter::default()).await.expect("people");
    assert_eq!(people.rows.len(), 1);
    assert_eq!(
        colony.log().await,
        ["bot.connected", "bot.texts_changed", "bot.disconnected", "bot.connected"]
    );

    // The job that was on its way leaves the new webhook alone.
    leave(&colony).await.expect("nothing to do");
    let info =
        colony.svc.telegram.get_webhook_info(&colony.credentials(&card)).await.expect("info");
    assert!(info.url.ends_with(&colony.texts("select hook from directory").await[0]));
    assert_eq!(colony.texts("select kind from bot_secrets").await, ["token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_thirty_days_everything_is_gone() {
    let (colony, ann, card) = with_a_subscriber().await;
    let day = 24 * 60 * 60;
    colony.svc.disconnect(&ann, SLUG, SLUG).await.expect("disconnected");
    colony.svc.store.shift_clock(30 * day - 60);
    assert_eq!(bots::expire(&colony.svc).await.expect("a look"), 0);
    colony.svc.store.shift_clock(30 * day + 60);
    assert_eq!(bots::expire(&colony.svc).await.expect("a look"), 1);
    for table in ["bots", "directory", "bot_secrets", "subscribers", "bot_counters", "updates"] {
        assert!(colony.texts(&format!("select 1 from {table}")).await.is_empty(), "{table}");
    }
    // The log outlives what it tells of, and the bot may be anybody's now.
    assert_eq!(colony.log().await, ["bot.connected", "bot.disconnected"]);
    let eve = colony.owner("eve").await;
    colony.svc.connect(&eve, &form(&card.token)).await.expect("connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_job_that_is_slow_holds_no_other_up() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let (slow, quick) = (colony.connected(&ann, "slow_bot").await, "quick_bot");
    colony.connected(&ann, quick).await;
    let stall = Fault::new(Trouble::Stall { secs: 600.0 });
    colony.sim.add_fault(Fault { bot: Some(slow.id), ..stall });
    let svc = Services { telegram: Arc::new(BotApi::new()), ..colony.svc.clone() };
    svc.disconnect(&ann, "slow_bot", "slow_bot").await.expect("disconnected");
    svc.disconnect(&ann, quick, quick).await.expect("disconnected");
    // The quick one falls due when the slow one has begun.
    let admin = colony.db.superuser().await;
    let due = async |when: &str| {
        let sql = format!(
            "update jobs set run_at = {when} where bot_id = (select id from bots where slug = '{quick}')"
        );
        admin.batch_execute(&sql).await.expect("it falls due");
    };
    due("'infinity'").await;
    let stop = CancellationToken::new();
    let jobs = tokio::spawn(services::jobs::run(svc.clone(), stop.clone()));
    colony.until("select count(*) from jobs where leased_until is not null", &["1"]).await;
    due("gannet_now()").await;
    svc.nudges.jobs.notify_one();

    let left = "select b.slug from jobs j join bots b on b.id = j.bot_id order by 1";
    colony.until(left, &["slow_bot"]).await;
    assert_eq!(
        colony.texts("select attempts from jobs where last_error is null").await,
        ["1"],
        "the slow one is at its first try still"
    );
    stop.cancel();
    jobs.abort();
}
