//! The journeys: a server of their own, empty, and a browser that walks through it.

use std::{
    env,
    fs::{self, DirBuilder, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    cli, machine::probe, progress::Progress, serve::Server, steps::Steps, tally,
    workspace::Workspace,
};

/// What the server may see of our environment. Nobody's DATABASE_URL reaches a server that tests
/// fill with people.
const PASSED_ON: [&str; 9] =
    ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "RUST_BACKTRACE", "RUST_LOG", "TZ", "USER"];

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
    let (mut server, address) = start(workspace, &home, &log, asked.release)?;
    steps.step("start the server", |_| match server.wait_until_ready()? {
        true => Ok(()),
        false => bail!("the server did not start:\n{}", tail(&log)),
    })?;

    let mut playwright = tool("@playwright/test/cli.js");
    playwright.arg("test").args(names(asked.filter.as_deref()));
    playwright.env("BASE_URL", format!("http://{address}"));
    playwright.env("CHROMIUM", probe::chromium().context("find Chromium")?);
    let walked = steps.step("journeys", |progress| {
        let walked = progress.run_tests(playwright, tally::of_playwright);
        walked.with_context(|| format!("what the server printed lies in {}", log.display()))
    });
    // Whatever the browser found, a server that does not stop cleanly is a fault as well.
    let stopped = steps.step("stop the server", |progress| stop(server, &log, progress));
    walked.and(stopped)
}

fn start(
    workspace: &Workspace,
    home: &Home,
    log: &Path,
    release: bool,
) -> Result<(Server, SocketAddr)> {
    let address = free_address()?;
    let output = File::create(log).with_context(|| format!("write {}", log.display()))?;
    let mut command = Command::new(workspace.server(release));
    command.env_clear();
    command.envs(PASSED_ON.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    command
        .env("LISTEN", address.to_string())
        .env("BASE_URL", format!("http://{address}"))
        .env("DATA_DIR", home.0.join("data"))
        .env("SANDBOX", "on")
        // Each journey comes from an address of its own: all together sign up more often than one may.
        .env("TRUSTED_PROXIES", "127.0.0.1")
        .stdout(output.try_clone()?)
        .stderr(output);
    // A release carries its site: what is walked through is what is shipped.
    if !release {
        command.env("GANNET_SITE", workspace.site());
    }
    Ok((Server::start(command, address)?, address))
}

fn stop(server: Server, log: &Path, progress: &Progress) -> Result<()> {
    let status = server.stop()?;
    ensure!(status.success(), "the server ended with {status}:\n{}", tail(log));
    progress.note("cleanly");
    Ok(())
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

/// An address on loopback that nobody listens on just now.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
    listener.local_addr().context("find a free port")
}

/// The last lines of what the server printed.
fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// A directory for a server's data that goes with us.
struct Home(PathBuf);

impl Home {
    fn make() -> Result<Home> {
        // As root the database runs as another user, who has to get in: a private TMPDIR would not
        // do. And the path of its socket may have no more than 107 bytes.
        let base =
            if rustix::process::geteuid().is_root() { "/tmp".into() } else { env::temp_dir() };
        let home = base.join(format!("gannet-journeys-{}", std::process::id()));
        // Fails if it is there already: in a directory that all may write to, it could be anyone's.
        let made = DirBuilder::new().mode(0o755).create(&home);
        made.with_context(|| format!("make {}", home.display()))?;
        Ok(Home(home))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("could not remove {}: {error}", self.0.display());
        }
    }
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
