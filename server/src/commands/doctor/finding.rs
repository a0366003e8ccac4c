//! One line of what the doctor says.

use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Ok,
    Warn,
    Fail,
}

/// What was found about one thing, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    level: Level,
    subject: &'static str,
    found: String,
    fix: String,
}

impl Finding {
    pub(super) fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject, found: found.into(), fix: String::new() }
    }

    pub(super) fn warn(
        subject: &'static str,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { level: Level::Warn, subject, found: found.into(), fix: fix.into() }
    }

    pub(super) fn fail(
        subject: &'static str,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { level: Level::Fail, subject, found: found.into(), fix: fix.into() }
    }

    pub(super) fn level(&self) -> Level {
        self.level
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok  ",
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        write!(f, "{level}  {:<12} {}", self.subject, self.found)?;
        if self.fix.is_empty() { Ok(()) } else { write!(f, ". To mend it: {}", self.fix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_one_line_with_its_fix() {
        let disk = Finding::warn("disk", "1 GiB free", "make room");
        assert_eq!(disk.to_string(), "warn  disk         1 GiB free. To mend it: make room");
        assert!(Level::Ok < Level::Warn && Level::Warn < Level::Fail);
    }
}
