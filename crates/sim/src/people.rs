//! The people of the simulated Telegram, whom all bots share.

use std::collections::{HashMap, HashSet};

use parking_lot::RwLock;

use crate::names::{Profile, profile_of};

/// People of one seed lie this far from those of the next.
const SEED_STRIDE: i64 = 1_000_000_000_000;
/// Seeds that can be told apart: Telegram's numbers have at most 52 bits.
const SEEDS: i64 = 4_000;

/// The number of the person at `index` among those of `seed`. The same seed gives the same people,
/// so two bots whose scripts share one share their audience.
///
/// Above 32 bits, as real ones can be. Seeds count modulo 4,000.
pub fn person_id(seed: u32, index: u32) -> i64 {
    (i64::from(seed) % SEEDS + 1) * SEED_STRIDE + i64::from(index) + 1
}

/// What is not a function of a person's number.
#[derive(Debug, Default)]
pub(crate) struct People {
    named: RwLock<HashMap<i64, Profile>>,
    gone: RwLock<HashSet<i64>>,
}

impl People {
    pub fn profile(&self, id: i64) -> Profile {
        self.named.read().get(&id).cloned().unwrap_or_else(|| profile_of(id))
    }

    /// Gives a person names of a test's choice.
    pub fn name(&self, id: i64, profile: Profile) {
        self.named.write().insert(id, profile);
    }

    /// The account is deleted, for all bots and for good.
    pub fn deactivate(&self, id: i64) {
        self.gone.write().insert(id);
    }

    pub fn is_gone(&self, id: i64) -> bool {
        self.gone.read().contains(&id)
    }

    pub fn clear(&self) {
        self.named.write().clear();
        self.gone.write().clear();
    }

    /// Names and deletions, for the state file.
    pub fn save(&self) -> (Vec<(i64, Profile)>, Vec<i64>) {
        let named = self.named.read().iter().map(|(id, profile)| (*id, profile.clone())).collect();
        (named, self.gone.read().iter().copied().collect())
    }

    pub fn restore(&self, named: Vec<(i64, Profile)>, gone: Vec<i64>) {
        self.named.write().extend(named);
        self.gone.write().extend(gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_more_than_32_bits_and_never_more_than_52() {
        let ids = [person_id(0, 0), person_id(u32::MAX, u32::MAX), person_id(3_999, 0)];
        for id in ids {
            assert!(id > i64::from(u32::MAX) && id < 1 << 52, "{id}");
        }
        assert_ne!(person_id(1, 0), person_id(2, 0));
    }
}
