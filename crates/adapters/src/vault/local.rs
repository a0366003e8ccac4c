//! Root keys in a file of this machine.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use domain::Timestamp;
use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::root_file::{Line, RootFile, Source, matches};
use super::{RootError, RootKey, RootKeys, RootVersion, WebSecretKey};

/// Name of the key file in its directory.
const FILE: &str = "root.keys";
/// Name of the file whose lock says who may write.
const LOCK: &str = "root.lock";
/// Age at which the newest version makes room for another.
const A_YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Most versions a `WEB_SECRET_KEY` is asked for: a number that no root will reach.
const MOST_DERIVED: u32 = 1000;

/// A directory (0700) with the key file (0600) in it.
///
/// Several processes of one machine may share it; writing is under a file lock, and a version that
/// another process added is found when it is first asked for. Machines that share a database share
/// either a copy of the file or, simpler, a `WEB_SECRET_KEY`.
pub struct LocalRoot {
    dir: PathBuf,
    secret: Option<WebSecretKey>,
    held: RwLock<RootFile>,
}

impl LocalRoot {
    /// Opens the keys in `dir`, and makes both where there are none. With `secret` every version is
    /// derived from it and no key is written. Blocks on the disk.
    ///
    /// # Errors
    /// Each stops the start, and says what to do: see [`RootError`].
    pub fn open_or_create(
        dir: impl Into<PathBuf>,
        secret: Option<WebSecretKey>,
        now: Timestamp,
    ) -> Result<Self, RootError> {
        let dir = dir.into();
        make_private(&dir)?;
        let _lock = lock(&dir)?;
        let file = match read(&dir)? {
            Some(file) => check(file, secret.as_ref(), &dir)?,
            None => {
                let source = secret.as_ref().map_or(Source::Random, |_| Source::WebSecret);
                let line = line(secret.as_ref(), RootVersion::FIRST, now)?;
                let file =
                    RootFile { source, versions: BTreeMap::from([(RootVersion::FIRST, line)]) };
                write(&dir, &file)?;
                tracing::info!(dir = %dir.display(), "root key made");
                file
            }
        };
        Ok(Self { dir, secret, held: RwLock::new(file) })
    }

    /// Opens the keys in `dir` as they are, for a look: makes nothing, and says `None` where there are
    /// none. Blocks on the disk.
    ///
    /// # Errors
    /// As [`LocalRoot::open_or_create`].
    pub fn open(
        dir: impl Into<PathBuf>,
        secret: Option<WebSecretKey>,
    ) -> Result<Option<Self>, RootError> {
        let dir = dir.into();
        let Some(file) = read(&dir)? else { return Ok(None) };
        require_mode(&dir, &fs::metadata(&dir).map_err(at(&dir))?, 0o700)?;
        let file = check(file, secret.as_ref(), &dir)?;
        Ok(Some(Self { dir, secret, held: RwLock::new(file) }))
    }

    /// Fingerprint of the newest version, which is no secret. Kept in the database, it tells at the
    /// next start whether the keys and the data still belong together: see
    /// [`recognises`](Self::recognises).
    pub fn fingerprint(&self) -> String {
        self.held().newest().1.fingerprint.clone()
    }

    /// Whether a version with that fingerprint is held.
    pub fn recognises(&self, fingerprint: &str) -> bool {
        self.held().versions.values().any(|line| line.fingerprint == fingerprint)
    }

    /// The versions held, oldest first, each with the moment it was made.
    pub fn versions(&self) -> Vec<(RootVersion, Timestamp)> {
        self.held().versions.iter().map(|(version, line)| (*version, line.made)).collect()
    }

    /// Adds a version when the newest is a year old. Blocks on the disk.
    ///
    /// # Errors
    /// [`RootError::Io`]: nothing has changed.
    pub fn roll_if_due(&self, now: Timestamp) -> Result<Option<RootVersion>, RootError> {
        let due = |file: &RootFile| now.duration_since(file.newest().1.made) >= A_YEAR;
        if !due(&self.held()) {
            return Ok(None);
        }
        self.change(|file| if due(file) { self.add(file, now).map(Some) } else { Ok(None) })
    }

    /// Adds a version, which seals from now on; the others go on opening. Blocks on the disk.
    ///
    /// # Errors
    /// [`RootError::Io`]: nothing has changed.
    pub fn roll(&self, now: Timestamp) -> Result<RootVersion, RootError> {
        self.change(|file| self.add(file, now))
    }

    /// Forgets a version for good; what it sealed can then never be opened. The caller has made sure
    /// that nothing refers to it. Blocks on the disk.
    ///
    /// # Errors
    /// [`RootError::InUse`] for the newest, [`RootError::Unknown`] for one that is not held.
    pub fn forget(&self, version: RootVersion) -> Result<(), RootError> {
        self.change(|file| {
            if version == file.newest().0 {
                return Err(RootError::InUse(version));
            }
            file.versions.remove(&version).map(drop).ok_or(RootError::Unknown(version))
        })
    }

    fn add(&self, file: &mut RootFile, now: Timestamp) -> Result<RootVersion, RootError> {
        let version = file.newest().0.next();
        file.versions.insert(version, line(self.secret.as_ref(), version, now)?);
        tracing::info!(key.root = %version, "root key rolled");
        Ok(version)
    }

    /// Changes the file as it is now on disk, under the lock, and only then what is held.
    fn change<T>(
        &self,
        work: impl FnOnce(&mut RootFile) -> Result<T, RootError>,
    ) -> Result<T, RootError> {
        let _lock = lock(&self.dir)?;
        let mut file = self.reread()?;
        let done = work(&mut file)?;
        write(&self.dir, &file)?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = file;
        Ok(done)
    }

