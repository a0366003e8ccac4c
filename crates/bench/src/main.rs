//! Measures a Gannet from outside. `cargo xtask bench` builds it with the server and runs it.
//!
//! Each starts a server of its own, empty, with the embedded PostgreSQL, talks to it on loopback and
//! stops it. Figures are printed with how they came about; none of them ends in a failure.

mod colony;
mod crash;
mod flood;
mod gannet;
mod ingest;
mod load;
mod million;
mod pace;
mod people;
mod process;
mod seed;
mod send;
mod stats;
mod timing;
mod verdict;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// What is measured, and on which server.
#[derive(Parser)]
#[command(name = "gannet-bench")]
struct Cli {
    /// The server's program, a release with its site inside
    #[arg(long, global = true, default_value = "target/release/gannet")]
    gannet: PathBuf,
    #[command(subcommand)]
    what: What,
}

/// The server's program.
struct Program(PathBuf);

#[derive(Subcommand)]
enum What {
    /// What is left of a broadcast after twenty kills, and how soon it goes on
    Crash(crash::Options),
    /// How much slower the dashboard gets while strangers try passwords
    Flood(flood::Options),
    /// Whether work for each person, and pages, grow with the number of people
    Growth(million::Options),
    /// How fast updates are taken in, beside pgbench
    Ingest(ingest::Options),
    /// How much memory a broadcast to a million people takes
    Memory(million::Options),
    /// Whether 300 bots at once keep Telegram's pace, and some that are punished slow nobody down
    Pace(pace::Options),
    /// Put many subscribers into the database of a server that runs
    Seed(seed::Options),
    /// How fast a broadcast goes out, beside a plain client
    Send(send::Options),
    /// Whether the time of an answer tells who has an account
    Timing(timing::Options),
}

#[tokio::main]
async fn main() -> Result<()> {
    let Cli { gannet, what } = Cli::parse();
    let program = Program(gannet);
    match what {
        What::Crash(options) => crash::run(&program, &options).await,
        What::Flood(options) => flood::run(&program, &options).await,
        What::Growth(options) => million::growth(&program, &options).await,
        What::Ingest(options) => ingest::run(&program, &options).await,
        What::Memory(options) => million::memory(&program, &options).await,
        What::Pace(options) => pace::run(&program, &options).await,
        What::Seed(options) => seed::run(&options).await,
        What::Send(options) => send::run(&program, &options).await,
        What::Timing(options) => timing::run(&program, &options).await,
    }
}
