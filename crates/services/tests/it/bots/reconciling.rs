//! Connections are as they should be, whatever process died in between and wherever the instance moved.

use std::sync::Arc;

use adapters::telegram::Webhook;
use contract::{bots::BotsApi, cx::RequestCx};
use services::{Services, Settings, bots::reconcile, jobs};
use sim::{BotCard, Fault, Limits, Method, Trouble, person_id};
use tokio_util::sync::CancellationToken;

use crate::colony::{Colony, Receiving, form};

const SLUG: &str = "acme_bot";

/// Longer than a change may take.
const LAPSED_SECS: i64 = store::bots::CLAIM_SECS as i64 + 1;

async fn public() -> (Colony, RequestCx, BotCard) {
    let colony = Colony::public().await;
    // Telegram takes one change of a webhook a second, which is not what is tried here.
    colony.sim.set_limits(Limits::OFF);
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    (colony, ann, card)
}

/// Commits that change this table fail from now on, as if the process died before them.
async fn die_before_changing(colony: &Colony, table: &str) {
    let sql = format!(
        "create function die() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$;
         create trigger die before update on {table} for each row execute function die()"
    );
    colony.db.superuser().await.batch_execute(&sql).await.expect("a trigger");
}

async fn live_again(colony: &Colony, table: &str) {
    let sql = format!("drop trigger die on {table}; drop function die()");
    colony.db.superuser().await.batch_execute(&sql).await.expect("no trigger");
}

async fn settle(svc: &Services) {
    reconcile::settle(svc, &CancellationToken::new()).await;
}

async fn compare(svc: &Services) {
    reconcile::compare(svc, &CancellationToken::new()).await;
}

/// Where Telegram delivers to.
async fn address(colony: &Colony, card: &BotCard) -> String {
    let who = colony.credentials(card);
    colony.svc.telegram.get_webhook_info(&who).await.expect("info").url
}

async fn path(colony: &Colony) -> String {
    colony.texts("select hook from directory").await.remove(0)
}

