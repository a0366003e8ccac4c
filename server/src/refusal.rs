//! Why gannet did not start or a command did not run.

use std::{fmt, io, path::Path};

/// One line that says what is wrong and what to do. The process then ends with status 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    /// A refusal that says `line`; line breaks become spaces.
    pub fn new(line: impl Into<String>) -> Self {
        Self(line.into().replace(char::is_control, " "))
    }

    /// We could not `verb` the file at `path`.
    pub fn file(verb: &str, path: &Path, err: &io::Error) -> Self {
        let advice = match err.kind() {
            io::ErrorKind::PermissionDenied => "; run gannet as the user it belongs to",
            io::ErrorKind::StorageFull => "; make room on the disk",
            _ => "",
        };
        Self::new(format!("cannot {verb} {}: {err}{advice}", path.display()))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}
