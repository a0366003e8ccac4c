//! One step while it runs: the programs that it starts, and what it says of itself.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result};

use crate::{
    console::plain,
    process::{self, Ended},
    signals::Reach,
    tally::Tally,
};

/// What a running step reports to.
pub struct Progress {
    log: PathBuf,
    /// The last thing that was heard.
    latest: Mutex<String>,
    note: Mutex<String>,
    tally: Mutex<Tally>,
}

/// A program within a step failed.
#[derive(Debug)]
pub struct ProgramFailed {
    /// Its status, as ours.
    pub code: u8,
    /// All that it printed.
    pub output: String,
    program: String,
}

impl fmt::Display for ProgramFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ended with status {}", self.program, self.code)
    }
}

impl std::error::Error for ProgramFailed {}

impl Progress {
    /// Nothing heard yet. What the step's programs print will be kept in a file of `logs`.
    ///
    /// # Errors
    /// When that file cannot be written.
    pub fn new(logs: &Path, step: &str) -> Result<Progress> {
        fs::create_dir_all(logs).with_context(|| format!("make {}", logs.display()))?;
        let log = logs.join(format!("{}.log", file_name(step)));
        fs::write(&log, "").with_context(|| format!("write {}", log.display()))?;
        Ok(Progress {
            log,
            latest: Mutex::default(),
            note: Mutex::default(),
            tally: Mutex::default(),
        })
    }

    /// Runs a program to its end, its last line shown as progress. Returns all that it printed.
    ///
    /// # Errors
    /// When it cannot be started, or [`ProgramFailed`].
    pub fn run(&self, command: Command) -> Result<String> {
        let program = name_of(&command);
        self.hear(command, Reach::Group)?.unless_failed(program)
    }

    /// Like [`Progress::run`], for a program that may need the terminal (a password).
    ///
    /// # Errors
    /// As for [`Progress::run`].
    pub fn run_on_terminal(&self, command: Command) -> Result<String> {
        let program = name_of(&command);
        self.hear(command, Reach::Terminal)?.unless_failed(program)
    }

    /// Runs a program that runs tests, and counts what it says of them, whether it fails or not.
    ///
    /// # Errors
    /// As for [`Progress::run`].
    pub fn run_tests(&self, command: Command, count: fn(&str) -> Tally) -> Result<()> {
        let program = name_of(&command);
        let ended = self.hear(command, Reach::Group)?;
        let tally = count(&plain(&ended.output));
        self.note(&tally.to_string());
        *lock(&self.tally) = tally;
        ended.unless_failed(program).map(drop)
    }

    /// Shows what the step is at.
    pub fn say(&self, latest: &str) {
        latest.clone_into(&mut lock(&self.latest));
    }

    /// Stands behind the step's line when it is done.
    pub fn note(&self, note: &str) {
        note.clone_into(&mut lock(&self.note));
    }

    /// What the step said last.
    pub fn latest(&self) -> String {
        lock(&self.latest).clone()
    }

    /// The note, the tests that were counted, and where the output lies.
    pub fn outcome(self) -> (String, Tally, PathBuf) {
        let note = self.note.into_inner().unwrap_or_else(PoisonError::into_inner);
        let tally = self.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        (note, tally, self.log)
    }

    fn hear(&self, command: Command, reach: Reach) -> Result<Ended> {
        process::run(command, reach, &self.log, |line| {
            let line = plain(line);
            if !line.trim().is_empty() {
                self.say(line.trim());
            }
        })
    }
}

impl Ended {
    fn unless_failed(self, program: String) -> Result<String> {
        if self.status.success() {
            return Ok(self.output);
        }
        Err(ProgramFailed { program, code: exit_code(self.status), output: self.output }.into())
    }
}

/// A program's status as ours; 1 for one that a signal ended.
pub fn exit_code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A word or a number is never half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned()
}

/// A step's name as the name of a file.
fn file_name(step: &str) -> String {
    let words = step.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn steps_have_files_of_their_own() {
        assert_eq!(file_name("clippy (wasm)"), "clippy-wasm");
        assert_eq!(file_name("build the server"), "build-the-server");
    }
}
