//! `cargo xtask`: sets up, builds, runs and tests Gannet.
//!
//! Each command is a list of steps; a step prints one line with the time it took. What a command
//! needs of the machine is decided in [`machine::need`], without touching it, and then installed.

mod bench;
mod budget;
mod cli;
mod compress;
mod console;
mod dashboard;
mod failures;
mod gate;
mod http;
mod journeys;
mod machine;
mod process;
mod product;
mod progress;
mod serve;
mod signals;
mod site;
mod stage;
mod steps;
mod stripe;
mod tally;
mod watch;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    console::Console,
    steps::{Failed, Steps},
    workspace::Workspace,
};

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cli.run() {
        Ok(code) => code,
        Err(error) => {
            // A failed step has already said what went wrong.
            if let Some(failed) = error.downcast_ref::<Failed>() {
                return ExitCode::from(failed.code);
            }
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What every command starts from: where it is and how it reports.
///
/// # Errors
/// When this is not Gannet's workspace or cargo cannot be asked about it.
fn begin() -> anyhow::Result<(Workspace, Steps)> {
    signals::watch()?;
    let workspace = Workspace::find()?;
    let steps = Steps::new(Console::stdout(), workspace.logs());
    Ok((workspace, steps))
}
