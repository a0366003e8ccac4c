//! `data.delivery`: a power cut in the middle of a broadcast, again and again; and a stop in order.

use std::time::{Duration, Instant};

use sim::{BotCard, Limits, NewBot, Script, Sim, SimConfig, SimHandle};

use crate::support::{Browser, Gannet, Site};

const PEOPLE: u32 = 10_000;
const RATE: u32 = 1_000;
/// Two intents of at most a hundred people can be open.
const OPEN_AT_MOST: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn five_kills_during_a_broadcast_to_ten_thousand_lose_nobody_and_repeat_nothing() {
    let (telegram, bot, mut site, mut owner) = sending(PEOPLE, RATE).await;

    for kill in 1..=5_u32 {
        let target = u64::from(PEOPLE) * u64::from(kill) / 7;
        wait_until(&site, target).await;
        site.crash().await;
        owner.move_to(&site.url());
        // The dead instance's lease would lapse by itself after 15 s.
        execute(&site, "update leases set until = '-infinity'").await;
    }
    wait_until(&site, u64::from(PEOPLE)).await;
    owner.wait_for("/w/audit", "finished a broadcast", 20).await;

    let (sent, unknown) =
        (count(&site, "outcome = 'sent'").await, count(&site, "outcome = 'unknown'").await);
    let stats = telegram.stats(bot.id).expect("stats");
    assert_eq!(stats.most_in_one_chat, 1, "nobody got it twice");
    assert_eq!(count(&site, "true").await, u64::from(PEOPLE), "everybody has an outcome");
    assert!(unknown <= 5 * OPEN_AT_MOST, "{unknown} unknown");
    let accepted = stats.accepted as u64;
    assert!(
        sent <= accepted && accepted <= sent + unknown,
        "{sent} sent, {unknown} unknown, {accepted} accepted"
    );
    println!("{sent} sent, {unknown} unknown, {accepted} accepted by Telegram");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_a_broadcast_takes_seconds_and_leaves_nobody_unknown() {
    const SOME: u32 = 900;
    let (telegram, bot, mut site, _owner) = sending(SOME, 100).await;
    for target in [100, 400] {
        wait_until(&site, target).await;
        let began = Instant::now();
        assert_eq!(site.gannet.take().expect("running").stop().await, Some(0), "in order");
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        let (sent, all) = (count(&site, "outcome = 'sent'").await, count(&site, "true").await);
        assert_eq!(sent, all, "nobody is unknown");
        assert!(sent < u64::from(SOME), "it was in the middle");
        let accepted = telegram.stats(bot.id).expect("stats").accepted as u64;
        assert_eq!(sent, accepted, "what was sent is on record");
        // It gave back what it held: nobody waits for a lease to lapse.
        site.gannet = Some(Gannet::start(&site.db, site.dir.path(), &site.settings).await);
    }
    wait_until(&site, u64::from(SOME)).await;
    assert_eq!(count(&site, "outcome = 'sent'").await, u64::from(SOME));
    assert_eq!(telegram.stats(bot.id).expect("stats").most_in_one_chat, 1, "nobody got it twice");
}

/// A server that has begun to send to `people`, `rate` of them a second.
async fn sending(people: u32, rate: u32) -> (SimHandle, BotCard, Site, Browser) {
    let telegram =
        Sim::start(SimConfig { limits: Limits::OFF, kept_messages: 0, ..SimConfig::default() })
            .await
            .expect("a simulator");
    let bot = telegram.create_bot(NewBot::default()).expect("a bot");
    let settings =
        [("TELEGRAM_API_URL", telegram.base_url()), ("TELEGRAM_RATE_PER_BOT", rate.to_string())];
    let site = Site::with(&settings).await;
    let owner = site.member("ann").await;
    owner.done("/bots/connect", &[("token", bot.token.as_str()), ("step", "connect")]).await;
    telegram
        .people(bot.id, Script { count: people, quiet: true, ..Script::default() })
        .expect("people");
    subscribe(&site, people).await;

    let slug = bot.username.to_lowercase();
    let draft = owner.done(&format!("/bots/{slug}/broadcasts"), &[("text", "Hello")]).await;
    let draft = draft.split('?').next().expect("a path").trim_end_matches("/confirm").to_owned();
    let version = owner.get(&format!("{draft}/confirm")).await.value_of("version");
    owner.done(&format!("{draft}/send"), &[("version", &version)]).await;
    (telegram, bot, site, owner)
}

/// The simulator's people are subscribers already.
async fn subscribe(site: &Site, people: u32) {
    let first = sim::person_id(1, 0);
    execute(
        site,
        &format!(
            "insert into subscribers (workspace_id, bot_id, chat_id, name, status)
             select workspace_id, id, {first} + n, 'Somebody', 'active'
             from bots, generate_series(0, {people} - 1) as n"
        ),
    )
    .await;
}

async fn execute(site: &Site, sql: &str) {
    site.db.superuser().await.batch_execute(sql).await.expect("the statement runs");
}

async fn count(site: &Site, which: &str) -> u64 {
    let sql = format!("select count(*) from deliveries where {which}");
    let row = site.db.superuser().await.query_one(&sql, &[]).await.expect("a number");
    u64::try_from(row.get::<_, i64>(0)).expect("no less than none")
}

async fn wait_until(site: &Site, outcomes: u64) {
    for _ in 0..1_200 {
        if count(site, "true").await >= outcomes {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no {outcomes} outcomes within a minute");
}
