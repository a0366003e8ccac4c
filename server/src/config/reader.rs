//! Reads one setting after the other, remembers where each came from, collects complaints.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{
    report::{InForce, Report},
    settings,
};

/// Longest file that a `…_FILE` variable may name, in bytes: a system's list of issuers has a quarter
/// of it.
const LONGEST_FILE_BYTES: u64 = 1024 * 1024;

/// Environment variables by name.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The environment of this process, and a complaint for each of our settings whose value is
    /// no UTF-8.
    pub fn of_process() -> (Self, Vec<Complaint>) {
        let mut found = BTreeMap::new();
        let mut complaints = Vec::new();
        for (name, value) in std::env::vars_os() {
            // A name that is no UTF-8 is none of ours.
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => {
                    found.insert(name, value);
                }
                Err(_) if settings::is_ours(&name) => {
                    complaints.push(Complaint::about(&name, "the value is not UTF-8 text"));
                }
                Err(_) => {}
            }
        }
        (Self(found), complaints)
    }

    /// The value of `name`; an empty one counts as absent, as compose files write it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
impl Variables {
    /// As if these were the environment.
    pub(crate) fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }
}

/// What settings depend on beside the variables.
pub struct Host {
    /// Whether this process runs as root.
    pub root: bool,
    /// Relative paths begin here.
    pub directory: PathBuf,
    /// Reads the file that a `…_FILE` variable names.
    pub read: fn(&Path) -> io::Result<String>,
}

impl Host {
    /// The machine we run on.
    pub fn this() -> Self {
        Self {
            root: rustix::process::geteuid().is_root(),
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            read: read_small_file,
        }
    }
}

fn read_small_file(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > LONGEST_FILE_BYTES {
        return Err(io::Error::other(format!(
            "the file is longer than {LONGEST_FILE_BYTES} bytes"
        )));
    }
    fs::read_to_string(path)
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The environment variable of the same name.
    Environment,
    /// The file that the variable with `_FILE` names.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment => f.write_str("environment"),
            Self::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

/// One thing that is wrong with the settings, as one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint(String);

impl Complaint {
    /// `what` about the setting `name`.
    pub fn about(name: &str, what: impl fmt::Display) -> Self {
        // A value may hold anything; the complaint stays on its line.
        Self(format!("{name}: {what}").replace(char::is_control, " "))
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A type that a setting can have.
pub(super) trait Value: Sized {
    /// Understands `text`, which is trimmed and not empty.
    ///
    /// # Errors
    /// What is wrong and what would be right. Never repeats a secret.
    fn parse(text: &str) -> Result<Self, String>;

    /// How `gannet config` shows it: secrets hidden.
    fn show(&self) -> String;
}

/// Hands out settings and collects what is wrong with them.
pub(super) struct Reader<'a> {
    variables: &'a Variables,
    host: &'a Host,
    complaints: Vec<Complaint>,
    in_force: Vec<InForce>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(variables: &'a Variables, host: &'a Host) -> Self {
        Self { variables, host, complaints: Vec::new(), in_force: Vec::new() }
    }

    /// The host the settings are read on.
    pub(super) fn host(&self) -> &'a Host {
        self.host
    }

    /// A variable that is not ours, such as `HOME`.
    pub(super) fn foreign(&self, name: &str) -> Option<&'a str> {
        self.variables.get(name)
    }

    /// The setting `name`, or `default`.
    pub(super) fn or<T: Value>(&mut self, name: &'static str, default: T) -> T {
        let (value, origin) = match self.given(name) {
            Some((value, origin)) => (value, origin),
            None => (default, Origin::Default),
        };
        self.in_force.push(InForce { name, value: value.show(), origin });
        value
    }

    /// The setting `name`, if it is set; `absent` is what `gannet config` says when it is not.
    pub(super) fn maybe<T: Value>(&mut self, name: &'static str, absent: &str) -> Option<T> {
        let given = self.given::<T>(name);
        let (shown, origin) = match &given {
            Some((value, origin)) => (value.show(), origin.clone()),
            None => (absent.to_owned(), Origin::Default),
        };
        self.in_force.push(InForce { name, value: shown, origin });
        given.map(|(value, _)| value)
    }

    /// What somebody wrote for `name`, well or badly.
    pub(super) fn written(&mut self, name: &'static str) -> Option<String> {
        self.text(name).map(|(text, _)| text.trim().to_owned())
    }

    /// Whether anybody set `name`, well or badly.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.variables.get(name).is_some() || self.variables.get(&format!("{name}_FILE")).is_some()
    }

    /// Records that `name` cannot stay as it is.
    pub(super) fn complain(&mut self, name: &str, what: impl fmt::Display) {
        self.complaints.push(Complaint::about(name, what));
    }

    /// Everything read, or everything that is wrong, unknown names included.
    pub(super) fn finish(self) -> Result<Report, Vec<Complaint>> {
        let unknown = settings::unknown(self.variables.names());
        let mut seen = BTreeSet::new();
        let complaints: Vec<_> = self
            .complaints
            .into_iter()
            .chain(unknown)
            .filter(|complaint| seen.insert(complaint.0.clone()))
            .collect();
        if complaints.is_empty() { Ok(Report::new(self.in_force)) } else { Err(complaints) }
    }

    fn given<T: Value>(&mut self, name: &'static str) -> Option<(T, Origin)> {
        let (text, origin) = self.text(name)?;
        match T::parse(text.trim()) {
            Ok(value) => Some((value, origin)),
            Err(what) => {
                let place = match origin {
                    Origin::File(path) => format!("(from {}) {what}", path.display()),
                    _ => what,
                };
                self.complain(name, place);
                None
            }
        }
    }

    fn text(&mut self, name: &'static str) -> Option<(String, Origin)> {
        let direct = self.variables.get(name);
        let file_name = format!("{name}_FILE");
        match (direct, self.variables.get(&file_name)) {
            (None, None) => None,
            (Some(text), None) => Some((text.to_owned(), Origin::Environment)),
            (Some(_), Some(_)) => {
                self.complain(name, format_args!("set {name} or {file_name}, not both"));
                None
            }
            (None, Some(path)) => {
                let path = self.host.directory.join(path);
                match (self.host.read)(&path) {
                    Ok(text) if text.trim().is_empty() => {
                        self.complain(&file_name, format_args!("{} is empty", path.display()));
                        None
                    }
                    Ok(text) => Some((text, Origin::File(path))),
                    Err(err) => {
                        let what = format!("cannot read {}: {err}", path.display());
                        self.complain(&file_name, what);
                        None
                    }
                }
            }
        }
    }
}
