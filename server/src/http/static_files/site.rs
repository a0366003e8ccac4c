//! Where the files come from.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use axum::body::Bytes;
use tracing::{info, warn};

use super::Snapshot;
use crate::refusal::Refusal;

/// What `build.rs` found, by name.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// The static files, inside the binary or in a directory.
#[derive(Debug)]
pub struct Site {
    source: Source,
}

#[derive(Debug)]
enum Source {
    Embedded(Arc<Snapshot>),
    Directory { path: PathBuf, seen: Mutex<Seen> },
}

#[derive(Debug)]
struct Seen {
    manifest: Option<SystemTime>,
    snapshot: Arc<Snapshot>,
}

impl Site {
    /// The directory `path`, or what is inside the binary.
    ///
    /// # Errors
    /// The directory cannot be read, or its manifest is broken.
    pub fn open(path: Option<&Path>) -> Result<Self, Refusal> {
        let source = match path {
            Some(path) => {
                let unreadable = |err: String| Refusal::new(format!("GANNET_SITE: {err}"));
                let manifest = manifest_time(path);
                let snapshot = Arc::new(read(path).map_err(unreadable)?);
                let seen = Mutex::new(Seen { manifest, snapshot });
                Source::Directory { path: path.to_owned(), seen }
            }
            None => {
                let files = EMBEDDED.iter();
                let found =
                    files.map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes)));
                let snapshot = Snapshot::new(found.collect()).map_err(Refusal::new)?;
                Source::Embedded(Arc::new(snapshot))
            }
        };
        Ok(Self { source })
    }

    /// Whether there are no files at all, so that pages come without look and life.
    pub fn is_missing(&self) -> bool {
        matches!(self.source, Source::Embedded(_)) && EMBEDDED.is_empty()
    }

    /// The files as they are now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        match &self.source {
            Source::Embedded(snapshot) => Arc::clone(snapshot),
            Source::Directory { path, seen } => {
                // A panic in here would at worst leave the older files in place.
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                let manifest = manifest_time(path);
                if manifest.is_some() && manifest != seen.manifest {
                    match read(path) {
                        Ok(snapshot) => {
                            info!("static files have changed");
                            *seen = Seen { manifest, snapshot: Arc::new(snapshot) };
                        }
                        Err(err) => warn!(error = err, "static files cannot be read again"),
                    }
                }
                Arc::clone(&seen.snapshot)
            }
        }
    }
}

fn manifest_time(site: &Path) -> Option<SystemTime> {
    fs::metadata(site.join("manifest.json")).and_then(|meta| meta.modified()).ok()
}

fn read(site: &Path) -> Result<Snapshot, String> {
    let mut found = BTreeMap::new();
    collect(site, site, &mut found)
        .map_err(|err| format!("cannot read {}: {err}", site.display()))?;
    if !found.contains_key("manifest.json") {
        return Err(format!("{} holds no manifest.json; build the site first", site.display()));
    }
    Snapshot::new(found)
}

fn collect(site: &Path, dir: &Path, found: &mut BTreeMap<String, Bytes>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(site, &path, found)?;
        } else if let Some(name) = path.strip_prefix(site).ok().and_then(Path::to_str) {
            found.insert(name.to_owned(), Bytes::from(fs::read(&path)?));
        }
    }
    Ok(())
}
