//! Building the product: the site, the server, or both.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    budget, dashboard,
    machine::{self, need},
    site::{self, Built},
    steps::Steps,
    workspace::Workspace,
};

/// Builds site and server and prints their sizes. In a release the budget has to hold.
///
/// # Errors
/// [`crate::Failed`] when a step fails.
pub fn build_and_weigh(
    workspace: &Workspace,
    steps: &mut Steps,
    release: bool,
) -> Result<ExitCode> {
    machine::ensure(workspace, steps, &need::to_build(release))?;
    let site = build(workspace, steps, release)?;

    let mut lines = budget::lines(&site);
    if release {
        lines.push(dashboard::weigh(workspace, steps)?);
    }
    let console = steps.console();
    console.line("");
    console.line(&budget::table(&lines, release));
    console.line(&format!("  {}", workspace.server(release).display()));
    if release && !lines.iter().all(budget::Line::holds) {
        console.line("\nThe site is over its budget: see crates/xtask/src/budget.rs.");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds site and server.
///
/// # Errors
/// [`crate::Failed`] when a step fails.
pub fn build(workspace: &Workspace, steps: &mut Steps, release: bool) -> Result<Built> {
    let module = site::build_module(workspace, steps, release)?;
    let site = site::write(workspace, steps, &module, release)?;
    build_server(workspace, steps, release)?;
    Ok(site)
}

/// Builds the server. A release carries the site that was built before.
///
/// # Errors
/// [`crate::Failed`] when it does not compile.
pub fn build_server(workspace: &Workspace, steps: &mut Steps, release: bool) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--bin", "gannet"]);
    if release {
        // By itself: what the tools of the workspace ask of shared dependencies is not shipped.
        cargo.args(["--package", "server", "--release"]).env("GANNET_EMBED_SITE", workspace.site());
    } else {
        // With the rest: then the tests, which are built together, share everything with it.
        cargo.args(["--workspace", "--exclude", "frontend"]).env_remove("GANNET_EMBED_SITE");
    }
    steps.compile("build the server", cargo)
}
