//! Connecting a bot, and what can stand in the way.

use adapters::telegram::Webhook;
use contract::{ClientError, bots::BotsApi};
use futures::future::join_all;
use sim::{Fault, Method, Trouble};

use crate::colony::{Colony, complaint, form};

/// What was stored of bots: nothing.
async fn assert_nothing_stored(colony: &Colony) {
    for table in ["bots", "directory", "bot_secrets", "audit_log", "jobs"] {
        assert!(colony.texts(&format!("select 1 from {table}")).await.is_empty(), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_is_connected_by_botfathers_whole_message() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.bot("Acme_Shop_bot");
    let message = format!(
        "Done! Congratulations on your new bot.\n\nUse this token to access the HTTP API:\n{}\nKeep your token \
         secure.",
        card.token
    );

    let preview = colony.svc.preview(&ann, &form(&message)).await.expect("a preview");
    assert_eq!((preview.name.as_str(), preview.username.as_str()), ("Acme Shop", "Acme_Shop_bot"));
    assert_eq!(preview.held_by, None);
    assert_nothing_stored(&colony).await;

    let slug = colony.svc.connect(&ann, &form(&message)).await.expect("connected");
    assert_eq!(slug.as_str(), "acme_shop_bot");
    assert_eq!(colony.log().await, ["bot.connected"]);
    let view = colony.svc.view(&ann, slug.as_str()).await.expect("a view");
    assert_eq!(
        (view.telegram_id, view.token_last4.as_str()),
        (card.id, &card.token[card.token.len() - 4..])
    );
    let menu = colony.sim.stats(card.id).expect("stats");
    assert_eq!(menu.accepted, 0, "connecting writes to nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_token_has_its_own_fix_and_nothing_is_stored() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let (one, two) = (colony.bot("one_bot").token, colony.bot("two_bot").token);
    let revoked = "123456:TEST-not_a_token-TEST-not_a_token-x";
    let cases = [
        ("", "no bot token"),
        ("hello", "no bot token"),
        ("12:30", "no bot token"),
        ("\0\u{202e}😀", "no bot token"),
        (&"x:".repeat(30_000), "no bot token"),
        (&format!("{one} {two}"), "more than one token"),
        (revoked, "revoked"),
    ];
    for (typed, want) in cases {
        for result in [
            colony.svc.preview(&ann, &form(typed)).await.map(drop),
            colony.svc.connect(&ann, &form(typed)).await.map(drop),
        ] {
            let (field, message) = complaint(result);
            assert_eq!(field, "token", "{typed:.40}");
            assert!(
                message.contains(want)
                    && message.contains("BotFather") == (want != "more than one token"),
                "{message}"
            );
        }
    }
    assert_nothing_stored(&colony).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_telegram_is_down_nothing_is_stored() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.bot("acme_bot");
    let troubles = [
        Trouble::Status { code: 502, description: None },
        Trouble::ResetBefore,
        Trouble::Stall { secs: 30.0 },
        Trouble::TooMany { retry_after: 7 },
    ];
    for what in troubles {
        colony.sim.add_fault(Fault::new(what.clone()));
        match colony.svc.connect(&ann, &form(&card.token)).await {
            Err(ClientError::Unavailable { message }) => {
                assert!(
                    message.contains("Nothing was saved") && message.contains("ry again"),
                    "{message}"
                );
            }
            other => panic!("{what:?}: {other:?}"),
        }
        colony.sim.clear_faults();
    }
    assert_nothing_stored(&colony).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_is_connected_already_is_refused_without_saying_where() {
    let colony = Colony::new().await;
    let (ann, eve) = (colony.owner("northwind").await, colony.owner("eve").await);
    let card = colony.connected(&ann, "acme_bot").await;

    let (field, here) = complaint(colony.svc.preview(&ann, &form(&card.token)).await);
    assert_eq!(field, "token");
    assert!(here.contains("among your bots"), "{here}");

    for result in [
        colony.svc.preview(&eve, &form(&card.token)).await.map(drop),
        colony.svc.connect(&eve, &form(&card.token)).await.map(drop),
    ] {
        let (field, elsewhere) = complaint(result);
        assert_eq!(field, "token");
        assert!(elsewhere.contains("elsewhere") && !elsewhere.contains("northwind"), "{elsewhere}");
    }
    assert_eq!(colony.log().await, ["bot.connected"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_connect_the_same_bot_at_once_one_succeeds() {
    let colony = Colony::public().await;
    let card = colony.bot("acme_bot");
    let mut everybody = Vec::new();
    for n in 0..8 {
        everybody.push(colony.owner(&format!("owner{n}")).await);
    }
    let connect_form = form(&card.token);
    let tries = everybody.iter().map(|cx| colony.svc.connect(cx, &connect_form));
    let results = join_all(tries).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    for result in results.into_iter().filter(Result::is_err) {
        complaint(result);
    }

    // The losers did not touch the winner's webhook.
    let info =
        colony.svc.telegram.get_webhook_info(&colony.credentials(&card)).await.expect("info");
    let ours = colony.texts("select hook from directory").await;
    assert!(info.url.ends_with(&ours[0]));
    assert_eq!(colony.log().await, ["bot.connected"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_connects_a_bot_twice_has_it_once_and_hears_of_no_trouble() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let card = colony.bot("acme_bot");
    let connect_form = form(&card.token);
    let at_once = join_all((0..4).map(|_| colony.svc.connect(&ann, &connect_form))).await;
    let later = colony.svc.connect(&ann, &connect_form).await;
    for slug in at_once.into_iter().chain([later]) {
        assert_eq!(slug.expect("connected").as_str(), "acme_bot");
    }
    assert_eq!(colony.log().await, ["bot.connected"]);

    // Another token of the same bot is another matter: it has a form of its own.
    let newer = colony.sim.rotate_token(card.id).expect("a new token");
    let (field, here) = complaint(colony.svc.connect(&ann, &form(&newer)).await);
    assert_eq!(field, "token");
    assert!(here.contains("among your bots"), "{here}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_for_a_sandbox_bot_makes_one_however_often_it_arrives() {
    let colony = Colony::new().await;
    let (ann, eve) = (colony.owner("ann").await, colony.owner("eve").await);
    let at_once = join_all((0..3).map(|_| colony.svc.connect_sandbox(&ann, "page-1"))).await;
    let later = colony.svc.connect_sandbox(&ann, "page-1").await;
    let mut slugs: Vec<_> =
        at_once.into_iter().chain([later]).map(|slug| slug.expect("a sandbox bot")).collect();
    slugs.dedup();
    assert_eq!(slugs.len(), 1, "{slugs:?}");
    assert_eq!(colony.log().await, ["bot.connected"]);

    // Another page and another workspace have bots of their own.
    for (cx, once) in [(&ann, "page-2"), (&eve, "page-1"), (&ann, ""), (&ann, "")] {
        let slug = colony.svc.connect_sandbox(cx, once).await.expect("a sandbox bot");
        assert!(!slugs.contains(&slug), "{once:?}");
        slugs.push(slug);
    }
    let slug = slugs[0].as_str();
    colony.svc.disconnect(&ann, slug, slug).await.expect("disconnected");
    let again = colony.svc.connect_sandbox(&ann, "page-1").await;
    assert!(matches!(again, Err(ClientError::Conflict { .. })), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_programs_webhook_is_taken_over_only_on_request() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let card = colony.bot("acme_bot");
    let who = colony.credentials(&card);
    let other = Webhook {
        url: "https://n8n.example/webhook/secret-path",
        secret: "x",
        allowed_updates: &[],
        max_connections: 1,
        drop_pending: false,
    };
    colony.svc.telegram.set_webhook(&who, &other).await.expect("another program");

    let preview = colony.svc.preview(&ann, &form(&card.token)).await.expect("a preview");
    assert_eq!(preview.held_by.as_deref(), Some("n8n.example"));
    let (field, message) = complaint(colony.svc.connect(&ann, &form(&card.token)).await);
    assert_eq!(field, "take_over");
    assert!(message.contains("n8n.example") && !message.contains("secret-path"), "{message}");
    assert_nothing_stored(&colony).await;
    let info = colony.svc.telegram.get_webhook_info(&who).await.expect("info");
    assert_eq!(info.url, other.url, "the other program still has its bot");

    let mut yes = form(&card.token);
    yes.take_over = "yes".into();
    colony.svc.connect(&ann, &yes).await.expect("connected");
    let info = colony.svc.telegram.get_webhook_info(&who).await.expect("info");
    assert!(info.url.starts_with(&colony.svc.settings.base_url));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_telegram_refuses_the_webhook_the_bot_says_so_and_can_be_repaired() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let card = colony.bot("acme_bot");
    let refusal = Trouble::Status {
        code: 400,
        description: Some("Bad Request: bad webhook: no route".into()),
    };
    colony.sim.add_fault(Fault { method: Some(Method::SetWebhook), ..Fault::new(refusal) });

    let slug = colony.svc.connect(&ann, &form(&card.token)).await.expect("connected");
    let trouble = colony
        .svc
        .connection(&ann, slug.as_str())
        .await
        .expect("a connection")
        .trouble
        .expect("trouble");
    assert!(trouble.contains("no route") && trouble.contains("Repair"), "{trouble}");
    assert_eq!(
        BotsApi::list(&colony.svc, &ann).await.expect("a list")[0].trouble.as_deref(),
        Some(trouble.as_str())
    );

    colony.sim.clear_faults();
    colony.svc.repair(&ann, slug.as_str()).await.expect("repaired");
    assert_eq!(
        colony.svc.connection(&ann, slug.as_str()).await.expect("a connection").trouble,
        None
    );
    assert_eq!(colony.log().await, ["bot.connected", "bot.repaired"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_readable_in_the_database() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, "acme_bot").await;
    let slug = "acme_bot";
    colony.svc.repair(&ann, slug).await.expect("repaired");
    colony.svc.disconnect(&ann, slug, slug).await.expect("disconnected");

    let secret = &card.token.split_once(':').expect("a token").1[..12];
    let tables = colony
        .texts("select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'")
        .await;
    assert!(tables.len() > 10, "{tables:?}");
    for table in tables {
        for row in colony.texts(&format!("select to_jsonb(r) from \"{table}\" r")).await {
            assert!(!row.contains(secret), "{table}");
            // Binary columns are shown in hexadecimal.
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert!(!row.contains(&hex), "{table}");
        }
    }
}
