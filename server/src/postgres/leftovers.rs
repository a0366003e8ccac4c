//! What a killed gannet leaves behind.
//!
//! PostgreSQL judges a stale `postmaster.pid` itself when the process is gone. It refuses to
//! start when the number now belongs to somebody else, which happens after a restart of a
//! container; and the old server may still be shutting down. Since we hold the directory's lock,
//! no other gannet supervises a server here, and the rest can be told from `/proc`.

use std::{
    fs, io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::refusal::Refusal;

/// How long an old server may take to shut down, and then again to be stopped hard.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends what is left of an earlier server on `data_dir` and removes the locks of processes that
/// are none.
pub(super) fn clear(data_dir: &Path, socket_dir: &Path) -> Result<(), Refusal> {
    let pid_file = data_dir.join("postmaster.pid");
    let Some(pid) = pid_in(&pid_file) else { return Ok(()) };
    if works_in(pid, data_dir) {
        // The parent's death has told it to stop; told once more it does not start over.
        stop(pid, data_dir)?;
    }
    let survivors = processes_in(data_dir);
    if !survivors.is_empty() {
        wait_for_the_end(data_dir)?;
    }
    // Nobody works on these files any more. When the number is somebody else's by now,
    // PostgreSQL would take that process for its predecessor.
    if exists(pid) {
        remove(&pid_file)?;
        remove(&socket_dir.join(".s.PGSQL.5432.lock"))?;
        remove(&socket_dir.join(".s.PGSQL.5432"))?;
    }
    Ok(())
}

fn stop(pid: Pid, data_dir: &Path) -> Result<(), Refusal> {
    for signal in [Signal::INT, Signal::QUIT] {
        // It may have ended in the meantime, which is what we want.
        let _ = kill_process(pid, signal);
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if !works_in(pid, data_dir) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    Err(still_there(pid, data_dir))
}

/// Server processes whose parent was killed notice it and leave by themselves.
fn wait_for_the_end(data_dir: &Path) -> Result<(), Refusal> {
    let end = Instant::now() + PATIENCE;
    loop {
        match processes_in(data_dir).first() {
            None => return Ok(()),
            Some(pid) if Instant::now() > end => return Err(still_there(*pid, data_dir)),
            Some(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
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
    Path::new(&format!("/proc/{}", pid.as_raw_nonzero())).exists()
}

/// Whether `pid` is one of the servers of `data_dir`: they all have it as working directory.
fn works_in(pid: Pid, data_dir: &Path) -> bool {
    let link = format!("/proc/{}/cwd", pid.as_raw_nonzero());
    match (fs::read_link(link), fs::canonicalize(data_dir)) {
        (Ok(cwd), Ok(dir)) => cwd == dir,
        _ => false,
    }
}

fn processes_in(data_dir: &Path) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(Pid::from_raw)
        .filter(|pid| works_in(*pid, data_dir))
        .collect()
}

fn remove(path: &Path) -> Result<(), Refusal> {
    match fs::remove_file(path) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            Err(Refusal::file("remove", path, &err))
        }
        _ => Ok(()),
    }
}
