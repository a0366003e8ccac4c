//! Everything of a workspace as files.

use domain::Timestamp;

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx};

/// The export of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Which, as it stands in addresses.
    pub id: String,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// How far it is.
    pub state: State,
}

/// How far an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being written.
    Writing {
        /// Rows that were written.
        done: u64,
        /// About how many there are.
        total: u64,
    },
    /// It can be fetched.
    Ready {
        /// Since when.
        at: Timestamp,
        /// Until when.
        until: Timestamp,
        /// The files, by name.
        files: Vec<File>,
    },
}

/// One file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What it is called.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its place, for the one after it.
    pub n: i32,
    /// A gzip member of its own (RFC 1952): one after the other they are one file.
    pub gzip: Vec<u8>,
}

/// Exports of the current workspace, for its owners.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait ExportApi: Send + Sync {
    /// The export there is, being written or ready; none before the first, and a week after it was ready.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for all but owners.
    async fn current(&self, cx: &RequestCx) -> Result<Option<Export>, ClientError>;

    /// Asks for one, in the place of the one before. Needs a fresh proof.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] while one is being written.
    async fn ask(&self, cx: &RequestCx) -> Result<(), ClientError>;

    /// The first part of a file, which puts on record that it is fetched.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] without such a file.
    async fn fetch(&self, cx: &RequestCx, id: &str, file: &str) -> Result<Part, ClientError>;

    /// The part after the one at `n`; none after the last.
    ///
    /// # Errors
    /// As [`ExportApi::current`].
    async fn part_after(
        &self,
        cx: &RequestCx,
        id: &str,
        file: &str,
        n: i32,
    ) -> Result<Option<Part>, ClientError>;
}
