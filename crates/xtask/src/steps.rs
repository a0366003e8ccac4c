//! A command as a list of steps: one line each, with its time, and the whole story when one fails.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::{
    console::{Console, Tone, plain},
    process::{self, Ended},
    signals::{self, Reach},
    tally::Tally,
};

/// How often a log hears that a step still runs.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How often the live line of a terminal is drawn again.
const FRAME: Duration = Duration::from_millis(100);

/// Most lines of a failed program's output that are shown; the log has the rest.
const SHOWN_LINES: usize = 150;

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

/// A program within a step failed.
#[derive(Debug)]
struct ProgramFailed {
    program: String,
    code: u8,
    output: String,
}

impl fmt::Display for ProgramFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ended with status {}", self.program, self.code)
    }
}

impl std::error::Error for ProgramFailed {}

/// One step that ran.
struct Done {
    name: String,
    took: Duration,
    passed: bool,
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

/// What a running step reports to.
pub struct Progress {
    log: PathBuf,
    /// The last thing that was heard.
    latest: Mutex<String>,
    note: Mutex<String>,
    tally: Mutex<Option<Tally>>,
}

impl Steps {
    /// No step yet; each will keep its output in a file of `logs`.
    pub fn new(console: Console, logs: PathBuf) -> Steps {
        Steps {
            console,
            logs,
            done: Vec::new(),
            tally: Tally::default(),
            first_failure: None,
        }
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

        let tally = progress
            .tally
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let note = progress
            .note
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let passed = result.is_ok();
        self.report(name, took, passed, &note);
        self.done.push(Done {
            name: name.to_owned(),
            took,
            passed,
            note,
        });
        self.tally = self.tally + tally.unwrap_or_default();
        result.map_err(|error| {
            // A step that broke before it could count is one failure, not none.
            if tally.is_none_or(|tally| tally.failed == 0) {
                self.tally.failed += 1;
            }
            self.explain(&error, &progress.log).into()
        })
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
        let warnings: Vec<_> = output
            .lines()
            .filter(|line| !is_cargos_own(&plain(line)))
            .collect();
        if !warnings.is_empty() {
            self.console.line(&warnings.join("\n"));
        }
        Ok(())
    }

    /// Prints every step with its time, and the last line: how many tests passed and failed.
    pub fn closing_table(&self) {
        let width = self
            .done
            .iter()
            .map(|done| done.name.chars().count())
            .max()
            .unwrap_or(0);
        let total: Duration = self.done.iter().map(|done| done.took).sum();
        self.console.line("");
        for done in &self.done {
            let verdict = if done.passed { "ok    " } else { "FAILED" };
            let (name, took, note) = (&done.name, seconds(done.took), &done.note);
            self.console
                .line(format!("  {verdict}  {name:width$}  {took:>9}  {note}").trim_end());
        }
        self.console.line(&format!(
            "          {:width$}  {:>9}",
            "in all",
            seconds(total)
        ));
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
                let every = if self.console.is_terminal() {
                    FRAME
                } else {
                    HEARTBEAT
                };
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
        let took = seconds(elapsed);
        if self.console.is_terminal() {
            const FRAMES: [char; 4] = ['|', '/', '-', '\\'];
            let frame = FRAMES[(elapsed.as_millis() / 150) as usize % FRAMES.len()];
            self.console
                .live(&format!("  {frame}     {name}  {took}  {latest}"));
        } else {
            self.console
                .line(format!("  ...   {name}, {took}  {latest}").trim_end());
        }
    }

    fn report(&self, name: &str, took: Duration, passed: bool, note: &str) {
        let verdict = match passed {
            true => self.console.tone(Tone::Good, "ok    "),
            false => self.console.tone(Tone::Bad, "FAILED"),
        };
        let took = self
            .console
            .tone(Tone::Faint, &format!("{:>9}", seconds(took)));
        self.console
            .line(format!("  {verdict}  {took}  {name}  {note}").trim_end());
    }

    /// Says why a step failed, once.
    fn explain(&mut self, error: &anyhow::Error, log: &Path) -> Failed {
        let code = if signals::stopping() {
            self.console.line("\nStopped.");
            INTERRUPTED
        } else if let Some(failed) = error.downcast_ref::<ProgramFailed>() {
            self.console
                .line(&format!("\n{}", last_lines(&failed.output, SHOWN_LINES)));
            self.console.line(&format!(
                "{error:#}. All of its output: {}\n",
                log.display()
            ));
            failed.code
        } else {
            self.console.line(&format!("\n{error:#}\n"));
            1
        };
        self.first_failure.get_or_insert(code);
        Failed { code }
    }
}

impl Progress {
    fn new(logs: &Path, name: &str) -> Result<Progress> {
        fs::create_dir_all(logs).with_context(|| format!("make {}", logs.display()))?;
        let log = logs.join(format!("{}.log", file_name(name)));
        fs::write(&log, "").with_context(|| format!("write {}", log.display()))?;
        Ok(Progress {
            log,
            latest: Mutex::default(),
            note: Mutex::default(),
            tally: Mutex::default(),
        })
    }

