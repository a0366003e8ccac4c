//! How fast updates are taken in, beside the database's own pace: each webhook request is answered once its
//! update is committed, and pgbench inserts single rows into the same table of the same database.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use clap::Args;
use http_body_util::Full;
use hyper::{Method, Request, Uri, header::HeaderValue};
use sim::{Sink, Windows};
use tokio::process::Command;

use crate::{
    Program,
    colony::{Bot, Colony},
    gannet::Gannet,
    load,
    verdict::{self, Goal},
};

/// How long and how hard.
#[derive(Args)]
pub struct Options {
    /// Pairs, pgbench and the webhook in turn
    #[arg(long, default_value_t = 7)]
    pairs: u32,
    /// Length of a span of pgbench in seconds
    #[arg(long, default_value_t = 5)]
    secs: u32,
    /// Updates of each span of the webhook
    #[arg(long, default_value_t = 50_000)]
    updates: u64,
    /// Clients of each
    #[arg(long, default_value_t = 64)]
    clients: usize,
}

const HOOK: &str = "00000000000000000000000000000001";
const SECRET: &str = "TEST-secret-of-a-benchmark";

/// Measures and prints.
///
/// # Errors
/// When the server refuses what it should serve.
pub async fn run(program: &Program, options: &Options) -> Result<()> {
    let Some(pgbench) = pgbench() else {
        verdict::void("ingest.pgbench", "pgbench is not installed (it comes with PostgreSQL)");
        return Ok(());
    };
    let sink = Sink::start(Windows::OFF).await?;
    let settings = [("TELEGRAM_API_URL", sink.base_url())];
    let gannet = Gannet::start(&program.0, &settings).await?;
    let outcome = pairs(&gannet, &pgbench, options).await;
    let stopped = gannet.stop().await;
    outcome.and(stopped)
}

async fn pairs(gannet: &Gannet, pgbench: &PathBuf, options: &Options) -> Result<()> {
    let colony = Colony::found(gannet).await?;
    let bot = colony.connect(0).await?;
    colony.people(&bot, 1_000, None).await?;
    // No Telegram calls us on loopback: the address is put where the server finds it.
    colony
        .execute(&format!(
            "update directory set hook = '{HOOK}', hook_hash = sha256('{SECRET}') where slug = '{}'",
            bot.slug
        ))
        .await?;
    let script = script(&colony, &bot).await?;
    let mut first = 1;
    let mut webhook = async || {
        let from = first;
        first += options.updates;
        let make = move |number| update(from + number);
        let took =
            load::with_client(gannet.address(), options.clients, options.updates, make).await?;
        anyhow::Ok(options.updates as f64 / took.as_secs_f64())
    };
    // Once to warm up. A database that has run for a minute has looked at what it holds.
    webhook().await?;
    colony.execute("vacuum analyze").await?;
    println!("{} clients, {} updates a span", options.clients, options.updates);
    println!("pair   pgbench   webhook   ratio");
    let mut ratios = Vec::new();
    for pair in 1..=options.pairs {
        let peer = inserts(gannet, pgbench, &script, options).await?;
        let ours = webhook().await?;
        println!("{pair:4} {peer:6.0} /s {ours:6.0} /s {:7.2}", ours / peer);
        ratios.push(ours / peer);
    }
    let stored = format!("select count(*) from updates where update_id < {first}");
    let stored = u64::try_from(colony.number(&stored).await?)?;
    ensure!(stored == first - 1, "{stored} of {} are in the inbox", first - 1);
    verdict::print("ingest.pgbench", &ratios, "pairs", Goal::AtLeast(1.5));
    Ok(())
}

fn update(number: u64) -> Request<Full<Bytes>> {
    let person = 5_000_000_000 + number % 1_000;
    let body = format!(
        r#"{{"update_id":{number},"message":{{"message_id":{number},"from":{{"id":{person},"is_bot":false,"first_name":"Somebody","username":"somebody{person}","language_code":"en"}},"chat":{{"id":{person},"first_name":"Somebody","username":"somebody{person}","type":"private"}},"date":1790000000,"text":"What time do the doors open, and is there still room for two?"}}}}"#
    );
    let mut request = Request::new(Full::new(body.into()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("/telegram/00000000000000000000000000000001");
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_static("127.0.0.1"));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("x-telegram-bot-api-secret-token", HeaderValue::from_static(SECRET));
    request
}

/// What pgbench does: one row of the same shape, with a number of its own.
async fn script(colony: &Colony<'_>, bot: &Bot) -> Result<String> {
    let of =
        |column: &str| format!("select {column}::text from directory where slug = '{}'", bot.slug);
    let (workspace, id) =
        (colony.text(&of("workspace_id")).await?, colony.text(&of("bot_id")).await?);
    let body = "x".repeat(400);
    Ok(format!(
        "\\set n random(1000000000000, 2000000000000)\n\
         insert into updates (workspace_id, bot_id, update_id, body, received_at, applied_at) \
         values ('{workspace}', '{id}', :n, '{body}', now(), now()) on conflict do nothing;\n"
    ))
}

/// Rows a second that pgbench inserts.
async fn inserts(
    gannet: &Gannet,
    pgbench: &PathBuf,
    script: &str,
    options: &Options,
) -> Result<f64> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), script)?;
    let run = Command::new(pgbench)
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--username=postgres"])
        .arg(format!("--client={}", options.clients))
        .arg(format!("--time={}", options.secs))
        .arg(format!("--file={}", file.path().display()))
        .arg(format!("--host={}", gannet.socket().display()))
        .arg("gannet")
        .stdin(Stdio::null())
        .output();
    let limit = Duration::from_secs(u64::from(options.secs) + 30);
    let output = tokio::time::timeout(limit, run).await.context("pgbench does not end")??;
    let said = String::from_utf8_lossy(&output.stdout);
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let tps = tps.and_then(|rest| rest.split(' ').next()).with_context(|| {
        format!("a rate from pgbench: {said}{}", String::from_utf8_lossy(&output.stderr))
    })?;
    Ok(tps.parse()?)
}

/// pgbench, on the path or beside the newest PostgreSQL.
fn pgbench() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|dir| dir.join("pgbench"));
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<_> =
        installed.map(|version| version.path().join("bin/pgbench")).collect();
    installed.sort();
    on_path.chain(installed.into_iter().rev()).find(|file| file.is_file())
}
