//! The port to wherever root keys are kept.

use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::WeakSecret;

/// Number of a root key: 1 for the first, one more each year. The newest seals, all open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootVersion(NonZeroU32);

impl RootVersion {
    /// The first one.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// Version `number`; there is none for 0.
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// As a number, 1 or more.
    pub const fn number(self) -> u32 {
        self.0.get()
    }

    /// The version after this one.
    pub(super) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for RootVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// 256 bits from which every other key is derived. Wiped when dropped.
#[derive(Clone)]
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// Takes over the bytes. They must be uniformly random.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lower-case hex of HMAC-SHA256 over a fixed label: tells two roots apart, reveals neither.
    pub fn fingerprint(&self) -> String {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.bytes())
            .expect("HMAC takes keys of any length");
        mac.update(b"gannet/root-fingerprint/v1");
        hex::encode(mac.finalize().into_bytes())
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(…)")
    }
}

/// Gives out root keys by version.
///
/// A provider keeps the list of versions; each is either the key itself ([`super::LocalRoot`]) or its
/// wrapped form, which only a key service can open. A service such as AWS KMS fits as it is: `newest`
/// reads the stored list, `open` sends the wrapped form with the encryption context
/// `{"gannet": "key.root", "version": "<n>"}` and answers with what came back. The vault keeps what it
/// derived for a few minutes, so `open` is called rarely.
#[async_trait]
pub trait RootKeys: Send + Sync {
    /// The version that seals now.
    fn newest(&self) -> RootVersion;

    /// The key of one version.
    ///
    /// # Errors
    /// [`RootError::Unknown`]: there is no such version, here; asking again is no use.
    /// [`RootError::Unavailable`]: the service did not answer; may be asked again.
    async fn open(&self, version: RootVersion) -> Result<RootKey, RootError>;
}

/// Why there is no root key. None of these reveals anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// No key of that version is held.
    #[error("root key version {0} is not held here")]
    Unknown(RootVersion),

    /// The service that holds the key did not answer.
    #[error("the key service did not answer: {0}")]
    Unavailable(String),

    /// Others than its owner may get at the key file or its directory.
    #[error("{} has mode {found:04o}: others may get at the keys. Run: chmod {wanted:04o} {}", path.display(), path.display())]
    Exposed {
        /// The file or directory.
        path: PathBuf,
        /// Its mode.
        found: u32,
        /// The mode it must have.
        wanted: u32,
    },

    /// The directory for keys lies where the data lies.
    #[error("{} lies inside {}: a copy of the data would hold the keys to it. Set GANNET_KEYS to a directory elsewhere", keys.display(), data.display())]
    BesideData {
        /// Directory of the keys.
        keys: PathBuf,
        /// Directory of the data.
        data: PathBuf,
    },

    /// The key file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },

    /// The key file is not one, or is damaged.
    #[error("{} is no key file of ours, or is damaged (line {line}). Restore it from where you keep your keys", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where reading stopped, counted from 1.
        line: usize,
    },

    /// `WEB_SECRET_KEY` is not the one the stored root was made with.
    #[error("WEB_SECRET_KEY does not match the keys in {}. Set the value they were made with; with another one nothing that is stored could be opened", path.display())]
    Mismatch {
        /// The key file.
        path: PathBuf,
    },

    /// The stored root was made from `WEB_SECRET_KEY`, which is not set.
    #[error("the keys in {} were made from WEB_SECRET_KEY, which is not set", path.display())]
    SecretMissing {
        /// The key file.
        path: PathBuf,
    },

    /// The stored root is a random one, and `WEB_SECRET_KEY` is set.
    #[error("the keys in {} were made without WEB_SECRET_KEY. Unset it, or what is stored could not be opened", path.display())]
    SecretUnexpected {
        /// The key file.
        path: PathBuf,
    },

    /// `WEB_SECRET_KEY` is too weak.
    #[error(transparent)]
    Weak(#[from] WeakSecret),

    /// The newest version seals, and cannot be dropped.
    #[error("root key version {0} is in use")]
    InUse(RootVersion),

    /// The system gave no randomness.
    #[error("the system gave no randomness")]
    Randomness,
}
