//! What can be typed after `cargo xtask`, and its help.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::{begin, bench, budget, gate, machine, product, serve, watch};

const EXAMPLES: &str = "\
Start here:
  cargo xtask run        on a fresh machine, too: installs what is missing, builds, and serves
                         http://localhost:3000 until Ctrl-C
  cargo xtask dev        the same, and builds again whenever a file changes
  cargo xtask test       everything that must hold before a change is merged

Settings of the server (LISTEN, BASE_URL, DATA_DIR, DATABASE_URL …) are environment variables and are
passed on by `run` and `dev`. What each step printed lies in target/xtask/logs.";

/// Sets up, builds, runs and tests Gannet.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing, build everything and serve it until Ctrl-C
    Run(Run),
    /// Like `run`, and build again whenever a file changes
    ///
    /// A change of style/ or public/ compiles nothing; the WASM module is built only when something
    /// that is in it changed. When a build fails, the last good one goes on serving.
    Dev(Dev),
    /// Build the site (WASM, scripts, styles) and the server, and print their sizes
    ///
    /// With --release: one file, target/release/gannet, with the site inside; fails when the site
    /// is over its byte budget.
    Build(Build),
    /// Check the format, lint, document, test, and walk through the product in a browser
    ///
    /// Stops at the first step that fails and exits with its status.
    Test(Test),
    /// Only install what the other commands need
    Setup,
    /// Measure what a page of a running server weighs on the wire
    Bytes(Bytes),
    /// Measure a release: builds it, starts it, and prints figures
    Bench(Bench),
    /// Put many subscribers into the database of a server that runs, to look at it with
    Seed(Measure),
    /// Measure whether the time of an answer tells who has an account; takes about ten minutes
    AuditTiming(Measure),
}

#[derive(Args)]
struct Run {
    /// Build for production: slower to build, faster to run
    #[arg(long)]
    release: bool,
    /// Sell plans through a simulated Stripe: a test, in which no money moves
    #[arg(long)]
    billing: bool,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
}

#[derive(Args)]
struct Dev {
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
}

#[derive(Args)]
struct Build {
    /// Build for production, with the site embedded in the server
    #[arg(long)]
    release: bool,
}

/// What `cargo xtask test` may be told.
#[derive(Args)]
pub struct Test {
    /// Leave out the journeys in the browser (and need neither Node nor Chromium)
    #[arg(long)]
    pub no_browser: bool,
    /// Walk the journeys on the release build, as users get it
    #[arg(long)]
    pub release: bool,
    /// Go on after a failed step; the exit status is still that of the first
    #[arg(long)]
    pub keep_going: bool,
    /// Only the tests and journeys whose name contains this; skips format, lints and docs
    pub filter: Option<String>,
}

#[derive(Args)]
struct Bench {
    /// What: crash, flood, growth, ingest, memory, pace or send (docs/benchmarks.md); without a name all
    /// but flood, one after the other
    what: Option<String>,
    #[command(flatten)]
    how: Measure,
}

/// How something is measured.
#[derive(Args)]
pub struct Measure {
    /// Passed on to the bench; `--help` shows what it takes
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// What `cargo xtask bytes` may be told.
#[derive(Args)]
pub struct Bytes {
    /// The page, for example http://localhost:3000/
    #[arg(long)]
    pub url: String,
    /// Sent as the Cookie header, to measure a page behind the sign-in
    #[arg(long)]
    pub cookie: Option<String>,
    /// The most bytes the page may have, compressed with brotli
    #[arg(long, default_value_t = budget::HTML_BYTES)]
    pub max: usize,
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// Whatever stopped the command. [`crate::Failed`] when a step failed and has said so itself.
    pub fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Run(run) => {
                let (workspace, mut steps) = begin()?;
                let how =
                    serve::How { release: run.release, billing: run.billing, open: !run.no_open };
                serve::run(&workspace, &mut steps, &how)
            }
            Command::Dev(dev) => {
                let (workspace, mut steps) = begin()?;
                watch::dev(&workspace, &mut steps, !dev.no_open)
            }
            Command::Build(build) => {
                let (workspace, mut steps) = begin()?;
                product::build_and_weigh(&workspace, &mut steps, build.release)
            }
            Command::Test(test) => {
                let (workspace, mut steps) = begin()?;
                gate::test(&workspace, &mut steps, &test)
            }
            Command::Setup => {
                let (workspace, mut steps) = begin()?;
                machine::ensure(&workspace, &mut steps, &machine::need::EVERYTHING)?;
                steps.console().line("Everything is there.");
                Ok(ExitCode::SUCCESS)
            }
            Command::Bytes(bytes) => budget::weigh_page(&bytes),
            Command::Bench(bench) => {
                let (workspace, mut steps) = begin()?;
                let what = match &bench.what {
                    Some(one) => vec![one.as_str()],
                    None => bench::ENGINE.to_vec(),
                };
                bench::run(&workspace, &mut steps, &what, &bench.how)
            }
            Command::Seed(how) => {
                let (workspace, mut steps) = begin()?;
                bench::seed(&workspace, &mut steps, &how)
            }
            Command::AuditTiming(how) => {
                let (workspace, mut steps) = begin()?;
                bench::run(&workspace, &mut steps, &["timing"], &how)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_every_command_with_a_sentence() {
        let cli = Cli::command();
        for command in cli.get_subcommands() {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
        }
    }
}
