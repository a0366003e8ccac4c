//! A server that is measured.

use std::{
    env,
    fs::{File, Permissions},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};
use tokio_postgres::NoTls;

use crate::process::Family;

/// What the server may see of our environment: nobody's DATABASE_URL reaches one that is filled with
/// people.
const PASSED_ON: [&str; 7] = ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TZ", "USER"];

/// How long a start, with a new database, and a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One that runs, with a database of its own.
pub struct Gannet {
    child: Child,
    address: SocketAddr,
    home: TempDir,
    program: PathBuf,
    settings: Vec<(&'static str, String)>,
}

impl Gannet {
    /// Starts `program` with `settings` beside the usual ones, and waits until it answers.
    ///
    /// # Errors
    /// When it does not within a minute.
    pub async fn start(program: &Path, settings: &[(&'static str, String)]) -> Result<Self> {
        let home = home()?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let settings = settings.to_vec();
        let child = spawn(program, home.path(), address, &settings)?;
        let program = program.to_owned();
        let mut this = Self { child, address, home, program, settings };
        this.until_it_answers().await?;
        Ok(this)
    }

    async fn until_it_answers(&mut self) -> Result<()> {
        let begun = Instant::now();
        let client = reqwest::Client::new();
        loop {
            let answer = client.get(format!("{}/healthz", self.url())).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            let gone = self.child.try_wait()?.is_some();
            if gone || begun.elapsed() > PATIENCE {
                bail!("the server did not start:\n{}", self.log());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Kills it as a power cut would, and starts it again on the same data. It may not answer yet.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn crash(&mut self) -> Result<()> {
        self.child.kill().await?;
        self.child = spawn(&self.program, self.home.path(), self.address, &self.settings)?;
        Ok(())
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its processes: its own, and those of its database.
    ///
    /// # Errors
    /// When it has ended.
    pub fn family(&self) -> Result<Family> {
        let pid = self.child.id().context("it runs")?;
        Family::of(pid, &self.home.path().join("data/postgres/data/postmaster.pid"))
    }

    /// Where its database's socket lies.
    pub fn socket(&self) -> PathBuf {
        self.home.path().join("data/postgres/socket")
    }

    /// Its database, as the role that may do anything.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn database(&self) -> Result<tokio_postgres::Client> {
        let (client, connection) = tokio_postgres::Config::new()
            .host_path(self.socket())
            .user("postgres")
            .dbname("gannet")
            .connect(NoTls)
            .await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Stops it as a service manager would.
    ///
    /// # Errors
    /// When it does not stop cleanly within a minute.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(pid) = pid {
            kill_process(pid, Signal::TERM)?;
        }
        let ended = timeout(PATIENCE, self.child.wait()).await.context("it does not stop")??;
        ensure!(ended.success(), "the server ended with {ended}:\n{}", self.log());
        Ok(())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}

fn spawn(
    program: &Path,
    home: &Path,
    address: SocketAddr,
    settings: &[(&'static str, String)],
) -> Result<Child> {
    let log = File::options().create(true).append(true).open(home.join("log"))?;
    let mut command = Command::new(program);
    command.arg("serve").env_clear();
    command.envs(PASSED_ON.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    command
        .env("LISTEN", address.to_string())
        .env("BASE_URL", format!("http://{address}"))
        .env("DATA_DIR", home.join("data"))
        .env("SANDBOX", "on")
        // Requests say for themselves from where they come.
        .env("TRUSTED_PROXIES", "127.0.0.1")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    command
        .spawn()
        .with_context(|| format!("start {}; `cargo xtask bench` builds it", program.display()))
}

/// A folder for its data, which goes with us.
fn home() -> Result<TempDir> {
    // As root the database runs as another user, who has to get in: a private TMPDIR would not do.
    let base = if rustix::process::geteuid().is_root() { "/tmp".into() } else { env::temp_dir() };
    let home = tempfile::Builder::new().prefix("gannet-bench-").tempdir_in(base)?;
    std::fs::set_permissions(home.path(), Permissions::from_mode(0o755))?;
    Ok(home)
}
