//! Whether size costs anything: memory while a broadcast to a million people goes out, work for each of
//! them, and the pages of a bot with five million.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use sim::{Sink, Windows};
use tokio::time::sleep;

use crate::{
    Program,
    colony::{Bot, Colony, Draft},
    gannet::Gannet,
    process::Family,
    send::WIDE_OPEN,
    stats::Samples,
    verdict::{self, Goal},
};

/// How many people.
#[derive(Args)]
pub struct Options {
    /// People of the large broadcast
    #[arg(long, default_value_t = 1_000_000)]
    many: u32,
    /// People of the small one
    #[arg(long, default_value_t = 10_000)]
    few: u32,
    /// Small broadcasts, which end too soon to be measured one by one
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// Subscribers of the largest bot (growth alone)
    #[arg(long, default_value_t = 5_000_000)]
    most: u32,
}

/// What listmonk says its server held at most during a campaign to millions, in bytes.
const LISTMONK: f64 = 57e6;
/// How much more memory the large broadcast may take than the small one, in bytes.
const MORE: f64 = 4e6;
/// Looks at a page for one figure, and how often.
const VIEWS: u32 = 150;
const BETWEEN: Duration = Duration::from_millis(10);
/// Longest one broadcast may take.
const PATIENCE: Duration = Duration::from_secs(400);

struct Stage<'a> {
    colony: Colony<'a>,
    family: Family,
    sink: &'a Sink,
    done: i64,
}

/// What one broadcast took.
struct Cost {
    took: Duration,
    server: Duration,
    database: Duration,
    hits: i64,
}

/// Measures memory, and the pages meanwhile, and prints.
///
/// # Errors
/// When the server refuses what it should serve.
pub async fn memory(program: &Program, options: &Options) -> Result<()> {
    with_server(program, async |gannet, sink| {
        let mut stage = Stage::set(gannet, sink).await?;
        let (small, large) = (stage.bot(0, options.few).await?, stage.bot(1, options.many).await?);
        let overview = format!("/bots/{}", large.slug);
        let idle = stage.views(&overview).await?;

        // The pages are looked at in both cases: what rendering holds is not the broadcast's.
        stage.family.forget_peak()?;
        let small_overview = format!("/bots/{}", small.slug);
        let views = async {
            stage.views(&small_overview).await?;
            stage.views(&small_overview).await
        };
        let broadcasts = async {
            for round in 0..options.rounds {
                let draft = stage.colony.draft(&small).await?;
                stage.colony.send(&draft).await?;
                stage.colony.until_done(stage.done + i64::from(round) + 1, PATIENCE).await?;
            }
            anyhow::Ok(())
        };
        let (views, broadcasts) = tokio::join!(views, broadcasts);
        views.and(broadcasts)?;
        stage.done += i64::from(options.rounds);
        let few = stage.family.peak()? as f64;

        let draft = stage.colony.draft(&large).await?;
        stage.family.forget_peak()?;
        let looks = async {
            // Not before it is under way.
            sleep(Duration::from_secs(5)).await;
            let page = stage.views(Colony::page_of(&draft)).await?;
            let overview = stage.views(&overview).await?;
            anyhow::Ok((page, overview))
        };
        let sending = stage.cost_of(&draft, options.many);
        let (looks, cost) = tokio::join!(looks, sending);
        let ((page, busy), cost) = (looks?, cost?);
        stage.done += 1;
        let many = stage.family.peak()? as f64;
        let mb = |bytes: f64| bytes / 1e6;
        println!(
            "{} people: {:.1} s, {:.0} messages a second, {:.1} MB at most; {} × {} people: {:.1} MB",
            options.many,
            cost.took.as_secs_f64(),
            f64::from(options.many) / cost.took.as_secs_f64(),
            mb(many),
            options.rounds,
            options.few,
            mb(few)
        );
        println!(
            "meanwhile its page: p50 {:.1} ms, p99 {:.1} ms; the bot's overview: p50 {:.1} ms, p99 {:.1} ms \
             (idle {:.1}, {:.1})",
            page.quantile_ms(0.5),
            page.quantile_ms(0.99),
            busy.quantile_ms(0.5),
            busy.quantile_ms(0.99),
            idle.quantile_ms(0.5),
            idle.quantile_ms(0.99)
        );
        let p99 = busy.quantile_ms(0.99) / idle.quantile_ms(0.99);
        verdict::print("memory.listmonk", &[many / LISTMONK], "run", Goal::AtMost(1.0));
        verdict::print("memory.more", &[(many - few) / MORE], "run", Goal::AtMost(1.0));
        verdict::print("memory.pages", &[p99], "run", Goal::AtMost(3.0));
        Ok(())
    })
    .await
}

