//! `gannet` run to its end.

use std::{process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use super::gannet::PROGRAM;

/// Longest that a command may take that is no server.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of it.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The complaints of a start that was refused: whatever stands on the standard error.
    pub fn complaints(&self) -> Vec<&str> {
        assert_eq!(self.code, Some(2), "{self:?}");
        let line = |line| {
            str::strip_prefix(line, "gannet: ").unwrap_or_else(|| panic!("{line} in {self:?}"))
        };
        self.stderr.lines().map(line).collect()
    }

    /// The one complaint of a start that was refused.
    pub fn complaint(&self) -> &str {
        let complaints = self.complaints();
        assert_eq!(complaints.len(), 1, "one line: {self:?}");
        complaints[0]
    }
}

/// Runs `gannet` with `arguments` and, of the environment, `settings` alone. Later ones win.
pub async fn run(arguments: &[&str], settings: &[(&str, String)]) -> Ended {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_clear()
        .envs(settings.iter().map(|(name, value)| (*name, value.as_str())))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let ended = timeout(PATIENCE, command.output()).await;
    let output = ended.expect("it ends within a minute").expect("gannet starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}
