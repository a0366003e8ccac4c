//! Keeps the server running, and ends it with us.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::process::{
    Pid, Signal, getpid, getppid, kill_process, set_parent_process_death_signal,
};
use tracing::{error, info, warn};

use super::cluster::{self, Cluster};
use crate::refusal::Refusal;

/// How long a start may take; recovery after a crash is part of it.
const LONGEST_START: Duration = Duration::from_secs(120);
/// How long a stop may take before it is done the hard way.
const LONGEST_STOP: Duration = Duration::from_secs(30);
/// How often the supervisor looks whether the server lives.
const GLANCE: Duration = Duration::from_millis(100);
/// Longest wait before a server that keeps dying is started again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The thread that the server is a child of. The kernel ends the server when this thread ends,
/// so it lives exactly as long as the server should.
#[derive(Debug)]
pub(super) struct Supervisor {
    thread: JoinHandle<()>,
    /// Dropping it is the order to stop.
    stop: Sender<()>,
}

impl Supervisor {
    /// Starts the server and waits until it takes connections.
    pub(super) fn start(cluster: Cluster, socket_dir: PathBuf) -> Result<Self, Refusal> {
        let (stop, stopped) = channel();
        let (tell, told) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || supervise(&cluster, &socket_dir, &tell, &stopped))
            .map_err(|err| Refusal::new(format!("cannot start a thread: {err}")))?;
        match told.recv() {
            Ok(Ok(())) => Ok(Self { thread, stop }),
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(Refusal::new("gannet's own PostgreSQL did not start")),
        }
    }

    /// Stops the server and waits for its end.
    pub(super) fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            error!("the supervisor of PostgreSQL panicked");
        }
    }
}

fn supervise(
    cluster: &Cluster,
    socket_dir: &std::path::Path,
    tell: &SyncSender<Result<(), Refusal>>,
    stopped: &Receiver<()>,
) {
    let mut failures = 0u32;
    let mut first = true;
    loop {
        let began = Instant::now();
        let launched = cluster.command(socket_dir).and_then(|command| launch(cluster, command));
        let ended = match launched {
            Ok(mut child) => {
                if std::mem::take(&mut first) {
                    // Nobody listens only when the starter is gone, and then we are told to stop.
                    let _ = tell.send(Ok(()));
                } else {
                    info!("PostgreSQL runs again");
                }
                match watch(&mut child, stopped) {
                    Some(status) => format!("PostgreSQL ended by itself ({status})"),
                    None => return shut_down(&mut child),
                }
            }
            Err(refusal) if first => {
                let _ = tell.send(Err(refusal));
                return;
            }
            Err(refusal) => refusal.to_string(),
        };
        failures = if began.elapsed() > LONGEST_WAIT { 0 } else { failures + 1 };
        let wait =
            Duration::from_millis(200).saturating_mul(1 << failures.min(8)).min(LONGEST_WAIT);
        error!(wait_ms = wait.as_millis(), "{ended}; it is started again");
        if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Starts the server and waits until it is ready.
fn launch(cluster: &Cluster, mut command: Command) -> Result<Child, Refusal> {
    end_with_us(&mut command);
    let mut child = command.spawn().map_err(|err| {
        Refusal::new(format!("cannot run {}: {err}", command.get_program().display()))
    })?;
    let pid = Some(child.id());
    let alive = || matches!(child.try_wait(), Ok(None));
    match cluster::wait_until_ready(&cluster.data_dir(), LONGEST_START, pid, alive) {
        Ok(()) => Ok(child),
        Err(refusal) => {
            shut_down(&mut child);
            let path = cluster.start_log();
            let said = cluster::last_line(&fs::read_to_string(&path).unwrap_or_default());
            Err(Refusal::new(format!("{refusal}: {said} (more in {})", path.display())))
        }
    }
}

/// Lets the kernel stop the server, in order, when this thread ends for whatever reason.
fn end_with_us(command: &mut Command) {
    let parent = getpid();
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::INT))?;
        // We may have died before the kernel knew of our wish.
        if getppid() == Some(parent) {
            Ok(())
        } else {
            Err(std::io::Error::from(rustix::io::Errno::SRCH))
        }
    };
    // SAFETY: the closure runs between fork and exec, where only async-signal-safe calls are
    // allowed: it makes two system calls and allocates nothing.
    #[allow(unsafe_code)] // The standard library has no safe way to ask for this signal.
    unsafe {
        command.pre_exec(ask);
    }
}

/// Waits for the order to stop (`None`) or for the server's own end.
fn watch(child: &mut Child, stopped: &Receiver<()>) -> Option<ExitStatus> {
    loop {
        if stopped.recv_timeout(GLANCE) != Err(RecvTimeoutError::Timeout) {
            return None;
        }
        match child.try_wait() {
            Ok(None) => {}
            Ok(Some(status)) => return Some(status),
            Err(err) => warn!(error = %err, "cannot look after PostgreSQL"),
        }
    }
}

/// A fast shutdown, then an immediate one, then none that can be refused.
fn shut_down(child: &mut Child) {
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    for signal in [Signal::INT, Signal::QUIT, Signal::KILL] {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        // It may have ended since, which is what we want.
        let _ = kill_process(pid, signal);
        let end = Instant::now() + LONGEST_STOP;
        while Instant::now() < end {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        warn!(signal = signal.as_raw(), "PostgreSQL did not stop in time");
    }
}
