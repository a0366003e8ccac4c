//! The PostgreSQL that the tests of a build share.
//!
//! The first test process starts it together with a keeper (`keeper.sh`), every process holds a shared
//! lock while it lives, and the keeper stops and removes everything some seconds after the last lock is
//! gone. Nothing of this depends on a process ending in order.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::ErrorKind,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::address::Address;

/// Oldest version whose SQL we speak.
const OLDEST: u32 = 15;
/// How long a start may take on a busy machine.
const LONGEST_START: Duration = Duration::from_secs(60);
/// A short path that every user may walk to: a socket's path has room for 107 bytes.
pub(crate) const HOMES: &str = "/tmp";
/// The server's superuser.
pub(crate) const SUPERUSER: &str = "postgres";

/// Nothing here outlives a power cut, so nothing waits for the disk.
const SETTINGS: [&str; 13] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=512MB",
    "checkpoint_timeout=1h",
    "shared_buffers=64MB",
    "max_connections=500",
    "jit=off",
    "timezone=UTC",
];

/// The server for this process: the one that `TEST_DATABASE_URL` names, or the one that the tests of
/// this build share. It stays until the process ends.
///
/// # Errors
/// What kept it from starting, alike for everybody in this process.
pub(crate) fn address() -> Result<Address> {
    static SERVER: OnceLock<Result<(Address, Option<File>), String>> = OnceLock::new();
    let server = SERVER.get_or_init(|| find().map_err(|err| format!("{err:#}")));
    server
        .as_ref()
        .map(|(address, _)| address.clone())
        .map_err(|err| anyhow!("no PostgreSQL for tests: {err}"))
}

#[allow(clippy::disallowed_methods, reason = "a setting of the tests, not of the product")]
fn find() -> Result<(Address, Option<File>)> {
    match std::env::var("TEST_DATABASE_URL") {
        Ok(url) if !url.is_empty() => Ok((Address::parse(&url)?, None)),
        _ => join().map(|(address, using)| (address, Some(using))),
    }
}

/// Joins the users of the shared server, starting it if there is none.
fn join() -> Result<(Address, File)> {
    let lobby = Lobby::open()?;
    // From here on no keeper stops the server; one that is about to is waited for.
    let using = lobby.file("users.lock")?;
    using.lock_shared()?;

    let starting = lobby.file("start.lock")?;
    starting.lock()?;
    let keeping = lobby.file("keeper.lock")?;
    let home = match keeping.try_lock() {
        Ok(()) => lobby.start(keeping)?,
        Err(TryLockError::WouldBlock) => lobby.home()?,
        Err(TryLockError::Error(err)) => return Err(err.into()),
    };
    wait_until_ready(&home)?;
    Ok((Address::socket(&home, SUPERUSER), using))
}

/// Where the test processes of one build find each other.
struct Lobby {
    dir: PathBuf,
}

impl Lobby {
    /// Beside the directory in which cargo puts the test programs.
    fn open() -> Result<Self> {
        let program = std::env::current_exe()?;
        let programs = program.parent().context("a program lies in a directory")?;
        let beside = if programs.ends_with("deps") {
            programs.parent().unwrap_or(programs)
        } else {
            programs
        };
        let dir = beside.join("testdb");
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Self { dir })
    }

    fn file(&self, name: &str) -> Result<File> {
        let path = self.dir.join(name);
        let opened =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        opened.with_context(|| format!("cannot open {}", path.display()))
    }

    /// The directory of the server that was started last.
    fn home(&self) -> Result<PathBuf> {
        Ok(fs::read_to_string(self.dir.join("home"))?.into())
    }

    /// Starts a server with a keeper, who holds `keeping` for as long as it lives.
    fn start(&self, keeping: File) -> Result<PathBuf> {
        // A keeper that was killed could not clean up.
        if let Ok(home) = self.home() {
            remove(&home)?;
        }
        let account = Account::choose()?;
        let home = tempfile::Builder::new().prefix("gannet-testdb-").tempdir_in(HOMES)?.keep();
        fs::write(self.dir.join("home"), home.as_os_str().as_encoded_bytes())?;
        account.own(&home)?;
        let binaries = binaries()?;
        initialize(&binaries, &account, &home)?;

        let mut keeper = Command::new("/bin/sh");
        keeper.args(["-c", include_str!("keeper.sh"), "testdb-keeper"]).arg(&home);
        keeper.arg(binaries.join("postgres")).arg("-D").arg(home.join("data"));
        keeper.arg("-k").arg(&home);
        keeper.args(SETTINGS.iter().flat_map(|setting| ["-c", *setting]));
        keeper.stdin(self.file("users.lock")?).stdout(keeping).stderr(Stdio::null());
        // A group of its own: Ctrl-C is for the tests, and so is the end of a test's group.
        keeper.process_group(0);
        account.dress(&mut keeper, &home).spawn().context("cannot run sh")?;
        Ok(home)
    }
}

