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

#[cfg(test)]
mod tests {
    use aes_gcm::KeyInit;
    use uuid::Uuid;

    use super::super::{KeyKind, RootVersion};
    use super::*;

    fn at(now: &str) -> Timestamp {
        now.parse().unwrap()
    }

    fn key() -> KeyId {
        KeyId::at(KeyKind::Workspace, RootVersion::FIRST, at("2026-11-21T12:00:00Z"))
    }

    fn cipher() -> Arc<Aes256Gcm> {
        Arc::new(Aes256Gcm::new(&[7; 32].into()))
    }

    #[test]
    fn a_sweep_lets_go_of_what_is_over_and_of_nothing_else() {
        let cache = Cache::default();
        let (old, young) = (Owner::Instance, Owner::Workspace(Uuid::nil().into()));
        let held = cipher();
        cache.put(key(), old, held.clone(), at("2026-11-21T12:00:00Z"));
        cache.put(key(), young, cipher(), at("2026-11-21T12:05:00Z"));
        assert_eq!(Arc::strong_count(&held), 2);
        cache.sweep(at("2026-11-21T12:10:00Z"));
        assert_eq!(Arc::strong_count(&held), 1);
        assert!(cache.get(key(), young, at("2026-11-21T12:10:00Z")).is_some());
        assert!(cache.get(key(), young, at("2026-11-21T12:15:00Z")).is_none());
    }

    #[test]
    fn it_never_grows_beyond_its_bound() {
        let cache = Cache::default();
        let shared = cipher();
        for n in 0..3 * MOST as u128 {
            let owner = Owner::Workspace(Uuid::from_u128(n).into());
            cache.put(key(), owner, shared.clone(), at("2026-11-21T12:00:00Z"));
            assert!(Arc::strong_count(&shared) <= MOST + 1);
        }
    }
}
