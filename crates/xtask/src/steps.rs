//! A command as a list of steps: one line each, with its time, and the whole story when one fails.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    console::{Console, Tone, plain},
    failures,
    progress::{ProgramFailed, Progress},
    signals,
    tally::Tally,
};

/// How often a log hears that a step still runs.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How often the live line of a terminal is drawn again.
const FRAME: Duration = Duration::from_millis(100);

/// Exit status after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;

/// A step failed and has already said so.
#[derive(Debug)]
pub struct Failed {
    /// The status to exit with: that of the program that failed.
    pub code: u8,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a step failed with status {}", self.code)
    }
}

impl std::error::Error for Failed {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    /// Somebody pressed Ctrl-C.
    Stopped,
}

impl Verdict {
    fn shown_on(self, console: &Console) -> String {
        match self {
            Verdict::Passed => console.tone(Tone::Good, "ok     "),
            Verdict::Failed => console.tone(Tone::Bad, "FAILED "),
            Verdict::Stopped => console.tone(Tone::Faint, "stopped"),
        }
    }
}

/// One step that ran.
struct Done {
    name: String,
    took: Duration,
    verdict: Verdict,
    note: String,
}

/// The steps of a command.
pub struct Steps {
    console: Console,
    logs: PathBuf,
    done: Vec<Done>,
    tally: Tally,
    first_failure: Option<u8>,
}

impl Steps {
    /// No step yet; each will keep its output in a file of `logs`.
    pub fn new(console: Console, logs: PathBuf) -> Steps {
        Steps { console, logs, done: Vec::new(), tally: Tally::default(), first_failure: None }
    }

    /// Where the steps are shown.
    pub fn console(&self) -> &Console {
        &self.console
    }

    /// The status of the first step that failed.
    pub fn first_failure(&self) -> Option<u8> {
        self.first_failure
    }

    /// Does one step, shows that it runs, and says how long it took.
    ///
    /// # Errors
    /// [`Failed`] when `work` fails; what happened has then been printed.
    pub fn step<T>(&mut self, name: &str, work: impl FnOnce(&Progress) -> Result<T>) -> Result<T> {
        if signals::stopping() {
            return Err(Failed { code: INTERRUPTED }.into());
        }
        let progress = Progress::new(&self.logs, name)?;
        let begun = Instant::now();
        let result = self.watch(name, begun, &progress, work);
        let took = begun.elapsed();

        let verdict = match result {
            Ok(_) => Verdict::Passed,
            Err(_) if signals::stopping() => Verdict::Stopped,
            Err(_) => Verdict::Failed,
        };
        let (note, mut tally, log) = progress.outcome();
        if verdict == Verdict::Failed && tally.failed == 0 {
            // A step that broke before it could count is one failure, not none.
            tally.failed = 1;
        }
        self.tally = self.tally + tally;
        let done = Done { name: name.to_owned(), took, verdict, note };
        self.report(&done);
        self.done.push(done);
        result.map_err(|error| self.explain(&error, &log).into())
    }

    /// Does one step that is one program.
    ///
    /// # Errors
    /// [`Failed`] when the program cannot be started or fails.
    pub fn command(&mut self, name: &str, command: Command) -> Result<()> {
        self.step(name, |progress| progress.run(command).map(drop))
    }

    /// Does one step that is a run of the compiler; its warnings are shown.
    ///
    /// # Errors
    /// [`Failed`] when it does not compile.
    pub fn compile(&mut self, name: &str, mut command: Command) -> Result<()> {
        if self.console.is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let output = self.step(name, |progress| progress.run(command))?;
        let warnings: Vec<_> = output.lines().filter(|line| !is_cargos_own(&plain(line))).collect();
        if !warnings.is_empty() {
            self.console.passage(&warnings.join("\n"));
        }
        Ok(())
    }

    /// Prints every step with its time, and the last line: how many tests passed and failed.
    pub fn closing_table(&self) {
        let width = self.done.iter().map(|done| done.name.chars().count()).max().unwrap_or(0);
        let total: Duration = self.done.iter().map(|done| done.took).sum();
        self.console.line("");
        for Done { name, took, verdict, note } in &self.done {
            let (verdict, took) = (verdict.shown_on(&self.console), seconds(*took));
            let line = format!("  {verdict}  {name:width$}  {took:>9}  {note}");
            self.console.line(line.trim_end());
        }
        self.console.line(&format!("  {:7}  {:width$}  {:>9}", "", "in all", seconds(total)));
        self.console.line("");
        self.console.line(&self.tally.to_string());
    }

