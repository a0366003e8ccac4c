//! `data.delivery` and `data.stale-release`: a power cut in the middle of a broadcast, again and again; a stop in
//! order; a process that is stopped for longer than it may send; an instance that does not send, alone.

use std::time::{Duration, Instant};

use sim::{BotCard, Limits, NewBot, Script, Sim, SimConfig, SimHandle};

use crate::support::{Browser, Gannet, Site};

/// Two intents of at most a hundred people can be open.
const OPEN_AT_MOST: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn five_kills_during_a_broadcast_to_ten_thousand_lose_nobody_and_repeat_nothing() {
    const PEOPLE: u32 = 10_000;
    let Stage { telegram, bot, mut site, mut owner, .. } = Stage::set(PEOPLE, 1_000).await;
    for kill in 1..=5_u32 {
        let target = u64::from(PEOPLE) * u64::from(kill) / 7;
        wait_until(&site, target).await;
        site.crash().await;
        owner.move_to(&site.url());
        // The dead instance's lease would lapse by itself after 12 s.
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
async fn a_process_that_was_stopped_for_longer_than_its_lease_sends_nothing_more() {
    const PEOPLE: u32 = 1_500;
    const ON_THE_WIRE: usize = 2;
    let Stage { telegram, bot, mut site, mut owner, .. } = Stage::set(PEOPLE, 100).await;
    wait_until(&site, 200).await;
    let first = site.gannet.take().expect("running");
    first.freeze();
    // The lease is one of 12 s by the database clock, and nobody helps: the second one waits for its end.
    site.gannet = Some(Gannet::start(&site.db, site.dir.path(), &site.settings).await);
    owner.move_to(&site.url());
    wait_until(&site, u64::from(PEOPLE)).await;
    owner.wait_for("/w/audit", "finished a broadcast", 20).await;

    let stats = || telegram.stats(bot.id).expect("stats");
    let before = stats();
    first.thaw();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = stats();
    // What a connection had been given already may leave: nobody can look between that and the wire. Its person is
    // of unknown outcome, like all whom the first one may have written to.
    let late = after.accepted - before.accepted;
    assert!(late <= ON_THE_WIRE, "it had people left, and wrote to {late} of them");
    assert_eq!(after.most_in_one_chat, 1, "nobody got it twice");
    let unknown = count(&site, "outcome = 'unknown'").await;
    assert_eq!(count(&site, "true").await, u64::from(PEOPLE), "and changed no outcome");
    assert!(unknown <= OPEN_AT_MOST, "{unknown} unknown");
    // It is as good as new.
    let answer = reqwest::get(format!("{}/healthz", first.url())).await.expect("an answer");
    assert!(answer.status().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_sends_the_broadcast_is_paused_and_its_owner_told() {
    let Stage { telegram, bot, mut site, mut owner, broadcast } = Stage::set(400, 20).await;
    wait_until(&site, 20).await;
    site.gannet.take().expect("running").kill();
    // Eleven minutes later there is one that does not send.
    execute(
        &site,
        "update leases set until = '-infinity', at_work = now() - interval '11 minutes';
         alter table broadcasts disable trigger touch;
         update broadcasts set updated_at = now() - interval '11 minutes';
         alter table broadcasts enable trigger touch",
    )
    .await;
    let web = Gannet::start_as("web", &site.db, site.dir.path(), &site.settings).await;
    owner.move_to(&web.url());
    // It watches for a minute before it believes that nobody comes.
    owner
        .wait_for(&broadcast, "It stopped because nothing was sending it for ten minutes", 120)
        .await;
    owner.wait_for("/w/audit", "paused a broadcast: nothing was sending it", 5).await;

    // The mail waits for an instance that hands it over.
    assert!(!site.mail.has("A broadcast of yours is paused"));
    site.gannet = Some(Gannet::start(&site.db, site.dir.path(), &site.settings).await);
    for _ in 0..200 {
        if site.mail.has("A broadcast of yours is paused") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(site.mail.has("A broadcast of yours is paused"));
    let page = owner.get(&broadcast).await;
    assert!(page.body.contains("Nobody is lost"), "it waits for a person: {}", page.gist());
    owner.done(&format!("{broadcast}/resume"), &[]).await;
    wait_until(&site, 400).await;
    let stats = telegram.stats(bot.id).expect("stats");
    assert_eq!(stats.most_in_one_chat, 1, "nobody got it twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_a_broadcast_takes_seconds_and_leaves_nobody_unknown() {
    const SOME: u32 = 900;
    let Stage { telegram, bot, mut site, owner: _owner, .. } = Stage::set(SOME, 100).await;
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

/// A server, a bot with people, and a broadcast to them.
pub struct Stage {
    pub telegram: SimHandle,
    pub bot: BotCard,
    pub site: Site,
    pub owner: Browser,
    /// The page of the broadcast, once it has begun.
    pub broadcast: String,
}

impl Stage {
    /// A broadcast to `people` that has begun.
    async fn set(people: u32, rate: u32) -> Self {
        let mut stage = Self::ready(people, rate).await;
        stage.begin().await;
        stage
    }

    /// Nothing is sent yet.
    pub async fn ready(people: u32, rate: u32) -> Self {
        let config = SimConfig { limits: Limits::OFF, kept_messages: 0, ..SimConfig::default() };
        let telegram = Sim::start(config).await.expect("a simulator");
        let bot = telegram.create_bot(NewBot::default()).expect("a bot");
        let settings = [
            ("TELEGRAM_API_URL", telegram.base_url()),
            ("TELEGRAM_RATE_PER_BOT", rate.to_string()),
        ];
        let site = Site::with(&settings).await;
        let owner = site.member("ann").await;
        owner.done("/bots/connect", &[("token", bot.token.as_str()), ("step", "connect")]).await;
        let script = Script { count: people, quiet: true, ..Script::default() };
        telegram.people(bot.id, script).expect("people");
        subscribe(&site, people).await;
        Self { telegram, bot, site, owner, broadcast: String::new() }
    }

    /// Writes a broadcast and presses Send.
    pub async fn begin(&mut self) {
        let (owner, slug) = (&self.owner, self.bot.username.to_lowercase());
        let draft = owner.done(&format!("/bots/{slug}/broadcasts"), &[("text", "Hello")]).await;
        let draft = draft.split('?').next().expect("a path").trim_end_matches("/confirm");
        let version = owner.get(&format!("{draft}/confirm")).await.value_of("version");
        owner.done(&format!("{draft}/send"), &[("version", &version)]).await;
        self.broadcast = draft.to_owned();
    }
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
    let log = std::fs::read_to_string(site.dir.path().join("gannet.log")).unwrap_or_default();
    panic!("no {outcomes} outcomes within a minute:\n{log}");
}
