//! How fast one broadcast goes out, beside a plain client that sends the same number of messages.
//!
//! The broadcast is a real one: people in the database, a text that is rendered, and an outcome of each that
//! is durable before it counts. The plain client sends a constant body over as many connections and forgets
//! the answers. Both write to the same sink, in turn.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use bytes::Bytes;
use clap::Args;
use http_body_util::Full;
use hyper::Request;
use sim::{Sink, Windows};
use tokio::time::sleep;

use crate::{
    Program,
    colony::Colony,
    gannet::Gannet,
    load,
    verdict::{self, Goal},
};

/// How long and how hard.
#[derive(Args)]
pub struct Options {
    /// Pairs, the plain client and the broadcast in turn
    #[arg(long, default_value_t = 9)]
    pairs: u32,
    /// People who get each broadcast
    #[arg(long, default_value_t = 100_000)]
    people: u32,
}

/// Messages a second and bot that nothing here reaches.
pub const WIDE_OPEN: &str = "100000";
/// How much faster than the broadcast the sink must be for the figure to say something.
const SINK: f64 = 1.5;
/// Longest one broadcast may take.
const PATIENCE: Duration = Duration::from_secs(120);

const BODY: &str = r#"{"chat_id":5000000001,"text":"Good morning! Here is what we have for you today: a new menu, two concerts and one exhibition. Doors open at seven, and the first hundred guests get a drink.","entities":[{"type":"bold","offset":0,"length":13}]}"#;
const PATH: &str = "/bot7000001:TEST-not_a_token-TEST-not_a_tokenab/sendMessage";

/// Measures and prints.
///
/// # Errors
/// When the server refuses what it should serve.
pub async fn run(program: &Program, options: &Options) -> Result<()> {
    let sink = Sink::start(Windows::OFF).await?;
    let settings =
        [("TELEGRAM_API_URL", sink.base_url()), ("TELEGRAM_RATE_PER_BOT", WIDE_OPEN.to_owned())];
    let gannet = Gannet::start(&program.0, &settings).await?;
    let outcome = pairs(&gannet, &sink, options).await;
    let stopped = gannet.stop().await;
    outcome.and(stopped)
}

async fn pairs(gannet: &Gannet, sink: &Sink, options: &Options) -> Result<()> {
    let colony = Colony::found(gannet).await?;
    let bot = colony.connect(0).await?;
    colony.people(&bot, options.people, None).await?;
    let count = u64::from(options.people);

    // Once to warm up, and to see how many connections are used.
    sink.most_connections();
    broadcast(&colony, sink, &bot, count, 1).await?;
    // One of them waits for updates.
    let connections = sink.most_connections().saturating_sub(1).max(1);
    println!("{count} people a broadcast, {connections} connections");
    println!("pair   plain client   broadcast   ratio");
    let (mut ratios, mut fastest) = (Vec::new(), 0.0_f64);
    for pair in 1..=options.pairs {
        let plain = load::with_client(sink.address(), connections, count, |_| request()).await?;
        let ours = broadcast(&colony, sink, &bot, count, i64::from(pair) + 1).await?;
        let per_second = |took: Duration| count as f64 / took.as_secs_f64();
        let ratio = plain.as_secs_f64() / ours.as_secs_f64();
        println!("{pair:4} {:10.0} /s {:9.0} /s {ratio:7.2}", per_second(plain), per_second(ours));
        fastest = fastest.max(per_second(ours));
        ratios.push(ratio);
    }
    let alone = load::without_client(sink.address(), connections, count, bytes()).await?;
    let alone = count as f64 / alone.as_secs_f64();
    println!("the sink alone, under a load without a client: {alone:.0} /s");
    if alone < SINK * fastest {
        verdict::void("send.raw", "the sink is not fast enough to tell");
    } else {
        verdict::print("send.raw", &ratios, "pairs", Goal::AtLeast(0.75));
    }
    Ok(())
}

/// Sends one to everybody. Gives how long it took from the first message to the last.
async fn broadcast(
    colony: &Colony<'_>,
    sink: &Sink,
    bot: &crate::colony::Bot,
    count: u64,
    done: i64,
) -> Result<Duration> {
    let draft = colony.draft(bot).await?;
    let before = sink.accepted();
    colony.send(&draft).await?;
    let took = messages(sink, before, count).await?;
    colony.until_done(done, PATIENCE).await?;
    let sent = colony.number("select sum(sent)::bigint from broadcast_tallies").await?;
    ensure!(u64::try_from(sent)? == count * u64::try_from(done)?, "{sent} are on record as sent");
    Ok(took)
}

/// Waits for `count` messages. Gives how long they took from the first to the last.
pub async fn messages(sink: &Sink, before: u64, count: u64) -> Result<Duration> {
    let mut begun = Instant::now();
    let end = begun + PATIENCE;
    while sink.accepted() == before {
        begun = Instant::now();
        if begun > end {
            bail!("nothing was sent");
        }
        sleep(Duration::from_millis(2)).await;
    }
    while sink.accepted() < before + count {
        if Instant::now() > end {
            bail!("{} of {count} were sent", sink.accepted() - before);
        }
        sleep(Duration::from_millis(2)).await;
    }
    Ok(begun.elapsed())
}

fn request() -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(Bytes::from_static(BODY.as_bytes())));
    *request.method_mut() = hyper::Method::POST;
    *request.uri_mut() = hyper::Uri::from_static(PATH);
    let headers = request.headers_mut();
    headers.insert("host", hyper::header::HeaderValue::from_static("127.0.0.1"));
    headers.insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    request
}

fn bytes() -> Bytes {
    format!(
        "POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
    .into()
}
