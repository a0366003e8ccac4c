//! The ledger on disk: a line of JSON per accepted message, appended in batches.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{error::SimError, ledger::Line, world::World};

/// How long an entry may be in memory alone.
const EVERY: Duration = Duration::from_millis(50);
/// Entries that are written at a time.
const BATCH: usize = 10_000;

/// Appends to the file what is in the ledgers and not in the file yet.
#[derive(Debug)]
pub(crate) struct LedgerFile {
    path: PathBuf,
    file: fs::File,
    written: HashMap<i64, usize>,
}

impl LedgerFile {
    /// Opens the file, which may have entries of earlier runs.
    ///
    /// # Errors
    /// [`SimError::File`].
    pub fn open(path: &Path) -> Result<Self, SimError> {
        let file = fs::OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|err| SimError::File {
            path: path.display().to_string(),
            why: err.to_string(),
        })?;
        Ok(Self { path: path.to_owned(), file, written: HashMap::new() })
    }

    fn catch_up(&mut self, world: &World) -> io::Result<()> {
        for bot in world.bots.all() {
            let written = self.written.entry(bot.id).or_default();
            loop {
                let entries = {
                    let ledger = &bot.room.lock().ledger;
                    // It is shorter after a reset, and begins anew.
                    if ledger.len() < *written {
                        *written = 0;
                    }
                    ledger.read(*written, BATCH)
                };
                if entries.is_empty() {
                    break;
                }
                *written += entries.len();
                let mut lines = Vec::with_capacity(entries.len() * 128);
                for entry in entries {
                    serde_json::to_writer(&mut lines, &Line { bot: bot.id, entry })?;
                    lines.push(b'\n');
                }
                self.file.write_all(&lines)?;
            }
        }
        Ok(())
    }
}

/// Writes until the world stops, and once more then.
pub(crate) async fn keep(world: Arc<World>, mut file: LedgerFile) {
    loop {
        let stopped = tokio::select! {
            () = tokio::time::sleep(EVERY) => false,
            () = world.stop.cancelled() => true,
        };
        let for_writing = world.clone();
        let written = tokio::task::spawn_blocking(move || {
            let outcome = file.catch_up(&for_writing);
            (file, outcome)
        });
        let outcome;
        (file, outcome) = match written.await {
            Ok(written) => written,
            Err(err) => return tracing::error!(%err, "the ledger is no longer written"),
        };
        if let Err(err) = outcome {
            return tracing::error!(path = %file.path.display(), %err, "the ledger is no longer written");
        }
        if stopped {
            return;
        }
    }
}
