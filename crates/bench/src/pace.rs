//! Whether each of many bots keeps Telegram's pace while all of them send, and whether those that
//! Telegram punishes slow the others down.
//!
//! The sink keeps 30 a second and bot, 1 a second and person and 20 a minute and group, with no slack at
//! all: no second, wherever it begins, holds more than 30, and whoever comes a moment too early is refused
//! and has to wait a second. Each person gets one message, so that what is seen is the bot's own pace.

use std::{collections::HashMap, time::Duration};

use anyhow::{Result, ensure};
use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use sim::{Sink, Taken, Windows};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    Program,
    colony::{Bot, Colony},
    gannet::Gannet,
    stats::middle,
    verdict::{self, Goal},
};

/// How long and how hard.
#[derive(Args)]
pub struct Options {
    /// Bots that send at once
    #[arg(long, default_value_t = 300)]
    bots: u32,
    /// How long their pace is watched, in seconds, without punishment and with it
    #[arg(long, default_value_t = 20)]
    secs: u32,
}

/// Telegram's rate, messages a second and bot.
const RATE: u32 = 30;
/// Of so many bots one is punished.
const ONE_IN: usize = 20;
/// How long a punished bot has to wait, and how often it is punished.
const PUNISHMENT: Duration = Duration::from_secs(3);
/// How long the bots get going.
const WARM_UP: Duration = Duration::from_secs(8);

/// Measures and prints.
///
/// # Errors
/// When the server refuses what it should serve.
pub async fn run(program: &Program, options: &Options) -> Result<()> {
    let sink = Sink::start(Windows::TELEGRAM).await?;
    let settings =
        [("TELEGRAM_API_URL", sink.base_url()), ("TELEGRAM_RATE_PER_BOT", RATE.to_string())];
    let gannet = Gannet::start(&program.0, &settings).await?;
    let outcome = measure(&gannet, &sink, options).await;
    let stopped = gannet.stop().await;
    outcome.and(stopped)
}

async fn measure(gannet: &Gannet, sink: &Sink, options: &Options) -> Result<()> {
    let colony = Colony::found(gannet).await?;
    let people = RATE * (2 * options.secs + 60);
    let bots: Vec<Bot> =
        stream::iter(0..options.bots).map(|n| colony.connect(n)).buffered(8).try_collect().await?;
    for bot in &bots {
        colony.people(bot, people, None).await?;
    }
    let drafts: Vec<_> =
        stream::iter(&bots).map(|bot| colony.draft(bot)).buffered(8).try_collect().await?;
    let sent = stream::iter(&drafts).map(|draft| colony.send(draft)).buffer_unordered(8);
    sent.try_collect::<()>().await?;
    sleep(WARM_UP).await;

    let long = Duration::from_secs(options.secs.into());
    let family = gannet.family()?;
    let cpu = family.cpu()?;
    let all = span(sink, long).await;
    let (server, database) = family.cpu()?;
    println!(
        "{} bots; the server used {:.2} of a processor, its database {:.2}",
        bots.len(),
        (server - cpu.0).as_secs_f64() / long.as_secs_f64(),
        (database - cpu.1).as_secs_f64() / long.as_secs_f64()
    );
    ensure!(all.len() == bots.len(), "{} bots have sent", all.len());
    report("pace.slowest", &all, |_| true);

    let punished: Vec<i64> = bots.iter().step_by(ONE_IN).map(|bot| bot.number).collect();
    let rest = async {
        let end = Instant::now() + long;
        let mut next = Instant::now();
        while next < end {
            punished.iter().for_each(|&bot| sink.punish(bot, PUNISHMENT));
            next += 2 * PUNISHMENT;
            sleep_until(next.min(end)).await;
        }
    };
    let (with_punished, ()) = tokio::join!(span(sink, long), rest);
    println!("{} bots were told to wait {PUNISHMENT:?} each {:?}", punished.len(), 2 * PUNISHMENT);
    report("pace.unpunished", &with_punished, |bot| !punished.contains(&bot));
    Ok(())
}

/// What each bot brought through in a while: messages a second, and how many were refused.
async fn span(sink: &Sink, long: Duration) -> HashMap<i64, (f64, u64)> {
    let (begun, before) = (Instant::now(), sink.taken());
    sleep(long).await;
    let (secs, after) = (begun.elapsed().as_secs_f64(), sink.taken());
    let of = |(&bot, taken): (&i64, &Taken)| {
        let before = before.get(&bot).copied().unwrap_or_default();
        let rate = (taken.accepted - before.accepted) as f64 / secs;
        (bot, (rate, taken.refused - before.refused))
    };
    after.iter().map(of).collect()
}

fn report(name: &str, bots: &HashMap<i64, (f64, u64)>, counts: impl Fn(i64) -> bool) {
    let those = || bots.iter().filter(|(bot, _)| counts(**bot));
    let rates: Vec<f64> = those().map(|(_, (rate, _))| *rate).collect();
    let refused: u64 = those().map(|(_, (_, refused))| refused).sum();
    let (median, least, most) = middle(&rates);
    println!(
        "{} bots: {:.0} messages a second; of each {median:.2} ({least:.2} to {most:.2}); {refused} refused",
        rates.len(),
        rates.iter().sum::<f64>()
    );
    verdict::print(name, &[least / f64::from(RATE)], "slowest bot", Goal::AtLeast(0.99));
}
