//! Measuring a release from outside, with `gannet-bench`.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::{
    cli,
    machine::{self, need},
    product,
    progress::exit_code,
    steps::Steps,
    workspace::Workspace,
};

/// Builds server and bench for production and measures `what`. The figures go to standard output.
///
/// # Errors
/// [`crate::Failed`] when a step fails.
pub fn run(
    workspace: &Workspace,
    steps: &mut Steps,
    what: &str,
    how: &cli::Measure,
) -> Result<ExitCode> {
    machine::ensure(workspace, steps, &need::to_build(true))?;
    product::build(workspace, steps, true)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", "bench", "--release"]);
    steps.compile("build the bench", cargo)?;

    let server = workspace.server(true);
    let program = server.with_file_name("gannet-bench");
    let mut bench = Command::new(&program);
    bench.arg("--gannet").arg(&server).arg(what).args(&how.arguments);
    let status = bench.status().with_context(|| format!("start {}", program.display()))?;
    Ok(ExitCode::from(exit_code(status)))
}
