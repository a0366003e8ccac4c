//! The vault itself.

use std::fmt;
use std::sync::Arc;

use aes_gcm::{Aes256Gcm, Key, KeyInit};
use domain::Timestamp;
use zeroize::Zeroizing;

use super::cache::Cache;
use super::{
    Access, FixedKey, KeyAccess, KeyId, KeyKind, LogAccess, Owner, Place, RootError, RootKeys,
    RootVersion, Sealed, Use, derive, envelope,
};

/// Most bytes one secret may have: 1 MiB.
const LONGEST: usize = 1 << 20;

type Clock = dyn Fn() -> Timestamp + Send + Sync;

/// Locks and unlocks secrets. One per process; cheap to share behind an `Arc`.
///
/// A derived key stays in memory for ten minutes and is then wiped (at the next derivation, or by
/// [`sweep`](Self::sweep)); deriving it again is reported to the [`KeyAccess`].
pub struct Vault {
    roots: Arc<dyn RootKeys>,
    access: Arc<dyn KeyAccess>,
    clock: Arc<Clock>,
    cache: Cache,
}

impl Vault {
    /// A vault over `roots` that logs each access and goes by the system's clock.
    pub fn new(roots: Arc<dyn RootKeys>) -> Self {
        Self {
            roots,
            access: Arc::new(LogAccess),
            clock: Arc::new(Timestamp::now),
            cache: Cache::default(),
        }
    }

    /// Reports accesses to `access` instead of the log.
    pub fn with_access(self, access: Arc<dyn KeyAccess>) -> Self {
        Self { access, ..self }
    }

    /// Goes by `clock`, which decides the period of new keys and how long derived ones are kept.
    pub fn with_clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Locks `plain` with the current key of the place's owner.
    ///
    /// # Errors
    /// [`VaultError::TooLong`] above 1 MiB; [`VaultError::Root`] when the root key is out of reach.
    pub async fn seal(
        &self,
        by: Use<'_>,
        place: &Place,
        plain: &[u8],
    ) -> Result<Sealed, VaultError> {
        if plain.len() > LONGEST {
            return Err(VaultError::TooLong);
        }
        let now = (self.clock)();
        let key = KeyId::at(KeyKind::of(place.owner), self.roots.newest(), now);
        let cipher = self.cipher(by, key, place.owner, now).await?;
        let nonce = envelope::nonce().map_err(|_| RootError::Randomness)?;
        Ok(envelope::lock(&cipher, key, nonce, place, plain))
    }

    /// Unlocks what was sealed for the very same place.
    ///
    /// # Errors
    /// See [`VaultError`]; none says anything about the secret.
    pub async fn open(
        &self,
        by: Use<'_>,
        place: &Place,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = sealed.key_id().ok_or(VaultError::Format)?;
        let cipher = self.cipher(by, key, place.owner, (self.clock)()).await?;
        envelope::unlock(&cipher, place, sealed).ok_or(VaultError::Refused)
    }

    /// Whether a newer key would seal it now: its year, quarter or root version is over. Not so for
    /// what another process sealed with a newer key than this one knows, or the two would reseal each
    /// other's work for ever; nor for what is no envelope, of which opening says what is wrong.
    pub fn needs_reseal(&self, sealed: &Sealed) -> bool {
        let age = |key: KeyId| (key.root, key.year, key.quarter);
        sealed.key_id().is_some_and(|key| {
            age(key) < age(KeyId::at(key.kind, self.roots.newest(), (self.clock)()))
        })
    }

    /// The root version that seals now. Whatever is signed with a fixed key keeps it beside the
    /// signature, to find the key again.
    pub fn newest_root(&self) -> RootVersion {
        self.roots.newest()
    }

    /// One of the instance's fixed keys, `N` bytes long. It is not kept here: ask once, at start.
    ///
    /// # Errors
    /// [`VaultError::Root`] when the root key is out of reach or not held.
    pub async fn fixed_key<const N: usize>(
        &self,
        which: FixedKey,
        version: RootVersion,
    ) -> Result<Zeroizing<[u8; N]>, VaultError> {
        let root = self.roots.open(version).await?;
        tracing::info!(key.id = ?which, key.root = %version, "key derived");
        Ok(derive::fixed(&root, which))
    }

    /// Wipes the derived keys whose time is over.
    pub fn sweep(&self) {
        self.cache.sweep((self.clock)());
    }

    async fn cipher(
        &self,
        by: Use<'_>,
        key: KeyId,
        owner: Owner,
        now: Timestamp,
    ) -> Result<Arc<Aes256Gcm>, VaultError> {
        if let Some(cipher) = self.cache.get(key, owner, now) {
            return Ok(cipher);
        }
        let root = match self.roots.open(key.root).await {
            Ok(root) => root,
            Err(RootError::Unknown(_)) => return Err(VaultError::UnknownKey(key)),
            Err(error) => return Err(VaultError::Root(error)),
        };
        // A key of another kind than the owner's: the blob was moved.
        let bytes = derive::derive(&root, key, owner).ok_or(VaultError::Refused)?;
        self.access.derived(&Access { key, owner, by });
        let cipher = Arc::new(Aes256Gcm::new(<&Key<Aes256Gcm>>::from(&*bytes)));
        self.cache.put(key, owner, cipher.clone(), now);
        Ok(cipher)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("newest_root", &self.roots.newest()).finish_non_exhaustive()
    }
}

/// Why a secret was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// These bytes are no envelope of a format known here: cut, or from a newer Gannet.
    #[error("not an envelope this version can read")]
    Format,

    /// The root key it was sealed under is not held here: another key file, or one that was dropped.
    #[error("sealed with the key {0}, whose root key is not held here")]
    UnknownKey(KeyId),

    /// The bytes were changed, or belong to another place.
    #[error("the envelope was changed or moved")]
    Refused,

    /// More than 1 MiB.
    #[error("a secret may have 1 MiB at most")]
    TooLong,

    /// The root key is out of reach.
    #[error(transparent)]
    Root(#[from] RootError),
}
