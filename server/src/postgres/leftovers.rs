//! What a killed gannet leaves behind.
//!
//! PostgreSQL judges a stale `postmaster.pid` itself when the process is gone. It refuses to
//! start when the number now belongs to somebody else, which happens after a restart of a
//! container; and the old server may still be shutting down. Since we hold the directory's lock,
//! no other gannet supervises a server here, and the rest can be told from `/proc`.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::refusal::Refusal;

/// How long an old server may take to shut down, and then again to be stopped hard.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends what is left of an earlier server on `data_dir` and removes the locks of processes that
/// are none. `uid` is the user that servers here run as.
pub(super) fn clear(data_dir: &Path, socket_dir: &Path, uid: u32) -> Result<(), Refusal> {
    let files = Files { data_dir, uid };
    let pid_file = data_dir.join("postmaster.pid");
    let Some(pid) = pid_in(&pid_file) else { return Ok(()) };
    if files.are_served_by(pid) {
        // The parent's death has told it to stop; told once more it does not start over.
        files.stop(pid)?;
    }
    files.wait_for_the_end()?;
    // Nobody works on these files any more. When the number is somebody else's by now,
    // PostgreSQL would take that process for its predecessor.
    if exists(pid) {
        remove(&pid_file)?;
        remove(&socket_dir.join(".s.PGSQL.5432.lock"))?;
        remove(&socket_dir.join(".s.PGSQL.5432"))?;
    }
    Ok(())
}

/// The files of a server, and the user it runs as.
struct Files<'a> {
    data_dir: &'a Path,
    uid: u32,
}

impl Files<'_> {
    fn stop(&self, pid: Pid) -> Result<(), Refusal> {
        for signal in [Signal::INT, Signal::QUIT] {
            // It may have ended in the meantime, which is what we want.
            let _ = kill_process(pid, signal);
            let end = Instant::now() + PATIENCE;
            while Instant::now() < end {
                if !self.are_served_by(pid) {
                    return Ok(());
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Err(still_there(pid, self.data_dir))
    }

    /// Server processes whose parent was killed notice it and leave by themselves.
    fn wait_for_the_end(&self) -> Result<(), Refusal> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.processes().first() {
                None => return Ok(()),
                Some(pid) if Instant::now() > end => return Err(still_there(*pid, self.data_dir)),
                Some(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn processes(&self) -> Vec<Pid> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(Pid::from_raw)
            .filter(|pid| self.are_served_by(*pid))
            .collect()
    }

    /// Whether `pid` is one of the servers of these files: they all have them as working directory.
    fn are_served_by(&self, pid: Pid) -> bool {
        match (fs::read_link(proc(pid, "cwd")), fs::canonicalize(self.data_dir)) {
            (Ok(cwd), Ok(dir)) => cwd == dir,
            // Root may not look either, in a container without CAP_SYS_PTRACE.
            (Err(err), _) if err.kind() == io::ErrorKind::PermissionDenied => {
                self.seem_served_by(pid)
            }
            _ => false,
        }
    }

    /// The same by what everybody may see: a `postgres` of the same user, unless its command or its
    /// parent's names other files.
    fn seem_served_by(&self, pid: Pid) -> bool {
        let is_theirs = |meta: fs::Metadata| meta.uid() == self.uid;
        let Some((state, parent)) = state_and_parent(pid) else { return false };
        let is_postgres =
            fs::read_to_string(proc(pid, "comm")).is_ok_and(|comm| comm == "postgres\n");
        // One that has ended and that nobody has asked about does nothing any more.
        state != "Z"
            && is_postgres
            && fs::metadata(proc(pid, "")).is_ok_and(is_theirs)
            && [Some(pid), parent]
                .into_iter()
                .flatten()
                .find_map(files_named_by)
                .is_none_or(|named| named == self.data_dir)
    }
}

fn proc(pid: Pid, what: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{}/{what}", pid.as_raw_nonzero()))
}

/// The state's letter, and the parent, which the first process has not.
fn state_and_parent(pid: Pid) -> Option<(String, Option<Pid>)> {
    let stat = fs::read_to_string(proc(pid, "stat")).ok()?;
    // The name in front of them, in brackets, may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    Some((fields.next()?.to_owned(), Pid::from_raw(fields.next()?.parse().ok()?)))
}

/// What follows `-D` in the command of `pid`.
fn files_named_by(pid: Pid) -> Option<PathBuf> {
    let command = fs::read(proc(pid, "cmdline")).ok()?;
    let mut words = command.split(|byte| *byte == 0).skip_while(|word| *word != b"-D");
    words.nth(1).map(|dir| PathBuf::from(OsStr::from_bytes(dir)))
}

fn still_there(pid: Pid, data_dir: &Path) -> Refusal {
    Refusal::new(format!(
        "an earlier PostgreSQL (process {}) still works on {}; end it and start again",
        pid.as_raw_nonzero(),
        data_dir.display()
    ))
}

fn pid_in(pid_file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pid_file).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

fn exists(pid: Pid) -> bool {
    proc(pid, "").exists()
}

fn remove(path: &Path) -> Result<(), Refusal> {
    match fs::remove_file(path) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            Err(Refusal::file("remove", path, &err))
        }
        _ => Ok(()),
    }
}
