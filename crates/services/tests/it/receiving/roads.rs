//! By webhook and by polling, once each, whatever goes wrong on the way.

use std::{sync::Arc, time::Duration};

use contract::bots::BotsApi;
use domain::ids::InstanceId;
use futures::future::join_all;
use services::{
    Nudges, Services, backlog,
    ingest::{Accepted, Ingest, IngestError},
};
use sim::{Fault, Method, Trouble, person_id};
use uuid::Uuid;

use crate::colony::{Colony, Receiving, form};

const SLUG: &str = "acme_bot";

fn update(id: i64, person: i64, text: &str) -> bytes::Bytes {
    serde_json::json!({
        "update_id": id,
        "message": {
            "message_id": id, "date": 0, "text": text,
            "chat": {"id": person, "type": "private", "first_name": "Ann"},
            "from": {"id": person, "is_bot": false, "first_name": "Ann", "language_code": "en"},
        },
    })
    .to_string()
    .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_brings_a_thousand_people() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let receiving = colony.receive();
    let slug = colony.svc.connect_sandbox(&ann, "").await.expect("a sandbox bot");
    assert!(slug.as_str().starts_with("sandbox_") && slug.as_str().ends_with("_bot"), "{slug}");
    colony.until("select count(*) from subscribers where status = 'active'", &["1000"]).await;
    colony.until("select count(*) from updates where applied_at is null", &["0"]).await;
    let view = colony.svc.view(&ann, slug.as_str()).await.expect("a view");
    assert_eq!((view.counts.active, view.growth[13], view.sandbox_people), (1_000, 1_000, None));
    assert_eq!(
        colony.texts("select count(*) from replies").await,
        ["1000"],
        "each is welcomed once"
    );
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_arrives_many_times_counts_once() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let to = colony.whose(SLUG).await;
    let copies = (0..64).map(|_| colony.ingest.take(to, update(7, 1, "/start spring")));
    assert!(join_all(copies).await.iter().all(Result::is_ok));
    let receiving = colony.receive();
    colony.until("select joined from bot_days", &["1"]).await;
    colony.until("select count(*) from updates where applied_at is not null", &["1"]).await;

    // Once more, after it was applied and its body is gone.
    colony.ingest.take(to, update(7, 2, "/start other")).await.expect("known already");
    colony.ingest.take(to, update(8, 1, "hello")).await.expect("taken in");
    colony.until("select count(*) from updates where applied_at is not null", &["2"]).await;
    assert_eq!(colony.texts("select chat_id from subscribers").await, ["1"]);
    assert_eq!(colony.texts("select count(*) from replies").await, ["1"]);
    assert_eq!(colony.texts("select count(*) from updates where body is not null").await, ["0"]);
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_is_gone_takes_nobody_elses_update_along() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let to = colony.whose(SLUG).await;
    let gone = Accepted { bot: Uuid::now_v7().into(), ..to };
    let all = (0..100).map(|n| {
        let to = if n % 10 == 3 { gone } else { to };
        colony.ingest.take(to, update(n, n, "hello"))
    });
    let answers = join_all(all).await;
    for (n, answer) in answers.into_iter().enumerate() {
        let want = if n % 10 == 3 { Err(IngestError::Away) } else { Ok(()) };
        assert_eq!(answer, want, "{n}");
    }
    assert_eq!(colony.texts("select count(*) from updates").await, ["90"]);
    assert_eq!(colony.ingest.take(to, "no update".into()).await, Err(IngestError::Malformed));
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_bring_the_same_as_polling() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let receiving = colony.receive();
    for n in 0..40 {
        colony.starts(&card, person_id(1, n), "spring");
    }
    colony.until("select count(*) from subscribers where source = 'spring'", &["40"]).await;
    let connection = colony.svc.connection(&ann, SLUG).await.expect("a connection");
    assert_eq!((connection.pending, connection.last_error), (Some(0), None));
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_goes_on_after_trouble_and_loses_nothing() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let receiving = colony.receive();
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select count(*) from subscribers", &["1"]).await;

    let broken = Fault {
        method: Some(Method::GetUpdates),
        count: Some(1),
        ..Fault::new(Trouble::ResetAfter)
    };
    colony.sim.add_fault(broken);
    for n in 1..20 {
        colony.starts(&card, person_id(1, n), "");
    }
    colony.until("select count(*) from subscribers", &["20"]).await;
    assert_eq!(
        colony.texts("select trouble from bots").await,
        ["null"],
        "what passes by itself is no trouble"
    );
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_instance_polls_and_another_takes_over() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let first = colony.receive();
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select count(*) from subscribers", &["1"]).await;

    let svc = Services {
        instance: InstanceId::from(Uuid::now_v7()),
        store: colony.db.store_with(8, 4),
        nudges: Nudges::default(),
        ..colony.svc.clone()
    };
    let second = Receiving::start(&svc, &Arc::new(Ingest::start(&svc)));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(colony.texts("select epoch from leases").await, ["1"], "the lease is held");
    first.stop().await;
    colony.starts(&card, person_id(1, 1), "");
    colony.until("select count(*) from subscribers", &["2"]).await;
    assert_eq!(colony.texts("select epoch from leases").await, ["2"]);
    assert_eq!(colony.texts("select trouble from bots").await, ["null"]);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_left_is_not_polled_any_more() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let receiving = colony.receive();
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select count(*) from subscribers", &["1"]).await;

    colony.svc.disconnect(&ann, SLUG, SLUG).await.expect("disconnected");
    colony.until("select until = '-infinity' from leases", &["true"]).await;
    colony.starts(&card, person_id(1, 1), "");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(colony.texts("select count(*) from updates").await, ["1"]);

    // And again once it is back, with what waited in the meantime.
    colony.svc.connect(&ann, &form(&card.token)).await.expect("connected");
    colony.until("select count(*) from subscribers", &["2"]).await;
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_webhook_is_named_and_repair_takes_the_bot_back() {
    use adapters::telegram::Webhook;
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let other = Webhook {
        url: "https://n8n.example/x",
        secret: "x",
        allowed_updates: &[],
        max_connections: 1,
        drop_pending: false,
    };
    colony
        .svc
        .telegram
        .set_webhook(&colony.credentials(&card), &other)
        .await
        .expect("another program");
    let trouble =
        colony.svc.connection(&ann, SLUG).await.expect("a connection").trouble.expect("trouble");
    assert!(trouble.contains("n8n.example") && trouble.contains("Repair"), "{trouble}");

    let receiving = colony.receive();
    colony.until("select trouble like '%Repair%' from bots", &["true"]).await;
    colony.svc.repair(&ann, SLUG).await.expect("repaired");
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select count(*) from subscribers", &["1"]).await;
    colony.until("select trouble from bots", &["null"]).await;
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_long_in_effect_is_forgotten_however_much_it_is_and_what_waits_is_told() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let admin = colony.db.superuser().await;
    admin
        .batch_execute(
            "insert into updates (workspace_id, bot_id, update_id, received_at, applied_at)
             select workspace_id, id, n, now() - interval '49 hours', now()
             from bots, generate_series(1, 25000) n;
             insert into updates (workspace_id, bot_id, update_id, received_at, applied_at)
             select workspace_id, id, n, now() - interval '47 hours', now()
             from bots, generate_series(30001, 30010) n;
             insert into updates (workspace_id, bot_id, update_id, body, received_at)
             select workspace_id, id, n, '{}', now() - interval '5 minutes'
             from bots, generate_series(40001, 40003) n",
        )
        .await
        .expect("updates");
    let connection = colony.svc.connection(&ann, SLUG).await.expect("a connection");
    let waited = ann.now.duration_since(connection.waiting_since.expect("some wait"));
    assert_eq!(connection.waiting, 3);
    assert!((280..400).contains(&waited.as_secs()), "{waited:?}");
    let all = backlog::waiting(&colony.svc.store).await.expect("counted").updates;
    assert_eq!(all.waiting, 3);
    assert!((290.0..400.0).contains(&all.oldest_secs.expect("some wait")), "{all:?}");

    let receiving = colony.receive();
    // Telegram may still bring what came 47 hours ago, as far as we care.
    colony.until("select count(*) from updates", &["13"]).await;
    colony.until("select count(*) from updates where applied_at is null", &["0"]).await;
    let connection = colony.svc.connection(&ann, SLUG).await.expect("a connection");
    assert_eq!((connection.waiting, connection.waiting_since), (0, None));
    let all = backlog::waiting(&colony.svc.store).await.expect("counted").updates;
    assert_eq!((all.waiting, all.oldest_secs), (0, None));
    receiving.stop().await;
}
