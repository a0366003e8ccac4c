//! Starting `gannet serve`, waiting until it is ready, and stopping it as it likes to be stopped.

use std::{
    env, fs,
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    process::{Command, ExitCode, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    http::{self, Url},
    machine::{self, need, probe},
    process::Kept,
    product,
    progress::exit_code,
    signals::{self, Reach},
    steps::Steps,
    stripe::{self, Stripe},
    workspace::Workspace,
};

/// Where the server listens unless told otherwise.
const DEFAULT_LISTEN: &str = "127.0.0.1:3000";

/// Longest a first start may take: it makes a database.
const LONGEST_START: Duration = Duration::from_secs(120);

/// Longest it may take to finish what it is doing once it was asked to stop.
const LONGEST_STOP: Duration = Duration::from_secs(60);

/// How often we look whether it is ready, or gone.
const GLANCE: Duration = Duration::from_millis(100);

/// A server that runs.
pub struct Server {
    process: Kept,
    address: SocketAddr,
}

impl Server {
    /// Starts it; `address` is where it was told to listen.
    ///
    /// # Errors
    /// When the program is not there.
    pub fn start(mut command: Command, address: SocketAddr) -> Result<Server> {
        command.arg("serve").stdin(Stdio::null());
        // It stops its database itself, in the right order: only its own process is asked.
        let process = Kept::start(command, Reach::Leader)?;
        Ok(Server { process, address: reachable(address) })
    }

    /// Waits until it answers at `/healthz`. False when it ended before, or somebody wants to stop.
    ///
    /// # Errors
    /// When it does neither in two minutes.
    pub fn wait_until_ready(&mut self) -> Result<bool> {
        let begun = Instant::now();
        let health = Url::at(self.address, "/healthz");
        loop {
            if signals::stopping() || self.process.ended()?.is_some() {
                return Ok(false);
            }
            if http::get(&health, &[]).is_ok_and(|answer| answer.status == 200) {
                // Another program may answer at this address while ours finds it taken.
                return Ok(self.process.ended()?.is_none());
            }
            if begun.elapsed() > LONGEST_START {
                bail!("the server was not ready after {} s", LONGEST_START.as_secs());
            }
            thread::sleep(GLANCE);
        }
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not know.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.ended()
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// When it has not after a minute; it is then ended by force.
    pub fn stop(mut self) -> Result<ExitStatus> {
        if self.process.ended()?.is_none() {
            self.process.ask_to_stop();
        }
        self.wait_for_end()
    }

    fn wait_for_end(&mut self) -> Result<ExitStatus> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.ended()? {
                return Ok(status);
            }
            if begun.elapsed() > LONGEST_STOP {
                self.process.kill();
                bail!("the server did not stop in {} s and was ended", LONGEST_STOP.as_secs());
            }
            thread::sleep(GLANCE);
        }
    }
}

impl Drop for Server {
    /// However we come to leave: never by pulling the plug of its database.
    fn drop(&mut self) {
        if matches!(self.process.ended(), Ok(None)) {
            self.process.ask_to_stop();
            // Nobody is left to tell; it has been ended by force then.
            let _ = self.wait_for_end();
        }
    }
}

/// How the server is run for people.
#[derive(Clone, Copy, Default)]
pub struct How {
    /// As it is shipped.
    pub release: bool,
    /// With a simulated Stripe beside it.
    pub billing: bool,
    /// Show it in a browser.
    pub open: bool,
}

/// Builds everything, serves it until Ctrl-C, and stops cleanly.
///
/// # Errors
/// [`crate::Failed`] when a build fails.
pub fn run(workspace: &Workspace, steps: &mut Steps, how: &How) -> Result<ExitCode> {
    let address = listen_address()?;
    // Before the build: nobody should wait for it to learn this.
    ensure_is_free(address)?;
    ensure_ready_to_run(workspace, steps, how.release)?;
    product::build(workspace, steps, how.release)?;
    let stripe = if how.billing {
        stripe::build(workspace, steps)?;
        let home = workspace.scratch().join("stripe");
        Some(Stripe::start(workspace, reachable(address), &home)?)
    } else {
        None
    };

    let Some(mut server) = start_for_people(workspace, steps, how, stripe.as_ref())? else {
        return Ok(ExitCode::SUCCESS);
    };
    let status = loop {
        if signals::stopping() {
            steps.console().line("\nStopping. Ctrl-C again ends it at once.");
            break server.wait_for_end()?;
        }
        if let Some(status) = server.ended()? {
            break status;
        }
        thread::sleep(GLANCE);
    };
    Ok(said_by(status))
}

/// Installs what serving takes.
///
/// # Errors
/// As for [`machine::ensure`].
pub fn ensure_ready_to_run(workspace: &Workspace, steps: &mut Steps, release: bool) -> Result<()> {
    let database_elsewhere = setting("DATABASE_URL")?.is_some();
    let needs = need::to_run(release, database_elsewhere);
    machine::ensure(workspace, steps, &needs)
}