    /// Runs a program to its end, its last line shown as progress.
    ///
    /// # Errors
    /// When it cannot be started, or when it ends with a failing status.
    pub fn run(&self, command: Command) -> Result<String> {
        self.run_within(command, Reach::Group)
    }

    /// Like [`Progress::run`], for a program that may need the terminal (a password).
    ///
    /// # Errors
    /// As for [`Progress::run`].
    pub fn run_on_terminal(&self, command: Command) -> Result<String> {
        self.run_within(command, Reach::Terminal)
    }

    fn run_within(&self, command: Command, reach: Reach) -> Result<String> {
        let program = name_of(&command);
        let ended = self.try_run(command, reach)?;
        if ended.status.success() {
            return Ok(ended.output);
        }
        Err(ProgramFailed {
            program,
            code: exit_code(ended.status),
            output: ended.output,
        }
        .into())
    }

    fn try_run(&self, command: Command, reach: Reach) -> Result<Ended> {
        process::run(command, reach, &self.log, |line| {
            let line = plain(line);
            if !line.trim().is_empty() {
                self.say(line.trim());
            }
        })
    }

    /// Runs a program that runs tests, and counts what it says of them, whether it fails or not.
    ///
    /// # Errors
    /// As for [`Progress::run`].
    pub fn run_tests(&self, command: Command, count: fn(&str) -> Tally) -> Result<()> {
        let program = name_of(&command);
        let ended = self.try_run(command, Reach::Group)?;
        let tally = count(&plain(&ended.output));
        self.note(&tally.to_string());
        let mut total = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        *total = Some(total.unwrap_or_default() + tally);
        if ended.status.success() {
            return Ok(());
        }
        Err(ProgramFailed {
            program,
            code: exit_code(ended.status),
            output: ended.output,
        }
        .into())
    }

    /// Shows what the step is at.
    pub fn say(&self, latest: &str) {
        latest.clone_into(&mut self.latest.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Stands behind the step's line when it is done.
    pub fn note(&self, note: &str) {
        note.clone_into(&mut self.note.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn latest(&self) -> String {
        self.latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned()
}

/// A program's status as ours; 1 for one that a signal ended.
pub fn exit_code(status: std::process::ExitStatus) -> u8 {
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
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
    let indented = line.starts_with("  ");
    indented
        && line
            .split_whitespace()
            .next()
            .is_some_and(|verb| VERBS.contains(&verb))
}

/// `12.3 s` or `2 min 03 s`.
fn seconds(took: Duration) -> String {
    if took < Duration::from_secs(60) {
        return format!("{:.1} s", took.as_secs_f64());
    }
    let secs = took.as_secs();
    format!("{} min {:02} s", secs / 60, secs % 60)
}

/// A step's name as the name of a file.
fn file_name(step: &str) -> String {
    let dashed: String = step
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let words: Vec<_> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}

fn last_lines(text: &str, most: usize) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(most)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{file_name, is_cargos_own, last_lines, seconds};

    #[test]
    fn times_read_well_from_a_blink_to_an_hour() {
        let cases = [
            (40, "0.0 s"),
            (1_250, "1.2 s"),
            (59_900, "59.9 s"),
            (123_000, "2 min 03 s"),
        ];
        for (millis, want) in cases {
            assert_eq!(seconds(Duration::from_millis(millis)), want, "{millis} ms");
        }
    }

    #[test]
    fn steps_have_files_of_their_own() {
        assert_eq!(file_name("clippy (wasm)"), "clippy-wasm");
        assert_eq!(file_name("build the server"), "build-the-server");
    }

    #[test]
    fn warnings_are_told_from_progress() {
        for line in [
            "   Compiling leptos v0.8.23",
            "    Finished `dev` profile in 3.1s",
        ] {
            assert!(is_cargos_own(line), "{line}");
        }
        for line in [
            "warning: unused variable: `x`",
            " --> app/src/lib.rs:1:1",
            "  |",
        ] {
            assert!(!is_cargos_own(line), "{line}");
        }
    }

    #[test]
    fn the_end_of_a_long_output_is_shown() {
        assert_eq!(last_lines("a\nb\nc", 2), "b\nc");
        assert_eq!(last_lines("a", 2), "a");
    }
}
