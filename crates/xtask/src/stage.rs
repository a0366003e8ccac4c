//! A server of our own: empty, on a free port, with data that go with us.

use std::{
    env,
    fs::{self, DirBuilder, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{progress::Progress, serve::Server, stripe::Stripe, workspace::Workspace};

/// What the server may see of our environment. Nobody's DATABASE_URL reaches a server that tests
/// fill with people.
const PASSED_ON: [&str; 9] =
    ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "RUST_BACKTRACE", "RUST_LOG", "TZ", "USER"];

/// Starts one at `address`, with its data in `home` and what it prints in `log`, and with this Stripe
/// if there is one.
///
/// # Errors
/// When the program is not there.
pub fn start(
    workspace: &Workspace,
    (home, log): (&Home, &Path),
    address: SocketAddr,
    stripe: Option<&Stripe>,
    release: bool,
) -> Result<Server> {
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
    if let Some(stripe) = stripe {
        stripe.introduce(&mut command);
        // With limits of their own: most journeys must not meet any.
        command.env("PLANS_FILE", workspace.end2end().join("plans.toml"));
    }
    // A release carries its site: what is walked through is what is shipped.
    if !release {
        command.env("GANNET_SITE", workspace.site());
    }
    Server::start(command, address)
}

/// Stops it.
///
/// # Errors
/// When it does not stop cleanly.
pub fn stop(server: Server, log: &Path, progress: &Progress) -> Result<()> {
    let status = server.stop()?;
    ensure!(status.success(), "the server ended with {status}:\n{}", tail(log));
    progress.note("cleanly");
    Ok(())
}

/// An address on loopback that nobody listens on just now.
///
/// # Errors
/// When there is none.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
    listener.local_addr().context("find a free port")
}

/// The last lines of what the server printed.
pub fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// A directory for a server's data that goes with us.
pub struct Home(PathBuf);

impl Home {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes it.
    ///
    /// # Errors
    /// When there is no room, or it is there already.
    pub fn make() -> Result<Home> {
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
