//! Derived keys, kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aes_gcm::Aes256Gcm;
use domain::Timestamp;
use jiff::SignedDuration;

use super::{KeyId, Owner};

/// How long a derived key is kept after it was derived.
pub(super) const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// Most keys kept at once.
const MOST: usize = 4096;

struct Entry {
    cipher: Arc<Aes256Gcm>,
    until: Timestamp,
}

/// Key schedules by key and owner. They wipe themselves when the last user lets go.
#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<(KeyId, Owner), Entry>>);

impl Cache {
    pub(super) fn get(&self, key: KeyId, owner: Owner, now: Timestamp) -> Option<Arc<Aes256Gcm>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&(key, owner)).filter(|entry| now < entry.until).map(|entry| entry.cipher.clone())
    }

    pub(super) fn put(&self, key: KeyId, owner: Owner, cipher: Arc<Aes256Gcm>, now: Timestamp) {
        let until = now.saturating_add(KEPT).unwrap_or(Timestamp::MAX);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, entry| now < entry.until);
        if kept.len() >= MOST {
            // Deriving anew costs microseconds; no order is worth keeping for this.
            kept.clear();
        }
        kept.insert((key, owner), Entry { cipher, until });
    }

    pub(super) fn sweep(&self, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, entry| now < entry.until);
    }
}
