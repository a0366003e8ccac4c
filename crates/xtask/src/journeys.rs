//! The journeys: a server of their own, empty, and a browser that walks through it.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{
    cli,
    machine::probe,
    stage::{Home, free_address, start, stop, tail},
    steps::Steps,
    stripe::{self, Stripe},
    tally,
    workspace::Workspace,
};

/// Checks the types of the journeys, starts a server, walks through it, and stops it.
///
/// # Errors
/// [`crate::Failed`] when a journey fails, or when the server does not start or stop cleanly.
pub fn walk(workspace: &Workspace, steps: &mut Steps, asked: &cli::Test) -> Result<()> {
    let node = probe::node(workspace).context("find Node.js")?;
    let tool = |script: &str| {
        let mut command = Command::new(&node);
        command.current_dir(workspace.end2end()).arg(format!("node_modules/{script}"));
        command
    };
    let mut types = tool("typescript/bin/tsc");
    types.args(["--noEmit", "--project", "."]);
    steps.command("types of the journeys", types)?;

    let log = workspace.logs().join("gannet-serve.log");
    let home = Home::make()?;
    stripe::build(workspace, steps)?;
    let address = free_address()?;
    let stripe = Stripe::start(workspace, address, &home.path().join("stripe"))?;
    let mut server = start(workspace, (&home, &log), address, Some(&stripe), asked.release)?;
    steps.step("start the server", |_| match server.wait_until_ready()? {
        true => Ok(()),
        false => bail!("the server did not start:\n{}", tail(&log)),
    })?;

    let mut playwright = tool("@playwright/test/cli.js");
    playwright.arg("test").args(names(asked.filter.as_deref()));
    playwright.env("BASE_URL", format!("http://{address}"));
    playwright.env("STRIPE_SIM_URL", stripe.url());
    playwright.env("STRIPE_WEBHOOK_SECRET", stripe::WEBHOOK_SECRET);
    playwright.env("CHROMIUM", probe::chromium().context("find Chromium")?);
    let walked = steps.step("journeys", |progress| {
        let walked = progress.run_tests(playwright, tally::of_playwright);
        walked.with_context(|| format!("what the server printed lies in {}", log.display()))
    });
    // Whatever the browser found, a server that does not stop cleanly is a fault as well.
    let stopped = steps.step("stop the server", |progress| stop(server, &log, progress));
    walked.and(stopped)
}

/// Playwright's arguments for journeys whose name contains the filter, which it would otherwise
/// read as a regular expression.
fn names(filter: Option<&str>) -> Vec<String> {
    let Some(filter) = filter else {
        return Vec::new();
    };
    let literal: String = filter
        .chars()
        .flat_map(|c| {
            let escape = (!c.is_alphanumeric() && !c.is_whitespace()).then_some('\\');
            escape.into_iter().chain([c])
        })
        .collect();
    // A filter may well be meant for the other tests only.
    vec!["--grep".to_owned(), literal, "--pass-with-no-tests".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_filter_is_no_regular_expression() {
        assert_eq!(names(None), Vec::<String>::new());
        assert_eq!(names(Some("a bot (sandbox)"))[1], "a bot \\(sandbox\\)");
    }
}
