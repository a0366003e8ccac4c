//! A PostgreSQL of our own, for people who have not brought one.
//!
//! Debian's binaries under our supervision: the files lie in `DATA_DIR/postgres`, connections go
//! through a unix socket in a directory that only its user (and root) may enter, nothing listens
//! on a port. It starts with gannet, is started again when it dies, and stops with gannet, also
//! when gannet is killed.
//!
//! Whoever may enter the socket's directory may be any role (`trust`): that is the user the
//! database runs as, who owns the files anyway, and root.

mod account;
mod binaries;
mod cluster;
mod leftovers;
mod socket;
mod supervisor;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

pub use binaries::OLDEST;

use account::Account;
use binaries::Binaries;
use cluster::Cluster;
use rustix::fs::OFlags;
use supervisor::Supervisor;

use crate::{
    config::{DatabaseUrl, DatabaseUrls},
    refusal::Refusal,
};

/// The superuser, and the database of the same cluster that always exists.
const SUPERUSER: &str = "postgres";
/// The database everything lies in.
const DATABASE: &str = "gannet";

/// Who wants the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `serve`: it becomes ours alone; a second gannet on the same directory is refused.
    Alone,
    /// A command beside it: a running one is used, or one is started for as long as it takes.
    Shared,
}

/// A running PostgreSQL of our own. Dropping it stops the server as [`Embedded::stop`] does, if
/// it was us who started it.
#[derive(Debug)]
pub struct Embedded {
    socket_dir: PathBuf,
    supervisor: Option<Supervisor>,
    /// Held for as long as we supervise; the kernel lets go of it however we end.
    _lock: Option<File>,
}

impl Embedded {
    /// Starts the server in `home` (made on first use), or finds the one that runs there.
    /// Blocks: the first start takes about a second, later ones less than a tenth.
    ///
    /// # Errors
    /// One line that says what to do: no PostgreSQL installed, the directory is in use or out of
    /// reach for the database's user, or PostgreSQL's own last words.
    pub fn open(home: &Path, wanted: Wanted) -> Result<Self, Refusal> {
        let account = Account::choose(home)?;
        account.prepare_home(home)?;
        let socket_dir = socket::directory(home, &account)?;
        let Some(lock) = lock(home, &account)? else {
            return Self::beside(home, socket_dir, wanted);
        };
        let cluster = Cluster { binaries: Binaries::find()?, account, home: home.to_owned() };
        cluster.prepare()?;
        leftovers::clear(&cluster.data_dir(), &socket_dir, cluster.account.uid())?;
        let supervisor = Supervisor::start(cluster, socket_dir.clone())?;
        Ok(Self { socket_dir, supervisor: Some(supervisor), _lock: Some(lock) })
    }

    /// The server that another gannet supervises.
    fn beside(home: &Path, socket_dir: PathBuf, wanted: Wanted) -> Result<Self, Refusal> {
        if wanted == Wanted::Alone {
            return Err(Refusal::new(format!(
                "another gannet is running on {}; stop it, or set DATA_DIR to another directory",
                home.parent().unwrap_or(home).display()
            )));
        }
        cluster::wait_until_ready(&home.join("data"), Duration::from_secs(30), None, || true)?;
        Ok(Self { socket_dir, supervisor: None, _lock: None })
    }

    /// Whether this process started it.
    pub fn is_ours(&self) -> bool {
        self.supervisor.is_some()
    }

    /// One address per role, of the database `gannet`. Roles and database exist once
    /// `store` has made them over [`Embedded::superuser`].
    pub fn urls(&self) -> DatabaseUrls {
        let url = |role| DatabaseUrl::socket(&self.socket_dir, role, DATABASE);
        DatabaseUrls {
            app: url("gannet_app"),
            worker: url("gannet_worker"),
            owner: url("gannet_owner"),
        }
    }

    /// The superuser's address, for making roles and database.
    pub fn superuser(&self) -> DatabaseUrl {
        DatabaseUrl::socket(&self.socket_dir, SUPERUSER, SUPERUSER)
    }

    /// Stops it: open transactions are aborted, what is committed is on disk. Takes up to 30 s,
    /// after which it is stopped as in a power cut (which loses nothing either).
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        if let Some(supervisor) = self.supervisor.take() {
            supervisor.stop();
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// The major version that a new cluster would be made with.
///
/// # Errors
/// There is none on this machine that is new enough.
pub fn installed_version() -> Result<u32, Refusal> {
    let version = Binaries::find()?.version();
    version.ok_or_else(|| Refusal::new("PostgreSQL does not tell its version; install it again"))
}

/// The lock of `home`, or `None` when another process holds it.
fn lock(home: &Path, account: &Account) -> Result<Option<File>, Refusal> {
    let path = home.join("gannet.lock");
    let file = open_file(&path, account)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(err)) => Err(Refusal::file("lock", &path, &err)),
    }
}

/// Opens `path` for writing, and makes it for `account` alone if it is not there. Its directory is
/// another user's, perhaps: a link that was put there is not followed.
fn open_file(path: &Path, account: &Account) -> Result<File, Refusal> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .map_err(|err| Refusal::file("open", path, &err))?;
    account.own(path)?;
    Ok(file)
}

/// Makes `path` with `mode` unless it is there.
fn make_dir(path: &Path, mode: u32) -> Result<(), Refusal> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    if path.is_dir() {
        return Ok(());
    }
    let made = fs::DirBuilder::new().recursive(true).mode(mode).create(path);
    made.and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)))
        .map_err(|err| Refusal::file("make", path, &err))
}

#[cfg(test)]
mod tests;
