//! Measuring a release from outside, with `gannet-bench`.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    cli,
    machine::{self, need},
    product,
    progress::exit_code,
    steps::Steps,
    workspace::Workspace,
};

/// What is measured of the engine, in the order in which it is.
pub const ENGINE: [&str; 6] = ["send", "pace", "ingest", "memory", "growth", "crash"];

/// Builds server and bench for production and measures `what`, one after the other. The figures go to
/// standard output.
///
/// # Errors
/// [`crate::Failed`] when a step fails.
pub fn run(
    workspace: &Workspace,
    steps: &mut Steps,
    what: &[&str],
    how: &cli::Measure,
) -> Result<ExitCode> {
    machine::ensure(workspace, steps, &need::to_build(true))?;
    product::build(workspace, steps, true)?;
    let program = build(workspace, steps)?;
    let server = workspace.server(true);
    for one in what {
        let mut bench = Command::new(&program);
        bench.arg("--gannet").arg(&server).arg(one).args(&how.arguments);
        let status = bench.status().with_context(|| format!("start {}", program.display()))?;
        if !status.success() {
            return Ok(ExitCode::from(exit_code(status)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts subscribers into the database of a server that runs.
///
/// # Errors
/// [`crate::Failed`] when a step fails.
pub fn seed(workspace: &Workspace, steps: &mut Steps, how: &cli::Measure) -> Result<ExitCode> {
    machine::ensure(workspace, steps, &need::to_build(true))?;
    let program = build(workspace, steps)?;
    let status = Command::new(&program).arg("seed").args(&how.arguments).status();
    let status = status.with_context(|| format!("start {}", program.display()))?;
    Ok(ExitCode::from(exit_code(status)))
}

fn build(workspace: &Workspace, steps: &mut Steps) -> Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", "bench", "--release"]);
    steps.compile("build the bench", cargo)?;
    Ok(workspace.server(true).with_file_name("gannet-bench"))
}
