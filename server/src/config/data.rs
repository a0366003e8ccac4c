//! Where files and keys lie.

use std::path::{Path, PathBuf};

use super::{Reader, Secret};

/// Where files and keys lie.
#[derive(Clone, Debug)]
pub struct DataConfig {
    /// Everything gannet keeps on disk lies below.
    /// `DATA_DIR`, default `/var/lib/gannet` as root, else `gannet` in the user's data home.
    pub dir: PathBuf,
    /// Directory of the key files, never inside the database's.
    /// `GANNET_KEYS`, default `keys` beside the database directory in `DATA_DIR`.
    pub keys: PathBuf,
    /// Seed of the root key, at least 32 bytes. Without it a random key file is made.
    /// `WEB_SECRET_KEY`.
    pub web_secret_key: Option<Secret>,
}

impl DataConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let home = default_dir(reader);
        if home.is_none() && !reader.is_set("DATA_DIR") {
            reader.complain("DATA_DIR", "there is no home directory to put it in; set DATA_DIR");
        }
        let directory = &reader.host().directory;
        let dir = directory.join(reader.or("DATA_DIR", home.unwrap_or_default()));
        let keys = directory.join(reader.or("GANNET_KEYS", dir.join("keys")));
        let config = Self { dir, keys, web_secret_key: reader.maybe("WEB_SECRET_KEY", "(none)") };
        if config.keys.starts_with(config.database_dir()) {
            let what = format!(
                "keys must lie apart from the data; choose a place outside {}",
                config.database_dir().display()
            );
            reader.complain("GANNET_KEYS", what);
        }
        config
    }

    /// Where it is written down, day by day, how far the audit log had got.
    pub fn anchors_dir(&self) -> PathBuf {
        self.dir.join("anchors")
    }

    /// Where gannet's own PostgreSQL lives, when it has one.
    pub fn database_dir(&self) -> PathBuf {
        self.dir.join("postgres")
    }
}

fn default_dir(reader: &Reader<'_>) -> Option<PathBuf> {
    if reader.host().root {
        return Some(PathBuf::from("/var/lib/gannet"));
    }
    let data_home = reader.foreign("XDG_DATA_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let home = || reader.foreign("HOME").map(|home| Path::new(home).join(".local/share"));
    data_home.or_else(home).map(|path| path.join("gannet"))
}