    fn reread(&self) -> Result<RootFile, RootError> {
        let path = self.dir.join(FILE);
        let file = read(&self.dir)?
            .ok_or_else(|| RootError::Io { path, source: ErrorKind::NotFound.into() })?;
        check(file, self.secret.as_ref(), &self.dir)
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, RootFile> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, version: RootVersion) -> Option<RootKey> {
        match &self.secret {
            // Another machine with the same secret may have rolled before this one.
            Some(secret) if version.number() <= MOST_DERIVED => Some(secret.root(version)),
            Some(_) => None,
            None => self.held().versions.get(&version).and_then(|line| line.key.clone()),
        }
    }
}

#[async_trait]
impl RootKeys for LocalRoot {
    fn newest(&self) -> RootVersion {
        self.held().newest().0
    }

    async fn open(&self, version: RootVersion) -> Result<RootKey, RootError> {
        if let Some(key) = self.find(version) {
            return Ok(key);
        }
        // Perhaps another process rolled. The file is a few hundred bytes and its loss no reason to
        // fail for the versions that are held.
        if let Ok(file) = self.reread() {
            *self.held.write().unwrap_or_else(PoisonError::into_inner) = file;
        }
        self.find(version).ok_or(RootError::Unknown(version))
    }
}

/// Refuses key directories inside the data, where every copy of the data would hold the keys.
///
/// # Errors
/// [`RootError::BesideData`]; [`RootError::Io`] when a path that exists cannot be resolved.
pub fn keep_apart(keys: &Path, data: &Path) -> Result<(), RootError> {
    if resolve(keys)?.starts_with(resolve(data)?) {
        return Err(RootError::BesideData { keys: keys.into(), data: data.into() });
    }
    Ok(())
}

/// The path without links and dots, as far as it exists.
fn resolve(path: &Path) -> Result<PathBuf, RootError> {
    let absolute = std::path::absolute(path).map_err(at(path))?;
    for known in absolute.ancestors() {
        match known.canonicalize() {
            Ok(found) => {
                let rest = absolute.strip_prefix(known).expect("an ancestor is a prefix");
                return Ok(found.join(rest));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(at(path)(error)),
        }
    }
    Ok(absolute)
}

/// Makes the directory, for its owner alone. Its parents are made with the usual mode: others may
/// need to pass through them.
fn make_private(dir: &Path) -> Result<(), RootError> {
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).map_err(at(parent))?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(at(dir)(error)),
        _ => {}
    }
    require_mode(dir, &fs::metadata(dir).map_err(at(dir))?, 0o700)
}

fn require_mode(path: &Path, found: &fs::Metadata, wanted: u32) -> Result<(), RootError> {
    let mode = found.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(RootError::Exposed { path: path.into(), found: mode, wanted });
    }
    Ok(())
}

/// Waits until nobody else writes, here or in another process. The lock goes with the file.
fn lock(dir: &Path) -> Result<File, RootError> {
    let path = dir.join(LOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(at(&path))?;
    file.lock().map_err(at(&path))?;
    Ok(file)
}

fn read(dir: &Path) -> Result<Option<RootFile>, RootError> {
    let path = dir.join(FILE);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(&path)(error)),
    };
    let facts = file.metadata().map_err(at(&path))?;
    require_mode(&path, &facts, 0o600)?;
    let length = usize::try_from(facts.len()).unwrap_or(0);
    // As long as the file, so that reading need not grow it and leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(length + 1));
    file.read_to_string(&mut text).map_err(at(&path))?;
    let file = RootFile::parse(&text).map_err(|line| RootError::Damaged { path, line })?;
    Ok(Some(file))
}

/// Replaces the file in one step: after a crash there is the old one or the new one.
fn write(dir: &Path, file: &RootFile) -> Result<(), RootError> {
    let (path, draft) = (dir.join(FILE), dir.join(format!("{FILE}.new")));
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(&draft)(error)),
        _ => {}
    }
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(at(&draft))?;
    out.write_all(file.to_text().as_bytes()).map_err(at(&draft))?;
    out.sync_all().map_err(at(&draft))?;
    fs::rename(&draft, &path).map_err(at(&path))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(at(dir))
}

/// That the file and the setting belong together.
fn check(file: RootFile, secret: Option<&WebSecretKey>, dir: &Path) -> Result<RootFile, RootError> {
    let path = dir.join(FILE);
    match (file.source, secret) {
        (Source::Random, None) => Ok(file),
        (Source::Random, Some(_)) => Err(RootError::SecretUnexpected { path }),
        (Source::WebSecret, None) => Err(RootError::SecretMissing { path }),
        (Source::WebSecret, Some(secret)) => {
            let same = |(version, line): (&RootVersion, &Line)| {
                matches(&secret.root(*version), &line.fingerprint)
            };
            if file.versions.iter().all(same) {
                Ok(file)
            } else {
                Err(RootError::Mismatch { path })
            }
        }
    }
}

fn line(
    secret: Option<&WebSecretKey>,
    version: RootVersion,
    now: Timestamp,
) -> Result<Line, RootError> {
    let key = match secret {
        Some(secret) => secret.root(version),
        None => {
            let mut bytes = Zeroizing::new([0; 32]);
            getrandom::fill(bytes.as_mut_slice()).map_err(|_| RootError::Randomness)?;
            RootKey::new(bytes)
        }
    };
    let fingerprint = key.fingerprint();
    Ok(Line { made: now, fingerprint, key: secret.is_none().then_some(key) })
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> RootError {
    let path = path.to_owned();
    move |source| RootError::Io { path, source }
}
