//! What is left of a broadcast after twenty kills: nobody twice, nobody lost, few unknown, and how soon it
//! goes on.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use sim::{NewBot, Script, Sim, SimConfig, person_id};
use tokio::time::sleep;

use crate::{
    Program,
    colony::Colony,
    gannet::Gannet,
    verdict::{self, Goal},
};

/// How many and how hard.
#[derive(Args)]
pub struct Options {
    /// Kills
    #[arg(long, default_value_t = 20)]
    kills: u32,
    /// People who get the broadcast
    #[arg(long, default_value_t = 10_000)]
    people: u32,
    /// Messages a second
    #[arg(long, default_value_t = 1_000)]
    rate: u32,
}

/// People of the two batches that may be under way: at most a tenth of a second's each.
fn in_flight(rate: u32) -> u64 {
    2 * u64::from((rate / 10).max(100))
}

/// How soon it must go on as before, in seconds.
const BACK: f64 = 15.0;
/// What counts as going on as before: so much of the rate, over so long.
const FULL: f64 = 0.9;
const OVER: Duration = Duration::from_millis(200);
/// Longest wait for one thing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures and prints.
///
/// # Errors
/// When the server refuses what it should serve.
pub async fn run(program: &Program, options: &Options) -> Result<()> {
    let config = SimConfig { limits: sim::Limits::OFF, kept_messages: 0, ..SimConfig::default() };
    let telegram = Sim::start(config).await?;
    let settings = [
        ("TELEGRAM_API_URL", telegram.base_url()),
        ("TELEGRAM_RATE_PER_BOT", options.rate.to_string()),
    ];
    let mut gannet = Gannet::start(&program.0, &settings).await?;
    let card = telegram.create_bot(NewBot::default())?;
    let script = Script { count: options.people, quiet: true, ..Script::default() };
    telegram.people(card.id, script)?;
    {
        let colony = Colony::found(&gannet).await?;
        let bot = colony.connect_as(&card.token, &card.username, card.id).await?;
        colony.people(&bot, options.people, Some(person_id(1, 0))).await?;
        let draft = colony.draft(&bot).await?;
        colony.send(&draft).await?;
    }

    let accepted = || anyhow::Ok(telegram.stats(card.id)?.accepted as u64);
    let mut back = Vec::new();
    for kill in 1..=options.kills {
        let target = u64::from(options.people) * u64::from(kill) / u64::from(options.kills + 2);
        until(|| Ok(accepted()? >= target)).await?;
        let died = Instant::now();
        gannet.crash().await?;
        let mut last = (Instant::now(), accepted()?);
        loop {
            sleep(OVER).await;
            let now = (Instant::now(), accepted()?);
            let rate = (now.1 - last.1) as f64 / (now.0 - last.0).as_secs_f64();
            last = now;
            if rate >= FULL * f64::from(options.rate) || now.1 >= u64::from(options.people) {
                break;
            }
            ensure!(died.elapsed() < PATIENCE, "it did not go on after kill {kill}");
        }
        back.push(died.elapsed().as_secs_f64());
    }
    let database = gannet.database().await?;
    let number = async |which: &str| {
        let sql = format!("select count(*) from deliveries where {which}");
        anyhow::Ok(u64::try_from(database.query_one(&sql, &[]).await?.try_get::<_, i64>(0)?)?)
    };
    let begun = Instant::now();
    while number("true").await? < u64::from(options.people) && begun.elapsed() < PATIENCE {
        sleep(Duration::from_millis(100)).await;
    }
    let (sent, unknown) = (number("outcome = 'sent'").await?, number("outcome = 'unknown'").await?);
    let all = number("true").await?;
    let stats = telegram.stats(card.id)?;
    println!(
        "{} kills: {sent} sent, {unknown} unknown, {} accepted by Telegram, {} at most to one person",
        options.kills, stats.accepted, stats.most_in_one_chat
    );
    let most = u64::from(options.kills) * in_flight(options.rate);
    let count = |n: u64| [n as f64];
    verdict::print("crash.duplicates", &count(stats.duplicates as u64), "run", Goal::AtMost(0.0));
    let lost = u64::from(options.people).abs_diff(all);
    verdict::print("crash.lost", &count(lost), "run", Goal::AtMost(0.0));
    let share = [unknown as f64 / most as f64];
    verdict::print("crash.unknown", &share, "run", Goal::AtMost(1.0));
    back.sort_by(f64::total_cmp);
    let slowest = back.last().copied().unwrap_or(f64::NAN);
    verdict::print("crash.back", &[slowest / BACK], "slowest of all kills", Goal::AtMost(1.0));
    let stopped = gannet.stop().await;
    telegram.shutdown().await;
    stopped
}

async fn until(mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while !is_so()? {
        ensure!(Instant::now() < end, "nothing moves");
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
