//! Where PostgreSQL's programs lie.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::refusal::Refusal;

/// Oldest version whose SQL we speak.
pub const OLDEST: u32 = 15;

/// A directory with `postgres` and `initdb` of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    dir: PathBuf,
}

impl Binaries {
    /// The newest of Debian's versioned directories, else what lies on `PATH`.
    pub(super) fn find() -> Result<Self, Refusal> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self::find_in(Path::new("/usr/lib/postgresql"), &path).ok_or_else(|| {
            Refusal::new(format!(
                "no PostgreSQL {OLDEST} or newer on this machine; install one (Debian, Ubuntu: \
                 `apt-get install postgresql`), or set the three DATABASE_… addresses"
            ))
        })
    }

    fn find_in(debian: &Path, path: &OsStr) -> Option<Self> {
        let versioned = |entry: fs::DirEntry| {
            let version = entry.file_name().to_str()?.parse::<u32>().ok()?;
            let dir = entry.path().join("bin");
            (version >= OLDEST && complete(&dir)).then_some((version, dir))
        };
        let newest = fs::read_dir(debian)
            .ok()
            .and_then(|entries| entries.flatten().filter_map(versioned).max());
        if let Some((_, dir)) = newest {
            return Some(Self { dir });
        }
        std::env::split_paths(path)
            .find(|dir| complete(dir) && version_of(dir).is_some_and(|found| found >= OLDEST))
            .map(|dir| Self { dir })
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }

    /// The major version, such as 15.
    pub(super) fn version(&self) -> Option<u32> {
        version_of(&self.dir)
    }

    /// The programs of exactly `version`, for a cluster that was made with it.
    pub(super) fn of_version(&self, version: u32) -> Option<Self> {
        if self.version() == Some(version) {
            return Some(self.clone());
        }
        let dir = PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"));
        complete(&dir).then_some(Self { dir })
    }
}

fn complete(dir: &Path) -> bool {
    ["postgres", "initdb"].iter().all(|program| dir.join(program).is_file())
}

fn version_of(dir: &Path) -> Option<u32> {
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-1)` is 15.
fn major(text: &str) -> Option<u32> {
    let (_, version) = text.split_once("(PostgreSQL) ")?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("mysqld 8\n"), None);
    }

    #[test]
    fn the_newest_complete_directory_wins() {
        let root = tempfile::tempdir().expect("a directory");
        for (version, programs) in [
            ("9.6", &["postgres", "initdb"][..]),
            ("14", &["postgres", "initdb"][..]),
            ("15", &["postgres", "initdb"][..]),
            ("16", &["postgres", "initdb"][..]),
            ("17", &["postgres"][..]),
        ] {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).expect("made");
            for program in programs {
                fs::write(bin.join(program), "").expect("written");
            }
        }
        let found = Binaries::find_in(root.path(), OsStr::new("")).expect("16 is complete");
        assert_eq!(found.dir, root.path().join("16/bin"));
        let empty = root.path().join("none");
        assert_eq!(Binaries::find_in(&empty, OsStr::new("")), None);
    }
}
