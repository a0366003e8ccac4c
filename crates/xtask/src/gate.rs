//! `cargo xtask test`: everything that must hold before a change is merged, in order.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{
    cli, journeys,
    machine::{
        self,
        need::{self, WASM_TARGET},
    },
    product,
    steps::{Failed, Steps},
    tally,
    workspace::Workspace,
};

/// Everything but the frontend: it is compiled for the browser, never together with the server.
const HOST: [&str; 3] = ["--workspace", "--exclude", "frontend"];

/// Installs what is missing, then checks, tests and walks the journeys.
///
/// # Errors
/// When something has to be installed by hand.
pub fn test(workspace: &Workspace, steps: &mut Steps, asked: &cli::Test) -> Result<ExitCode> {
    let needs = need::to_test(asked.release, !asked.no_browser);
    machine::ensure(workspace, steps, &needs)?;

    let outcome = all(workspace, steps, asked);
    steps.closing_table();
    match outcome {
        Err(error) if !error.is::<Failed>() => Err(error),
        _ => Ok(steps.first_failure().map_or(ExitCode::SUCCESS, ExitCode::from)),
    }
}

fn all(workspace: &Workspace, steps: &mut Steps, asked: &cli::Test) -> Result<()> {
    let mut gate = Gate { keep_going: asked.keep_going };
    if asked.filter.is_none() {
        for (name, command) in checks(workspace) {
            gate.let_through(steps.command(name, command))?;
        }
    }
    gate.let_through(tests(workspace, steps, asked.filter.as_deref()))?;

    let built = product::build(workspace, steps, asked.release);
    let is_built = built.is_ok();
    gate.let_through(built.map(drop))?;
    if is_built && !asked.no_browser {
        gate.let_through(journeys::walk(workspace, steps, asked))?;
    }
    Ok(())
}

/// Decides whether a failure ends the command.
struct Gate {
    keep_going: bool,
}

impl Gate {
    fn let_through(&mut self, outcome: Result<()>) -> Result<()> {
        match outcome {
            Err(error)
                if self.keep_going && error.is::<Failed>() && !crate::signals::stopping() =>
            {
                Ok(())
            }
            other => other,
        }
    }
}

/// What is checked without running anything of the product.
fn checks(workspace: &Workspace) -> [(&'static str, Command); 4] {
    let cargo = |args: &[&str]| {
        let mut cargo = workspace.cargo();
        cargo.args(args);
        cargo
    };
    let mut clippy_host = cargo(&["clippy", "--all-targets"]);
    clippy_host.args(HOST).args(["--", "-D", "warnings"]);
    let mut clippy_wasm = cargo(&["clippy", "--package", "frontend", "--lib"]);
    clippy_wasm.args(["--target", WASM_TARGET, "--", "-D", "warnings"]);
    let mut doc = cargo(&["doc", "--no-deps", "--document-private-items"]);
    doc.args(HOST).env("RUSTDOCFLAGS", "-D warnings");
    [
        ("format", cargo(&["fmt", "--all", "--check"])),
        ("clippy (host)", clippy_host),
        ("clippy (wasm)", clippy_wasm),
        ("docs", doc),
    ]
}

fn tests(workspace: &Workspace, steps: &mut Steps, filter: Option<&str>) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--no-fail-fast"]).args(HOST).args(filter);
    steps.step("tests", |progress| progress.run_tests(cargo, tally::of_cargo))
}