/// Measures work for each person and prints.
///
/// # Errors
/// When the server refuses what it should serve.
pub async fn growth(program: &Program, options: &Options) -> Result<()> {
    with_server(program, async |gannet, sink| {
        let mut stage = Stage::set(gannet, sink).await?;
        let (small, large) = (stage.bot(0, options.few).await?, stage.bot(1, options.many).await?);
        // Once to warm up.
        let draft = stage.colony.draft(&small).await?;
        stage.send(&draft, options.few).await?;

        let mut few = Cost::default();
        for _ in 0..options.rounds {
            let draft = stage.colony.draft(&small).await?;
            few += stage.cost_of(&draft, options.few).await?;
            stage.done += 1;
        }
        let draft = stage.colony.draft(&large).await?;
        let many = stage.cost_of(&draft, options.many).await?;
        stage.done += 1;
        let (n, m) = (f64::from(options.few * options.rounds), f64::from(options.many));
        let micros = |cost: &Cost| (cost.server + cost.database).as_secs_f64() * 1e6;
        println!(
            "of each person: {:.1} µs of processor and {:.1} buffers ({} × {} people), {:.1} and {:.1} ({})",
            micros(&few) / n,
            few.hits as f64 / n,
            options.rounds,
            options.few,
            micros(&many) / m,
            many.hits as f64 / m,
            options.many
        );
        let cpu = (micros(&many) / m) / (micros(&few) / n);
        let hits = (many.hits as f64 / m) / (few.hits as f64 / n);
        verdict::print("growth.cpu", &[cpu], "run", Goal::AtMost(1.1));
        verdict::print("growth.buffers", &[hits], "run", Goal::AtMost(1.1));

        let (some, most) = (stage.bot(2, 5_000).await?, stage.bot(3, options.most).await?);
        stage.colony.execute("vacuum analyze subscribers").await?;
        for page in ["", "/subscribers"] {
            let mut ratios = Vec::new();
            for _ in 0..7 {
                let of_some = stage.views(&format!("/bots/{}{page}", some.slug)).await?;
                let of_most = stage.views(&format!("/bots/{}{page}", most.slug)).await?;
                ratios.push(of_most.quantile_ms(0.99) / of_some.quantile_ms(0.99));
            }
            let name = if page.is_empty() { "growth.overview" } else { "growth.subscribers" };
            verdict::print(name, &ratios, "pairs", Goal::AtMost(1.25));
        }
        Ok(())
    })
    .await
}

async fn with_server(
    program: &Program,
    work: impl AsyncFnOnce(&Gannet, &Sink) -> Result<()>,
) -> Result<()> {
    let sink = Sink::start(Windows::OFF).await?;
    let settings =
        [("TELEGRAM_API_URL", sink.base_url()), ("TELEGRAM_RATE_PER_BOT", WIDE_OPEN.to_owned())];
    let gannet = Gannet::start(&program.0, &settings).await?;
    let outcome = work(&gannet, &sink).await;
    let stopped = gannet.stop().await;
    outcome.and(stopped)
}

impl<'a> Stage<'a> {
    async fn set(gannet: &'a Gannet, sink: &'a Sink) -> Result<Self> {
        Ok(Self { colony: Colony::found(gannet).await?, family: gannet.family()?, sink, done: 0 })
    }

    async fn bot(&self, n: u32, people: u32) -> Result<Bot> {
        let bot = self.colony.connect(n).await?;
        self.colony.people(&bot, people, None).await?;
        Ok(bot)
    }

    async fn send(&mut self, draft: &Draft, people: u32) -> Result<()> {
        self.cost_of(draft, people).await?;
        self.done += 1;
        Ok(())
    }

    /// Sends a broadcast to its end.
    async fn cost_of(&self, draft: &Draft, people: u32) -> Result<Cost> {
        let hits =
            "select (blks_hit + blks_read)::bigint from pg_stat_database where datname = 'gannet'";
        let (cpu, before) = (self.family.cpu()?, self.colony.number(hits).await?);
        let (begun, taken) = (Instant::now(), self.sink.accepted());
        self.colony.send(draft).await?;
        self.colony.until_done(self.done + 1, PATIENCE).await?;
        let took = begun.elapsed();
        let taken = self.sink.accepted() - taken;
        ensure!(taken == u64::from(people), "{taken} of {people} were sent");
        // The database's processes hand in their counts when they are idle.
        sleep(Duration::from_secs(2)).await;
        let (server, database) = self.family.cpu()?;
        let hits = self.colony.number(hits).await? - before;
        Ok(Cost { took, server: server - cpu.0, database: database - cpu.1, hits })
    }

    async fn views(&self, path: &str) -> Result<Samples> {
        let mut times = Vec::new();
        for _ in 0..VIEWS {
            times.push(self.colony.time_of(path).await?);
            sleep(BETWEEN).await;
        }
        Ok(times.into_iter().collect())
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self { took: Duration::ZERO, server: Duration::ZERO, database: Duration::ZERO, hits: 0 }
    }
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.took += other.took;
        self.server += other.server;
        self.database += other.database;
        self.hits += other.hits;
    }
}
