//! What a sealed secret looks like. `docs/envelope.md` is this file for other programs.

use std::fmt;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use super::derive::put;
use super::{KeyId, Owner, Place};

/// The only format there is.
const FORMAT: u8 = 1;
/// First field of the associated data.
const LABEL: &[u8] = b"gannet/envelope/v1";
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// Format, key id, nonce.
const HEAD_BYTES: usize = 1 + KeyId::BYTES + NONCE_BYTES;

/// A secret under lock: format, key id, nonce, ciphertext, tag. Fit for a `bytea` column.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Which key locks it; nothing when these bytes are no envelope.
    pub fn key_id(&self) -> Option<KeyId> {
        self.parts().map(|parts| parts.key)
    }

    fn parts(&self) -> Option<Parts<'_>> {
        let (&format, rest) = self.0.split_first()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (&nonce, locked) = rest.split_first_chunk()?;
        let whole = format == FORMAT && locked.len() >= TAG_BYTES;
        whole.then_some(Parts { key: KeyId::from_bytes(*key)?, nonce, locked })
    }
}

impl From<Vec<u8>> for Sealed {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

struct Parts<'a> {
    key: KeyId,
    nonce: [u8; NONCE_BYTES],
    locked: &'a [u8],
}

/// Locks `plain` for `place`. The nonce must never have been used with this key.
pub(super) fn lock(
    cipher: &Aes256Gcm,
    key: KeyId,
    nonce: [u8; NONCE_BYTES],
    place: &Place,
    plain: &[u8],
) -> Sealed {
    let payload = Payload { msg: plain, aad: &associated(place, key) };
    let locked = cipher
        .encrypt(&Nonce::from(nonce), payload)
        .expect("AES-GCM takes up to 64 GiB, and the vault far less");
    let mut bytes = Vec::with_capacity(HEAD_BYTES + locked.len());
    bytes.push(FORMAT);
    bytes.extend_from_slice(&key.to_bytes());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&locked);
    Sealed(bytes)
}

/// Unlocks what [`lock`] made; nothing when a single bit of it, or of the place, is another.
pub(super) fn unlock(
    cipher: &Aes256Gcm,
    place: &Place,
    sealed: &Sealed,
) -> Option<Zeroizing<Vec<u8>>> {
    let parts = sealed.parts()?;
    let payload = Payload { msg: parts.locked, aad: &associated(place, parts.key) };
    cipher.decrypt(&Nonce::from(parts.nonce), payload).ok().map(Zeroizing::new)
}

/// A fresh nonce.
pub(super) fn nonce() -> Result<[u8; NONCE_BYTES], getrandom::Error> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce)?;
    Ok(nonce)
}

/// Label, key id, workspace, bot, record, column, row: each after its length. An owner without
/// workspace or bot leaves that field empty, which no id is.
fn associated(place: &Place, key: KeyId) -> Vec<u8> {
    let (workspace, bot) = match place.owner {
        Owner::Instance => (None, None),
        Owner::Workspace(workspace) => (Some(workspace.as_uuid()), None),
        Owner::Bot(workspace, bot) => (Some(workspace.as_uuid()), Some(bot.as_uuid())),
    };
    let mut out = Vec::with_capacity(128);
    put(&mut out, LABEL);
    put(&mut out, &key.to_bytes());
    put(&mut out, workspace.as_ref().map_or(&[], |id| id.as_bytes()));
    put(&mut out, bot.as_ref().map_or(&[], |id| id.as_bytes()));
    put(&mut out, place.record.as_bytes());
    put(&mut out, place.column.as_bytes());
    put(&mut out, place.row.as_bytes());
    out
}
