//! Webhook secrets, and putting new ones into force.

use contract::{ClientError, bots::BotsApi, cx::RequestCx};
use futures::future::join_all;
use services::ingest::Refused;
use sim::{BotCard, Deed, Fault, Method, Trouble, person_id};

use crate::colony::{Colony, Receiving, complaint, form};

const SLUG: &str = "acme_bot";

async fn public() -> (Colony, RequestCx, BotCard) {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    (colony, ann, card)
}

/// The bot's path as the database has it, and its secret's hash.
async fn hook(colony: &Colony) -> (String, String) {
    let row = colony
        .texts("select hook || ' ' || encode(hook_hash, 'hex') from directory")
        .await
        .remove(0);
    let (path, hash) = row.split_once(' ').expect("two words");
    (path.into(), hash.into())
}

fn conflict<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    match result {
        Err(ClientError::Conflict { message }) => message,
        other => panic!("no conflict: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_telegram_itself_gets_past_the_secret() {
    let (colony, _, card) = public().await;
    let (path, _) = hook(&colony).await;
    let cases = [
        (path.as_str(), ""),
        (path.as_str(), "TEST-wrong"),
        ("0123456789abcdef0123456789abcdef", "TEST-wrong"),
        ("", ""),
        ("no path\0", "\0"),
    ];
    for (path, secret) in cases {
        assert_eq!(
            colony.ingest.accept(path, secret).await,
            Err(Refused::Denied),
            "{path:?} {secret:?}"
        );
    }
    // The simulator knows the secret from setWebhook, and nobody else does.
    let receiving = colony.receive();
    colony.starts(&card, person_id(1, 0), "spring");
    colony.until("select source from subscribers", &["spring"]).await;
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_takes_the_place_of_the_old_one_at_once() {
    let (colony, ann, card) = public().await;
    let before = hook(&colony).await;
    colony.svc.repair(&ann, SLUG).await.expect("repaired");
    let after = hook(&colony).await;
    assert_ne!(before.0, after.0);
    assert_ne!(before.1, after.1);
    assert_eq!(colony.ingest.accept(&before.0, "anything").await, Err(Refused::Denied));

    let info =
        colony.svc.telegram.get_webhook_info(&colony.credentials(&card)).await.expect("info");
    assert!(info.url.ends_with(&after.0));
    let receiving = colony.receive();
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select status from subscribers", &["active"]).await;
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_comes_with_a_new_secret() {
    let (colony, ann, mut card) = public().await;
    let before = hook(&colony).await;
    card.token = colony.sim.rotate_token(card.id).expect("a new token");
    colony.svc.rotate(&ann, SLUG, &form(&card.token)).await.expect("rotated");

    assert_ne!(hook(&colony).await, before);
    let view = colony.svc.view(&ann, SLUG).await.expect("a view");
    assert!(card.token.ends_with(&view.token_last4));
    assert_eq!(colony.log().await, ["bot.connected", "bot.token_rotated"]);
    let connection = colony.svc.connection(&ann, SLUG).await.expect("a connection");
    assert_eq!((connection.trouble, connection.pending), (None, Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_changes_at_once_one_wins_and_the_others_are_told() {
    let (colony, ann, mut card) = public().await;
    card.token = colony.sim.rotate_token(card.id).expect("a new token");
    // All of them are on their way while the first waits for Telegram.
    let slow = Trouble::Stall { secs: 1.0 };
    colony.sim.add_fault(Fault { method: Some(Method::SetWebhook), ..Fault::new(slow) });

    let new = form(&card.token);
    let results = join_all((0..8).map(|_| colony.svc.rotate(&ann, SLUG, &new))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    for result in results.into_iter().filter(Result::is_err) {
        assert!(conflict(result).contains("being changed"));
    }
    assert_eq!(colony.log().await, ["bot.connected", "bot.token_rotated"]);

    // What is in force here is in force there, and the next change may come.
    let info =
        colony.svc.telegram.get_webhook_info(&colony.credentials(&card)).await.expect("info");
    assert!(info.url.ends_with(&hook(&colony).await.0));
    colony.sim.clear_faults();
    colony.svc.repair(&ann, SLUG).await.expect("repaired");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_telegram_refuses_the_old_token_and_secret_stay() {
    let (colony, ann, card) = public().await;
    let before = hook(&colony).await;
    let sealed = "select encode(sealed, 'hex') from bot_secrets";
    let token = colony.texts(sealed).await;
    for what in [
        Trouble::Status { code: 400, description: Some("Bad Request: bad webhook".into()) },
        Trouble::ResetBefore,
    ] {
        colony
            .sim
            .add_fault(Fault { method: Some(Method::SetWebhook), ..Fault::new(what.clone()) });
        match colony.svc.rotate(&ann, SLUG, &form(&card.token)).await {
            Err(ClientError::Unavailable { message }) if what == Trouble::ResetBefore => {
                // The request left; nobody can say that it did not arrive.
                assert!(message.contains("not known") && message.contains("Repair"), "{message}");
            }
            Err(ClientError::Unavailable { message }) => {
                assert!(message.contains("still in force"), "{message}")
            }
            other => panic!("{other:?}"),
        }
        colony.sim.clear_faults();
        assert_eq!(hook(&colony).await, before);
        assert_eq!(colony.texts(sealed).await, token);
    }
    assert_eq!(colony.log().await, ["bot.connected"]);

    let receiving = colony.receive();
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select status from subscribers", &["active"]).await;
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_got_lost_is_asked_for() {
    let (colony, ann, card) = public().await;
    let before = hook(&colony).await;
    colony
        .sim
        .add_fault(Fault { method: Some(Method::SetWebhook), ..Fault::new(Trouble::ResetAfter) });
    colony.svc.repair(&ann, SLUG).await.expect("repaired, as getWebhookInfo says");
    let after = hook(&colony).await;
    assert_ne!(before, after);
    let info =
        colony.svc.telegram.get_webhook_info(&colony.credentials(&card)).await.expect("info");
    assert!(info.url.ends_with(&after.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_of_the_same_bot_is_taken() {
    let (colony, ann, card) = public().await;
    let other = colony.bot("other_bot");
    let (field, message) = complaint(colony.svc.rotate(&ann, SLUG, &form(&other.token)).await);
    assert_eq!(field, "token");
    assert!(message.contains("another bot") && message.contains(&card.id.to_string()), "{message}");

    colony.sim.rotate_token(card.id).expect("a new token");
    let (_, message) = complaint(colony.svc.rotate(&ann, SLUG, &form(&card.token)).await);
    assert!(message.contains("revoked"), "{message}");
    assert!(conflict(colony.svc.repair(&ann, SLUG).await).contains("BotFather"));
    let card = &BotsApi::list(&colony.svc, &ann).await.expect("a list")[0];
    assert!(card.trouble.as_deref().is_some_and(|trouble| trouble.contains("BotFather")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_shows_as_trouble_until_the_new_one_is_in_force() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let mut card = colony.connected(&ann, SLUG).await;
    let receiving = Receiving::start(&colony.svc, &colony.ingest);
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select status from subscribers", &["active"]).await;

    card.token = colony.sim.rotate_token(card.id).expect("a new token");
    colony.until("select trouble like '%@BotFather%' from bots", &["true"]).await;
    colony.svc.rotate(&ann, SLUG, &form(&card.token)).await.expect("rotated");
    // In well under the minute for which an unknown token is left alone.
    colony.does(&card, person_id(1, 0), Deed::Text { text: "/stop".into(), group: None });
    colony.until("select status from subscribers", &["unsubscribed"]).await;
    colony.until("select trouble from bots", &["null"]).await;
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_was_left_open_is_not_enough_to_change_a_token() {
    let (colony, ann, card) = public().await;
    let token = colony.sim.rotate_token(card.id).expect("a new token");
    let stale = RequestCx { proved_at: None, ..ann.clone() };
    let refused = colony.svc.rotate(&stale, SLUG, &form(&token)).await;
    assert_eq!(complaint(refused).0, "again");
    colony.svc.rotate(&ann, SLUG, &form(&token)).await.expect("with a fresh proof");
}
