//! `iso.jobs`: what is done later is done for whom it was begun, and for nobody else.

use contract::bots::BotsApi;
use services::jobs;
use sim::person_id;
use tokio_util::sync::CancellationToken;

use crate::colony::Colony;

const OURS: &str = "acme_bot";
const THEIRS: &str = "other_bot";

/// Every row that belongs to the bot called [`THEIRS`].
const THEIR_ROWS: &str = "select to_jsonb(b) - 'last_update_at' from bots b where slug = 'other_bot'
    union all select to_jsonb(s) from bot_secrets s join directory d using (bot_id) where slug = 'other_bot'
    union all select to_jsonb(d) from directory d where slug = 'other_bot'
    union all select to_jsonb(s) from subscribers s join directory d using (bot_id) where slug = 'other_bot'
    union all select to_jsonb(c) from bot_counters c join directory d using (bot_id) where slug = 'other_bot'
    order by 1";

#[tokio::test(flavor = "multi_thread")]
async fn a_job_carries_its_tenant_and_touches_no_other() {
    let colony = Colony::public().await;
    let (ann, mallory) = (colony.owner("ann").await, colony.owner("mallory").await);
    colony.connected(&ann, OURS).await;
    let card = colony.connected(&mallory, THEIRS).await;
    let (ours, theirs) = (colony.whose(OURS).await, colony.whose(THEIRS).await);
    let before = colony.texts(THEIR_ROWS).await;

    colony.svc.disconnect(&ann, OURS, OURS).await.expect("disconnected");
    let carried = colony.texts("select concat_ws(' ', workspace_id, bot_id) from jobs").await;
    assert_eq!(carried, [format!("{} {}", ours.workspace, ours.bot)]);
    // What a job says beside that has no say in where it runs.
    let forged = format!(
        r#"update jobs set payload = '{{"workspace_id": "{}", "bot_id": "{}"}}'"#,
        theirs.workspace, theirs.bot
    );
    colony.db.superuser().await.batch_execute(&forged).await.expect("a forged payload");

    let stop = CancellationToken::new();
    let running = tokio::spawn(jobs::run(colony.svc.clone(), stop.clone()));
    colony.until("select count(*) from jobs", &["0"]).await;
    stop.cancel();
    running.await.expect("no panic");

    assert_eq!(colony.texts("select kind from bot_secrets").await, ["token"], "Mallory's alone");
    assert_eq!(colony.texts(THEIR_ROWS).await, before);
    let who = colony.credentials(&card);
    let info = colony.svc.telegram.get_webhook_info(&who).await.expect("an answer");
    assert!(!info.url.is_empty(), "Mallory's webhook is where it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_cannot_name_another_tenants_bot() {
    let colony = Colony::public().await;
    let (ann, mallory) = (colony.owner("ann").await, colony.owner("mallory").await);
    colony.connected(&ann, OURS).await;
    colony.connected(&mallory, THEIRS).await;
    let (ours, theirs) = (colony.whose(OURS).await, colony.whose(THEIRS).await);
    let job = format!(
        "insert into jobs (workspace_id, id, bot_id, kind, payload)
         values ('{}', gen_random_uuid(), '{}', 'leave_telegram', '{{}}')",
        ours.workspace, theirs.bot
    );
    // Not even past the fence: the key holds both.
    let refused = colony.db.superuser().await.batch_execute(&job).await.expect_err("refused");
    assert_eq!(refused.code().map(|code| code.code()), Some("23503"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_at_two_bots_is_counted_where_they_pressed_start() {
    let colony = Colony::public().await;
    let (ann, mallory) = (colony.owner("ann").await, colony.owner("mallory").await);
    let card = colony.connected(&ann, OURS).await;
    let other = colony.connected(&mallory, THEIRS).await;
    let person = person_id(1, 0);
    let receiving = colony.receive();
    colony.starts(&other, person, "autumn");
    colony.until("select source from subscribers", &["autumn"]).await;
    let before = colony.texts(THEIR_ROWS).await;
    colony.starts(&card, person, "spring");
    colony.until("select source from subscribers order by source", &["autumn", "spring"]).await;
    receiving.stop().await;

    assert_eq!(colony.texts(THEIR_ROWS).await, before);
    let ours = colony.svc.view(&ann, OURS).await.expect("Ann's bot");
    let theirs = colony.svc.view(&mallory, THEIRS).await.expect("Mallory's bot");
    assert_eq!((ours.counts.active, theirs.counts.active), (1, 1));
    assert_eq!(ours.sources, [("spring".to_owned(), 1)]);
    assert_eq!(theirs.sources, [("autumn".to_owned(), 1)]);
}
