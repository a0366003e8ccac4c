//! The vault from outside: sealing, moving, rolling, and the written-down format.

mod local;
mod sealing;
mod vector;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::Timestamp;
use domain::ids::{BotId, WorkspaceId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::*;

const TEST: Use<'static> = Use { who: "test", why: "test" };

/// Root keys that everyone knows.
struct Known(BTreeMap<RootVersion, [u8; 32]>);

impl Known {
    /// Version `n` is the byte `n`, 32 times.
    fn versions(count: u8) -> Arc<Self> {
        let key = |n: u8| (RootVersion::new(n.into()).unwrap(), [n; 32]);
        Arc::new(Self((1..=count).map(key).collect()))
    }
}

#[async_trait]
impl RootKeys for Known {
    fn newest(&self) -> RootVersion {
        *self.0.last_key_value().unwrap().0
    }

    async fn open(&self, version: RootVersion) -> Result<RootKey, RootError> {
        let bytes = self.0.get(&version).ok_or(RootError::Unknown(version))?;
        Ok(RootKey::new(Zeroizing::new(*bytes)))
    }
}

/// A clock that is set by hand.
#[derive(Clone)]
struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    fn at(now: &str) -> Self {
        Self(Arc::new(Mutex::new(now.parse().unwrap())))
    }

    fn set(&self, now: &str) {
        *self.0.lock().unwrap() = now.parse().unwrap();
    }
}

fn vault(roots: Arc<dyn RootKeys>, clock: &Clock) -> Vault {
    let clock = clock.clone();
    Vault::new(roots).with_clock(move || *clock.0.lock().unwrap())
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn token_of(workspace: u128, bot: u128) -> Place {
    Place::of_bot(WorkspaceId::from(id(workspace)), BotId::from(id(bot)), "bot", "token", id(bot))
}
