//! Running other programs: their output kept and shown, their end awaited, Ctrl-C passed on.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{
    console::plain,
    signals::{self, Reach},
};

/// How long to wait for more output of a program that has ended: a daemon it left behind may hold
/// its output open for ever.
const AFTERGLOW: Duration = Duration::from_millis(300);

/// A program that ended, and everything it printed, in the order in which it printed it.
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output and standard error together.
    pub output: String,
}

/// A child that is told when somebody presses Ctrl-C.
pub struct Kept {
    child: Child,
}

impl Kept {
    /// Starts the command.
    ///
    /// # Errors
    /// When the program is not there or may not be run.
    pub fn start(mut command: Command, reach: Reach) -> Result<Kept> {
        if reach != Reach::Terminal {
            command.process_group(0);
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("cannot start {program}"))?;
        signals::adopt(&child, reach);
        Ok(Kept { child })
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not know.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("ask whether a child has ended")
    }

    /// Asks it to stop, as SIGTERM does, unless a signal that we got has asked it already: many
    /// programs take the second time for impatience.
    pub fn ask_to_stop(&self) {
        if !signals::stopping() {
            signals::ask_to_stop(&self.child);
        }
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Not waiting would leave a zombie, and its number on the list of those to signal.
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        signals::forget(&self.child);
    }
}

/// Runs the command to its end. Each line goes to `log` and to `heard`.
///
/// # Errors
/// When it cannot be started or its output cannot be kept; a failing status is an answer.
pub fn run(
    mut command: Command,
    reach: Reach,
    log: &Path,
    mut heard: impl FnMut(&str),
) -> Result<Ended> {
    let mut log = File::options()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("write {}", log.display()))?;
    // One pipe for both, so that errors stay where they belong among the rest.
    let (reader, writer) = io::pipe().context("make a pipe")?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    // Takes the command, and with it our ends of the pipe: or it would never be at its end.
    let mut child = Kept::start(command, reach)?;

    let (lines, incoming) = mpsc::channel();
    thread::spawn(move || send_lines(reader, &lines));

    let mut output = String::new();
    let mut status = None;
    loop {
        match incoming.recv_timeout(AFTERGLOW) {
            Ok(line) => {
                writeln!(log, "{}", plain(&line)).context("write the log")?;
                heard(&line);
                output.push_str(&line);
                output.push('\n');
            }
            Err(RecvTimeoutError::Timeout) if status.is_some() => break,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                if status.is_some() {
                    break;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
        if status.is_none() {
            status = child.ended()?;
        }
    }
    let status = status.context("a child ended without a status")?;
    Ok(Ended { status, output })
}

/// What a program prints, or nothing when it is not there or fails.
pub fn ask(program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Reads to the end, a line at a time; a carriage return ends one too (progress bars).
fn send_lines(mut from: impl Read, to: &mpsc::Sender<String>) {
    let mut pending = Vec::new();
    let mut before = b'\n';
    let mut buffer = [0; 8192];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        for &byte in &buffer[..read] {
            let ends_a_line = byte == b'\r' || (byte == b'\n' && before != b'\r');
            if ends_a_line {
                let line = String::from_utf8_lossy(&pending).into_owned();
                pending.clear();
                if to.send(line).is_err() {
                    return;
                }
            } else if byte != b'\n' {
                pending.push(byte);
            }
            before = byte;
        }
    }
    if !pending.is_empty() {
        // Nobody listens any more: then nobody misses the line.
        let _ = to.send(String::from_utf8_lossy(&pending).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::{process::Command, sync::mpsc};

    use rustix::process::{Pid, Signal, kill_process};

    use super::{run, send_lines};
    use crate::signals::Reach;

    #[test]
    fn lines_end_at_newlines_and_at_carriage_returns() {
        let (to, from) = mpsc::channel();
        send_lines("one\r\n10%\r20%\r\n\nlast".as_bytes(), &to);
        drop(to);
        assert_eq!(from.iter().collect::<Vec<_>>(), ["one", "10%", "20%", "", "last"]);
    }

    #[test]
    fn output_and_errors_come_in_order_with_the_status() {
        let log = std::env::temp_dir().join(format!("xtask-process-{}.log", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "echo a; echo b >&2; echo c; exit 3"]);
        let mut heard = Vec::new();
        let ended = run(command, Reach::Group, &log, |line| heard.push(line.to_owned()))
            .expect("a shell is there");
        let kept = std::fs::read_to_string(&log).expect("the log was written");
        std::fs::remove_file(&log).expect("the log can be removed");

        assert_eq!(ended.status.code(), Some(3));
        assert_eq!(ended.output, "a\nb\nc\n");
        assert_eq!(kept, ended.output);
        assert_eq!(heard, ["a", "b", "c"]);
    }

    #[test]
    fn a_daemon_that_keeps_the_output_open_does_not_hold_us() {
        let log = std::env::temp_dir().join(format!("xtask-daemon-{}.log", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!"]);
        let ended = run(command, Reach::Group, &log, |_| {}).expect("a shell is there");
        std::fs::remove_file(&log).expect("the log can be removed");
        assert!(ended.status.success());

        // It is still there: we did not wait for its end.
        let daemon = ended.output.trim().parse().ok().and_then(Pid::from_raw).expect("its number");
        kill_process(daemon, Signal::KILL).expect("the daemon still runs");
    }
}
