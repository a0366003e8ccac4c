//! Measures a Gannet from outside. `cargo xtask bench` builds it with the server and runs it.
//!
//! Each starts a server of its own, empty, with the embedded PostgreSQL, talks to it on loopback and
//! stops it. Figures are printed with how they came about; none of them ends in a failure.

mod flood;
mod gannet;
mod people;
mod stats;
mod timing;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use gannet::Gannet;

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

#[derive(Subcommand)]
enum What {
    /// How much slower the dashboard gets while strangers try passwords
    Flood(flood::Options),
    /// Whether the time of an answer tells who has an account
    Timing(timing::Options),
}

#[tokio::main]
async fn main() -> Result<()> {
    let Cli { gannet, what } = Cli::parse();
    let gannet = Gannet::start(&gannet).await?;
    let outcome = match what {
        What::Flood(options) => flood::run(&gannet, &options).await,
        What::Timing(options) => timing::run(&gannet, &options).await,
    };
    let stopped = gannet.stop().await;
    outcome.and(stopped)
}
