//! The files of our PostgreSQL, and the command that runs on them.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{SUPERUSER, account::Account, binaries::Binaries, open_file};
use crate::refusal::Refusal;

/// How often the server is asked whether it is ready.
const PAUSE: Duration = Duration::from_millis(10);

/// The files of our PostgreSQL: `data`, `log`, and the socket's directory.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) binaries: Binaries,
    pub(super) account: Account,
    pub(super) home: PathBuf,
}

impl Cluster {
    pub(super) fn data_dir(&self) -> PathBuf {
        self.home.join("data")
    }

    fn log_dir(&self) -> PathBuf {
        self.home.join("log")
    }

    /// What PostgreSQL says before its own log is open, and when it cannot start.
    pub(super) fn start_log(&self) -> PathBuf {
        self.log_dir().join("start.log")
    }

    /// Makes the files on first use; afterwards finds the programs that fit them.
    pub(super) fn prepare(&self) -> Result<(), Refusal> {
        self.account.make_dir(&self.log_dir())?;
        if self.data_dir().join("PG_VERSION").exists() { Ok(()) } else { self.initialize() }
    }

    /// Built beside its place and moved there when complete, so that a kill in the middle leaves
    /// nothing half made.
    fn initialize(&self) -> Result<(), Refusal> {
        let half_made = self.home.join("data.new");
        if half_made.exists() {
            fs::remove_dir_all(&half_made)
                .map_err(|err| Refusal::file("remove", &half_made, &err))?;
        }
        let mut command = Command::new(self.binaries.initdb());
        command
            .arg("--pgdata")
            .arg(&half_made)
            .args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8"])
            .args(["--locale", "C.UTF-8", "--data-checksums", "--no-instructions"])
            .current_dir(&self.home)
            .stdin(Stdio::null())
            // Ctrl-C is for gannet; half a cluster helps nobody.
            .process_group(0);
        self.account.dress(&mut command);
        let output = command.output().map_err(|err| {
            Refusal::new(format!("cannot run {}: {err}", self.binaries.initdb().display()))
        })?;
        if !output.status.success() {
            let said = last_line(&String::from_utf8_lossy(&output.stderr));
            return Err(Refusal::new(format!("initdb failed: {said}")));
        }
        fs::rename(&half_made, self.data_dir())
            .map_err(|err| Refusal::file("put in place", &half_made, &err))
    }

    /// The server, not started yet, with its early words going to [`Cluster::start_log`].
    pub(super) fn command(&self, socket_dir: &Path) -> Result<Command, Refusal> {
        let path = self.start_log();
        let log = open_file(&path, &self.account)?;
        log.set_len(0).map_err(|err| Refusal::file("write", &path, &err))?;
        let binaries = self.fitting_binaries()?;
        let mut command = Command::new(binaries.postgres());
        command.arg("-D").arg(self.data_dir());
        let settings = [
            ("listen_addresses", String::new()),
            ("unix_socket_directories", socket_dir.display().to_string()),
            ("unix_socket_permissions", "0700".to_owned()),
            ("logging_collector", "on".to_owned()),
            ("log_directory", self.log_dir().display().to_string()),
            // One file per day of the week: a week is kept, no more.
            ("log_filename", "postgres-%a.log".to_owned()),
            ("log_truncate_on_rotation", "on".to_owned()),
            ("log_rotation_age", "1d".to_owned()),
            ("log_rotation_size", "0".to_owned()),
            // A failed statement would put what people typed into the log.
            ("log_min_error_statement", "panic".to_owned()),
            ("log_parameter_max_length_on_error", "0".to_owned()),
        ];
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.current_dir(&self.home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        // A terminal sends Ctrl-C to the whole group, and PostgreSQL would shut down under the requests
        // that gannet lets end.
        command.process_group(0);
        self.account.dress(&mut command);
        Ok(command)
    }

    /// Files of one major version run under that version alone.
    fn fitting_binaries(&self) -> Result<Binaries, Refusal> {
        let path = self.data_dir().join("PG_VERSION");
        let text = fs::read_to_string(&path).map_err(|err| Refusal::file("read", &path, &err))?;
        let version = text.trim().parse().map_err(|_| {
            Refusal::new(format!("{} does not hold a version number", path.display()))
        })?;
        self.binaries.of_version(version).ok_or_else(|| {
            Refusal::new(format!(
                "the data in {} was made by PostgreSQL {version}, which is not installed; \
                 install postgresql-{version}, or move the data with pg_upgrade",
                self.data_dir().display()
            ))
        })
    }
}

/// Waits until the server on `data_dir` takes connections, for `limit` at most. `pid` is the one
/// it must have (a file left behind by an earlier server says "ready" as well); `alive` says
/// whether there is still something to wait for.
///
/// PostgreSQL itself writes its state into the eighth line of `postmaster.pid`, which is also
/// what its `pg_ctl` waits for.
pub(super) fn wait_until_ready(
    data_dir: &Path,
    limit: Duration,
    pid: Option<u32>,
    mut alive: impl FnMut() -> bool,
) -> Result<(), Refusal> {
    let pid_file = data_dir.join("postmaster.pid");
    let end = Instant::now() + limit;
    loop {
        let running = alive();
        let ready = fs::read_to_string(&pid_file).ok().and_then(|text| ready_server(&text));
        if ready.is_some_and(|found| pid.is_none_or(|wanted| wanted == found)) {
            return Ok(());
        }
        if !running {
            return Err(Refusal::new("gannet's own PostgreSQL did not start"));
        }
        if Instant::now() > end {
            let secs = limit.as_secs();
            let what = format!("gannet's own PostgreSQL was not ready within {secs} s");
            return Err(Refusal::new(what));
        }
        thread::sleep(PAUSE);
    }
}

/// The process that `postmaster.pid` says is ready.
fn ready_server(pid_file: &str) -> Option<u32> {
    let mut lines = pid_file.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    (lines.nth(6)?.trim() == "ready").then_some(pid)
}

/// The last line that says something.
pub(super) fn last_line(text: &str) -> String {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("(silence)").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_what_the_eighth_line_says() {
        let file = |state| format!("42\n/d\n1700000000\n5432\n/s\n\n  5432001  3\n{state}\n");
        assert_eq!(ready_server(&file("ready   ")), Some(42));
        assert_eq!(ready_server(&file("starting")), None);
        assert_eq!(ready_server("42\n/d\n"), None);
    }
}