    /// Runs `work` beside a clock that shows how far it is.
    fn watch<T>(
        &self,
        name: &str,
        begun: Instant,
        progress: &Progress,
        work: impl FnOnce(&Progress) -> Result<T>,
    ) -> Result<T> {
        let (finished, clock) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                let every = if self.console.is_terminal() { FRAME } else { HEARTBEAT };
                while let Err(RecvTimeoutError::Timeout) = clock.recv_timeout(every) {
                    self.tick(name, begun.elapsed(), &progress.latest());
                }
            });
            let result = work(progress);
            drop(finished);
            result
        })
    }

    fn tick(&self, name: &str, elapsed: Duration, latest: &str) {
        const FRAMES: [&str; 4] = ["|", "/", "-", "\\"];
        let frame = (elapsed.as_millis() / 150) as usize % FRAMES.len();
        let mark = if self.console.is_terminal() { FRAMES[frame] } else { "..." };
        let line = format!("  {mark:7}  {:>9}  {name}  {latest}", seconds(elapsed));
        if self.console.is_terminal() {
            self.console.live(&line);
        } else {
            self.console.line(line.trim_end());
        }
    }

    fn report(&self, Done { name, took, verdict, note }: &Done) {
        let verdict = verdict.shown_on(&self.console);
        let took = self.console.tone(Tone::Faint, &format!("{:>9}", seconds(*took)));
        self.console.line(format!("  {verdict}  {took}  {name}  {note}").trim_end());
    }

    /// Says why a step failed, once.
    fn explain(&mut self, error: &anyhow::Error, log: &Path) -> Failed {
        let code = if signals::stopping() {
            self.console.line("\nStopped.");
            INTERRUPTED
        } else if let Some(failed) = error.downcast_ref::<ProgramFailed>() {
            self.console.line("");
            self.console.passage(&failures::worth_showing(&failed.output));
            self.console.line(&format!("\n{error:#}. All of its output: {}\n", log.display()));
            failed.code
        } else {
            self.console.line(&format!("\n{error:#}\n"));
            1
        };
        self.first_failure.get_or_insert(code);
        Failed { code }
    }
}

/// Whether cargo says what it is doing, and nothing of the code: `   Compiling leptos v0.8.23`.
fn is_cargos_own(line: &str) -> bool {
    const VERBS: [&str; 15] = [
        "Adding",
        "Blocking",
        "Building",
        "Checking",
        "Compiling",
        "Dirty",
        "Downloaded",
        "Downloading",
        "Finished",
        "Fresh",
        "Locking",
        "Removing",
        "Running",
        "Updating",
        "Waiting",
    ];
    // It sets them to the right, in twelve columns.
    line.starts_with(' ')
        && line.split_whitespace().next().is_some_and(|verb| VERBS.contains(&verb))
}

/// `12.3 s` or `2 min 03 s`.
fn seconds(took: Duration) -> String {
    if took < Duration::from_secs(60) {
        return format!("{:.1} s", took.as_secs_f64());
    }
    let secs = took.as_secs();
    format!("{} min {:02} s", secs / 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{is_cargos_own, seconds};

    #[test]
    fn times_read_well_from_a_blink_to_an_hour() {
        let cases = [(40, "0.0 s"), (1_250, "1.2 s"), (59_900, "59.9 s"), (123_000, "2 min 03 s")];
        for (millis, want) in cases {
            assert_eq!(seconds(Duration::from_millis(millis)), want, "{millis} ms");
        }
    }

    #[test]
    fn warnings_are_told_from_progress() {
        for line in ["   Compiling leptos v0.8.23", " Downloading crates ..."] {
            assert!(is_cargos_own(line), "{line}");
        }
        for line in ["warning: unused variable: `x`", " --> app/src/lib.rs:1:1", "  |"] {
            assert!(!is_cargos_own(line), "{line}");
        }
    }
}