/// The instance under another address.
fn moved(colony: &Colony, base_url: &str, is_public: bool) -> Services {
    let settings =
        Settings { base_url: base_url.into(), is_public, ..(*colony.svc.settings).clone() };
    Services { settings: Arc::new(settings), ..colony.svc.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_telegram_has_and_we_did_not_commit_is_put_into_force() {
    let (colony, ann, card) = public().await;
    let before = path(&colony).await;
    die_before_changing(&colony, "directory").await;
    colony.svc.repair(&ann, SLUG).await.expect_err("killed");
    live_again(&colony, "directory").await;
    assert_eq!(path(&colony).await, before);
    assert!(!address(&colony, &card).await.ends_with(&before), "the bot is deaf");

    settle(&colony.svc).await;
    assert_eq!(path(&colony).await, before, "somebody may still be at it");
    colony.svc.store.shift_clock(LAPSED_SECS);
    settle(&colony.svc).await;
    assert!(address(&colony, &card).await.ends_with(&path(&colony).await));
    assert_eq!(colony.log().await, ["bot.connected", "bot.repaired"]);
    assert!(colony.texts("select 1 from bot_changes").await.is_empty());

    // It hears again: secret and path belong together.
    let receiving = colony.receive();
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select status from subscribers", &["active"]).await;
    receiving.stop().await;
    colony.svc.repair(&ann, SLUG).await.expect("the next change may come");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_telegram_has_and_we_did_not_commit_is_put_into_force() {
    let (colony, ann, mut card) = public().await;
    card.token = colony.sim.rotate_token(card.id).expect("a new token");
    die_before_changing(&colony, "bot_secrets").await;
    colony.svc.rotate(&ann, SLUG, &form(&card.token)).await.expect_err("killed");
    live_again(&colony, "bot_secrets").await;
    colony.svc.store.shift_clock(LAPSED_SECS);
    settle(&colony.svc).await;

    assert_eq!(colony.log().await, ["bot.connected", "bot.token_rotated"]);
    let view = colony.svc.view(&ann, SLUG).await.expect("a view");
    assert!(card.token.ends_with(&view.token_last4));
    let connection = colony.svc.connection(&ann, SLUG).await.expect("a connection");
    assert_eq!((connection.trouble, connection.pending), (None, Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_telegram_never_heard_of_is_forgotten() {
    let (colony, ann, card) = public().await;
    let (before, who) = (path(&colony).await, colony.credentials(&card));
    let old = address(&colony, &card).await;
    die_before_changing(&colony, "directory").await;
    colony.svc.repair(&ann, SLUG).await.expect_err("killed");
    live_again(&colony, "directory").await;
    let hook = Webhook {
        url: &old,
        secret: "TEST-whatever",
        allowed_updates: &[],
        max_connections: 1,
        drop_pending: false,
    };
    colony.svc.telegram.set_webhook(&who, &hook).await.expect("as it was before");

    colony.svc.store.shift_clock(LAPSED_SECS);
    settle(&colony.svc).await;
    assert_eq!((path(&colony).await, address(&colony, &card).await), (before, old));
    assert!(colony.texts("select 1 from bot_changes").await.is_empty());
    assert_eq!(colony.log().await, ["bot.connected"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stays_open_is_settled_when_telegram_is_back() {
    let (colony, ann, card) = public().await;
    for method in [Method::SetWebhook, Method::GetWebhookInfo] {
        colony.sim.add_fault(Fault { method: Some(method), ..Fault::new(Trouble::ResetAfter) });
    }
    colony.svc.repair(&ann, SLUG).await.expect_err("not known");
    settle(&colony.svc).await;
    assert_eq!(colony.log().await, ["bot.connected"], "Telegram does not say");
    colony.sim.clear_faults();
    colony.svc.store.shift_clock(LAPSED_SECS);
    settle(&colony.svc).await;
    assert!(address(&colony, &card).await.ends_with(&path(&colony).await));
    assert_eq!(colony.texts("select trouble from bots").await, ["null"]);
    assert_eq!(colony.log().await, ["bot.connected", "bot.repaired"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_whose_connecting_was_cut_off_is_connected() {
    let (colony, _, card) = public().await;
    colony.svc.telegram.delete_webhook(&colony.credentials(&card), false).await.expect("as before");
    let cut_off = "update bots set changing_until = now() + interval '60 s'";
    colony.db.superuser().await.batch_execute(cut_off).await.expect("a change under way");
    colony.svc.store.shift_clock(LAPSED_SECS);
    settle(&colony.svc).await;
    assert!(address(&colony, &card).await.ends_with(&path(&colony).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_follow_the_instance_to_another_address() {
    let (colony, _, card) = public().await;
    compare(&colony.svc).await;
    assert_eq!(colony.log().await, ["bot.connected"], "nothing to mend");

    let before = path(&colony).await;
    let elsewhere = moved(&colony, "https://new.example", true);
    compare(&elsewhere).await;
    let after = path(&colony).await;
    assert_ne!(before, after);
    assert_eq!(address(&colony, &card).await, format!("https://new.example/telegram/{after}"));

    let private = moved(&colony, "http://localhost:3000", false);
    compare(&private).await;
    assert_eq!(address(&colony, &card).await, "");
    assert_eq!(colony.texts("select delivery from bots").await, ["polling"]);
    let receiving = Receiving::start(&private, &colony.ingest);
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select status from subscribers", &["active"]).await;
    receiving.stop().await;

    compare(&colony.svc).await;
    assert!(address(&colony, &card).await.ends_with(&path(&colony).await));
    assert_eq!(colony.texts("select delivery from bots").await, ["webhook"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_took_is_shown_and_left_to_it() {
    let (colony, ann, card) = public().await;
    let who = colony.credentials(&card);
    let other = Webhook {
        url: "https://n8n.example/webhook/secret-path",
        secret: "x",
        allowed_updates: &[],
        max_connections: 1,
        drop_pending: false,
    };
    colony.svc.telegram.set_webhook(&who, &other).await.expect("another program");
    compare(&colony.svc).await;
    let trouble = colony.texts("select trouble from bots").await.remove(0);
    assert!(trouble.contains("n8n.example") && !trouble.contains("secret-path"), "{trouble}");
    assert_eq!(address(&colony, &card).await, other.url);

    colony.svc.telegram.delete_webhook(&who, false).await.expect("it polls now");
    compare(&colony.svc).await;
    let trouble = colony.texts("select trouble from bots").await.remove(0);
    assert!(trouble.contains("Repair"), "{trouble}");
    assert_eq!(address(&colony, &card).await, "", "nobody's poll is disturbed");

    colony.svc.repair(&ann, SLUG).await.expect("taken back");
    colony.sim.rotate_token(card.id).expect("revoked");
    compare(&colony.svc).await;
    let trouble = colony.texts("select trouble from bots").await.remove(0);
    assert!(trouble.contains("BotFather"), "{trouble}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_bot_that_left_goes_even_when_telegram_never_answers() {
    let (colony, ann, _) = public().await;
    colony.svc.disconnect(&ann, SLUG, SLUG).await.expect("disconnected");
    colony.sim.add_fault(Fault::new(Trouble::Status { code: 502, description: None }));
    let late = "update jobs set attempts = 11";
    colony.db.superuser().await.batch_execute(late).await.expect("eleven tries");

    let stop = CancellationToken::new();
    let running = tokio::spawn(jobs::run(colony.svc.clone(), stop.clone()));
    colony.until("select failed_at is not null from jobs", &["true"]).await;
    stop.cancel();
    running.await.expect("no panic");
    assert!(colony.texts("select kind from bot_secrets").await.is_empty());
}
