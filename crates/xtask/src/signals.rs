//! Ctrl-C and friends: told to whatever runs for us, never dropped on the floor.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

/// How a child is told to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The child and all it started, which share a process group: a compiler's workers.
    Group,
    /// The child alone, which stops what it started in its own order: the server.
    Leader,
    /// Not at all: it shares our process group, so the terminal has told it already.
    Terminal,
}

struct Kin {
    pid: Pid,
    reach: Reach,
}

static STOPPING: AtomicBool = AtomicBool::new(false);
static KIN: Mutex<Vec<Kin>> = Mutex::new(Vec::new());

/// Starts listening. The first signal asks every child to stop, the second kills them.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn watch() -> Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).context("listen for Ctrl-C and SIGTERM")?;
    thread::spawn(move || {
        for _ in signals.forever() {
            let again = STOPPING.swap(true, Ordering::SeqCst);
            tell_kin(if again { Signal::KILL } else { Signal::TERM });
        }
    });
    Ok(())
}

/// Whether somebody asked us to stop.
pub fn stopping() -> bool {
    STOPPING.load(Ordering::SeqCst)
}

/// Counts a child among those that hear of a signal, until [`forget`].
pub fn adopt(child: &std::process::Child, reach: Reach) {
    let Some(pid) = Pid::from_raw(child.id().cast_signed()) else {
        return;
    };
    kin().push(Kin { pid, reach });
    // The signal may have come between the start of the child and this line.
    if stopping() {
        tell(pid, reach, Signal::TERM);
    }
}

/// The child has been waited for, and its number may soon be another's.
pub fn forget(child: &std::process::Child) {
    let gone = child.id().cast_signed();
    kin().retain(|kin| kin.pid.as_raw_nonzero().get() != gone);
}

/// Asks one child to stop.
pub fn ask_to_stop(child: &std::process::Child) {
    if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
        tell(pid, Reach::Leader, Signal::TERM);
    }
}

fn tell_kin(signal: Signal) {
    for kin in kin().iter() {
        tell(kin.pid, kin.reach, signal);
    }
}

fn tell(pid: Pid, reach: Reach, signal: Signal) {
    // It may have ended on its own in the meantime; that is what we want.
    let _ = match reach {
        Reach::Group => kill_process_group(pid, signal),
        Reach::Leader => kill_process(pid, signal),
        Reach::Terminal => Ok(()),
    };
}

fn kin() -> std::sync::MutexGuard<'static, Vec<Kin>> {
    // A list of numbers is never half written.
    KIN.lock().unwrap_or_else(PoisonError::into_inner)
}
