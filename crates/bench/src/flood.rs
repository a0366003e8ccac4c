//! How much slower the dashboard gets while strangers try passwords, and whether somebody who has
//! been here before gets in meanwhile.
//!
//! Spans without and with the flood take turns, so that what the machine does otherwise falls on both.
//! All loads are open: a request is due at its time whether the one before was answered or not, and its
//! time counts from when it was due.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Args;
use futures::{StreamExt, stream::FuturesUnordered};
use reqwest::{Client, redirect::Policy};
use tokio::time::{interval, sleep};

use crate::{
    Program,
    gannet::Gannet,
    people::{self, PASSWORD, WRONG, address},
    stats::{Samples, middle},
};

/// How long and how hard.
#[derive(Args)]
pub struct Options {
    /// Pairs of spans
    #[arg(long, default_value_t = 8)]
    pairs: u32,
    /// Length of a span in seconds
    #[arg(long, default_value_t = 10)]
    secs: u32,
    /// Wrong sign-ins a second
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// Addresses they come from
    #[arg(long, default_value_t = 500)]
    addresses: u32,
}

/// Looks at the dashboard, a second.
const VIEWS: u32 = 50;
/// How often the owner signs in again.
const SIGN_IN: Duration = Duration::from_millis(500);

struct Stage<'a> {
    url: String,
    options: &'a Options,
    /// The owner's browser, which is signed in and known.
    owner: Client,
    strangers: Client,
    /// Counts what needs an address or a name of its own.
    count: AtomicU32,
}

/// Measures and prints.
///
/// # Errors
/// When the server refuses what it should serve.
pub async fn run(program: &Program, options: &Options) -> Result<()> {
    let gannet = Gannet::start(&program.0, &[]).await?;
    let outcome = measure(&gannet, options).await;
    let stopped = gannet.stop().await;
    outcome.and(stopped)
}

async fn measure(gannet: &Gannet, options: &Options) -> Result<()> {
    let stage = Stage::set(gannet, options).await?;
    stage.span(false).await?;
    println!(
        "dashboard, {VIEWS} views a second; flood: {} wrong sign-ins a second from {} addresses",
        options.rate, options.addresses
    );
    println!("pair   quiet p50    p99   flood p50    p99   p99 ratio");
    let (mut ratios, mut sign_ins, mut refused, mut tried) = (Vec::new(), Vec::new(), 0, 0);
    for pair in 1..=options.pairs {
        let quiet = stage.span(false).await?;
        let flood = stage.span(true).await?;
        let p99 = |span: &Span| span.views.quantile_ms(0.99);
        let p50 = |span: &Span| span.views.quantile_ms(0.5);
        let ratio = p99(&flood) / p99(&quiet);
        println!(
            "{pair:4} {:8.2} ms {:6.2} {:8.2} ms {:6.2} {ratio:11.2}",
            p50(&quiet),
            p99(&quiet),
            p50(&flood),
            p99(&flood)
        );
        ratios.push(ratio);
        sign_ins.extend(flood.sign_ins);
        refused += flood.refused;
        tried += flood.tried;
    }
    let (median, least, most) = middle(&ratios);
    println!("p99 with the flood ÷ without: {median:.2} ({least:.2} to {most:.2})");
    let sign_ins: Samples = sign_ins.into_iter().collect();
    println!(
        "known browser signing in meanwhile: p50 {:.0} ms, p95 {:.0} ms, of {}",
        sign_ins.quantile_ms(0.5),
        sign_ins.quantile_ms(0.95),
        sign_ins.len()
    );
    println!("of {tried} wrong sign-ins {refused} were turned away without work (503)");
    Ok(())
}

/// What one span has shown.
#[derive(Default)]
struct Span {
    views: Samples,
    sign_ins: Vec<Duration>,
    tried: usize,
    refused: usize,
}

impl<'a> Stage<'a> {
    async fn set(gannet: &Gannet, options: &'a Options) -> Result<Self> {
        let url = gannet.url();
        let owner = people::browser()?;
        people::member(&url, &owner, "ann@example.org", &address(1)).await?;
        let sandbox = format!("{url}/bots/sandbox");
        let made = people::post(&owner, &sandbox, &address(1), &[("once", "bench")]).await?;
        ensure!(made.status() == 303, "a sandbox bot: {}", made.status());
        // Its thousand people have come then.
        sleep(Duration::from_secs(15)).await;
        let strangers = Client::builder().redirect(Policy::none()).build()?;
        Ok(Self { url, options, owner, strangers, count: AtomicU32::new(1_000) })
    }

    async fn span(&self, flood: bool) -> Result<Span> {
        let secs = self.options.secs;
        let views = at_rate(VIEWS, secs, |due| self.view(due));
        let tries = async {
            match flood {
                true => at_rate(self.options.rate, secs, |_| self.try_password()).await,
                false => Vec::new(),
            }
        };
        let sign_ins = async {
            let mut times = Vec::new();
            let end = Instant::now() + Duration::from_secs(secs.into());
            while flood && Instant::now() < end {
                sleep(SIGN_IN).await;
                times.push(self.sign_in().await?);
            }
            anyhow::Ok(times)
        };
        let (views, tries, sign_ins) = tokio::join!(views, tries, sign_ins);
        let views = views.into_iter().collect::<Result<Vec<_>>>()?;
        let tries = tries.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Span {
            views: views.into_iter().collect(),
            sign_ins: sign_ins?,
            tried: tries.len(),
            refused: tries.iter().filter(|refused| **refused).count(),
        })
    }

    fn next(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    async fn view(&self, due: Instant) -> Result<Duration> {
        let answer = self.owner.get(format!("{}/", self.url)).send().await?;
        ensure!(answer.status() == 200, "the dashboard: {}", answer.status());
        answer.bytes().await?;
        Ok(due.elapsed())
    }

    /// True when there was no place for the try.
    async fn try_password(&self) -> Result<bool> {
        let number = self.next();
        let form =
            [("email", format!("p{}@example.org", number % 2_000)), ("password", WRONG.into())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let from = address(10_000 + number % self.options.addresses);
        let url = format!("{}/auth/login", self.url);
        let answer = people::post(&self.strangers, &url, &from, &form).await?;
        let status = answer.status().as_u16();
        ensure!(matches!(status, 422 | 429 | 503), "a wrong password: {status}");
        Ok(status == 503)
    }

    /// The owner signs in once more, from wherever they are today.
    async fn sign_in(&self) -> Result<Duration> {
        let due = Instant::now();
        let form = [("email", "ann@example.org"), ("password", PASSWORD)];
        let from = address(100_000 + self.next());
        let url = format!("{}/auth/login", self.url);
        let answer = people::post(&self.owner, &url, &from, &form).await?;
        ensure!(answer.status() == 303, "signing in: {}", answer.status());
        Ok(due.elapsed())
    }
}

/// Begins `rate` of them a second for `secs` seconds, each with the moment it is due, and waits for all.
async fn at_rate<T, F>(rate: u32, secs: u32, make: impl Fn(Instant) -> F) -> Vec<T>
where
    F: Future<Output = T>,
{
    let every = Duration::from_secs(1) / rate.max(1);
    let mut ticks = interval(every);
    let (mut left, mut under_way, mut done) = (rate * secs, FuturesUnordered::new(), Vec::new());
    loop {
        tokio::select! {
            due = ticks.tick(), if left > 0 => {
                left -= 1;
                under_way.push(make(due.into_std()));
            }
            Some(one) = under_way.next() => done.push(one),
            else => return done,
        }
    }
}