/// Starts the server with the settings of our own environment, its output shown, and prints its
/// address. None when it ended at once for a reason that it has printed, as a Ctrl-C.
///
/// # Errors
/// [`crate::Failed`] when it ends with an error or never becomes ready.
pub fn start_for_people(
    workspace: &Workspace,
    steps: &mut Steps,
    how: &How,
    stripe: Option<&Stripe>,
) -> Result<Option<Server>> {
    let address = listen_address()?;
    ensure_is_free(address)?;
    let page =
        setting("BASE_URL")?.unwrap_or_else(|| format!("http://localhost:{}", address.port()));

    let mut command = Command::new(workspace.server(how.release));
    command.current_dir(workspace.root());
    if let Some(stripe) = stripe {
        stripe.introduce(&mut command);
    }
    if !how.release {
        command.env("GANNET_SITE", workspace.site());
    }
    let begun = Instant::now();
    let mut server = Server::start(command, address)?;
    if !server.wait_until_ready()? {
        let status = server.stop()?;
        if status.success() || signals::stopping() {
            return Ok(None);
        }
        return Err(crate::Failed { code: exit_code(status) }.into());
    }
    let console = steps.console();
    console.line(&format!(
        "\n  Gannet is at {page}  (ready after {:.1} s)",
        begun.elapsed().as_secs_f64()
    ));
    if let Some(stripe) = stripe {
        let url = stripe.url();
        console.line(&format!("  TEST: plans are sold through a simulated Stripe at {url}"));
        console.line("  No money moves. Pay with the card 4242 4242 4242 4242, never a real one.");
    }
    console.line("  Ctrl-C stops it.\n");
    if how.open {
        open_browser(&page);
    }
    Ok(Some(server))
}

/// Where the server will listen.
///
/// # Errors
/// When the setting is not an address with a port that is known beforehand.
pub fn listen_address() -> Result<SocketAddr> {
    let listen = setting("LISTEN")?.unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
    let address =
        address_in(&listen).with_context(|| format!("LISTEN={listen} is not address:port"))?;
    ensure!(address.port() != 0, "LISTEN={listen}: xtask has to know the port");
    Ok(address)
}

/// As the server reads it.
fn address_in(listen: &str) -> Option<SocketAddr> {
    match listen.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}").parse().ok(),
        None => listen.parse().ok(),
    }
}

/// Another server at the address would be taken for ours.
///
/// # Errors
/// When somebody listens there.
pub fn ensure_is_free(address: SocketAddr) -> Result<()> {
    match TcpListener::bind(address) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "{address} is in use: stop what listens there, or set LISTEN and BASE_URL, \
             for example LISTEN=127.0.0.1:3001 BASE_URL=http://localhost:3001"
        ),
        // Whatever else is wrong with it, the server says it better.
        _ => Ok(()),
    }
}

/// A setting as the server reads it: `NAME`, or the content of the file that `NAME_FILE` names.
fn setting(name: &str) -> Result<Option<String>> {
    if let Ok(value) = env::var(name) {
        return Ok(Some(value).filter(|value| !value.is_empty()));
    }
    let Some(path) = env::var_os(format!("{name}_FILE")) else {
        return Ok(None);
    };
    let value = fs::read_to_string(&path)
        .with_context(|| format!("read the file that {name}_FILE names"))?;
    Ok(Some(value.trim().to_owned()))
}

/// An address that a server which listens on `address` can be reached at.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Opens the page for somebody who sits in front of a screen; otherwise the address is enough.
fn open_browser(page: &str) {
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some());
    if has_screen && let Some(opener) = probe::find("xdg-open") {
        let mut command = Command::new(opener);
        command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // It hands over to a browser that is running, or becomes one: not ours to wait for.
        if let Ok(mut child) = command.spawn() {
            thread::spawn(move || child.wait());
        }
    }
}

fn said_by(status: ExitStatus) -> ExitCode {
    if status.success() { ExitCode::SUCCESS } else { ExitCode::from(exit_code(status)) }
}

#[cfg(test)]
mod tests {
    use super::{address_in, reachable};

    #[test]
    fn a_server_on_every_address_is_asked_on_this_machine() {
        let cases = [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ];
        for (listen, want) in cases {
            let address = reachable(listen.parse().expect(listen));
            assert_eq!(address.to_string(), want);
        }
    }

    #[test]
    fn where_to_listen_is_read_as_the_server_reads_it() {
        let cases = [
            ("localhost:3000", Some("127.0.0.1:3000")),
            ("[::1]:3000", Some("[::1]:3000")),
            ("3000", None),
        ];
        for (listen, want) in cases {
            assert_eq!(address_in(listen), want.map(|want| want.parse().expect(want)), "{listen}");
        }
    }
}