pub(crate) fn initialize(binaries: &Path, account: &Account, home: &Path) -> Result<()> {
    let mut initdb = Command::new(binaries.join("initdb"));
    initdb.arg("--pgdata").arg(home.join("data")).args(["--username", SUPERUSER]);
    initdb.args([
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]);
    let output = account.dress(&mut initdb, home).output().context("cannot run initdb")?;
    ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

/// PostgreSQL writes its state into the eighth line of `postmaster.pid`; its own `pg_ctl` waits for
/// that too.
pub(crate) fn wait_until_ready(home: &Path) -> Result<()> {
    let end = Instant::now() + LONGEST_START;
    loop {
        let state = fs::read_to_string(home.join("data/postmaster.pid")).unwrap_or_default();
        if state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
            return Ok(());
        }
        if Instant::now() > end {
            let log = fs::read_to_string(home.join("log")).unwrap_or_default();
            bail!("it was not ready within {} s: {}", LONGEST_START.as_secs(), log.trim());
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Removes what a keeper would have removed. Nothing but our own directories is touched.
fn remove(home: &Path) -> Result<()> {
    let is_ours = home.parent() == Some(Path::new(HOMES))
        && home
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"gannet-testdb-"));
    match fs::remove_dir_all(home) {
        _ if !is_ours => bail!("{} is no directory of a test server", home.display()),
        Err(err) if err.kind() != ErrorKind::NotFound => Err(err.into()),
        _ => Ok(()),
    }
}

/// The directory of the newest `postgres` and `initdb`.
pub(crate) fn binaries() -> Result<PathBuf> {
    let complete = |dir: &Path| ["postgres", "initdb"].iter().all(|name| dir.join(name).is_file());
    let versioned = |entry: fs::DirEntry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let dir = entry.path().join("bin");
        (version >= OLDEST && complete(&dir)).then_some((version, dir))
    };
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(versioned)
        .max();
    if let Some((_, dir)) = debian {
        return Ok(dir);
    }
    #[allow(clippy::disallowed_methods, reason = "where programs lie is not a setting")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).find(|dir| complete(dir)).with_context(|| {
        format!("PostgreSQL {OLDEST} or newer is not installed (`cargo xtask setup`)")
    })
}

/// The user PostgreSQL runs as: it refuses root.
pub(crate) enum Account {
    Ours,
    Dropped { uid: u32, gid: u32 },
}

impl Account {
    pub fn choose() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ours);
        }
        let passwd = fs::read_to_string("/etc/passwd")?;
        let find = |wanted: &&str| {
            passwd.lines().find_map(|line| {
                let fields: Vec<&str> = line.split(':').collect();
                let (uid, gid) = (fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?);
                (fields.first() == Some(wanted)).then_some(Self::Dropped { uid, gid })
            })
        };
        ["postgres", "nobody"]
            .iter()
            .find_map(find)
            .context("no user `postgres` or `nobody` to run it as")
    }

    pub fn own(&self, path: &Path) -> Result<()> {
        match self {
            Self::Ours => Ok(()),
            Self::Dropped { uid, gid } => Ok(chown(path, Some(*uid), Some(*gid))?),
        }
    }

    /// Makes `command` run as this user, in `home`, with an environment that brings nothing along.
    pub fn dress<'c>(&self, command: &'c mut Command, home: &Path) -> &'c mut Command {
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir(home);
        if let Self::Dropped { uid, gid } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }
}
