//! Who opened a key, and why.

use super::{KeyId, Owner};

/// On whose behalf, and for what, a secret is sealed or opened.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// Who asks: a user's id, `worker`, `cli`. Never an address or a name.
    pub who: &'a str,
    /// What for, as a short fixed phrase: `send broadcast`, `connect bot`.
    pub why: &'a str,
}

/// One key that was derived from the root. It then stays in memory for a limited time, so this is
/// reported once per key and while, not once per message.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// The key.
    pub key: KeyId,
    /// Whose key.
    pub owner: Owner,
    /// On whose behalf and for what.
    pub by: Use<'a>,
}

/// Told of every key that is derived.
pub trait KeyAccess: Send + Sync {
    /// Records it. Must neither block nor fail: the key is in use already.
    fn derived(&self, access: &Access<'_>);
}

/// Writes each access as a line of the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogAccess;

impl KeyAccess for LogAccess {
    fn derived(&self, access: &Access<'_>) {
        tracing::info!(
            key.id = %access.key,
            key.owner = %access.owner,
            key.who = access.by.who,
            key.why = access.by.why,
            "key derived"
        );
    }
}
