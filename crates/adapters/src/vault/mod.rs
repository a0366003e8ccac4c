//! Keys, and what is locked with them.
//!
//! ```text
//! key.root (per version)          a file apart from the data, or WEB_SECRET_KEY, or a KMS
//! ├── key.workspace (per year)    HKDF-SHA256 of the workspace's id
//! │   └── key.account (quarter)   HKDF-SHA256 of the bot's id: bot tokens
//! ├── key.database (quarter)      secrets outside a workspace: TOTP, mail bodies
//! └── fixed keys                  cookie signing, audit chain, one-time codes
//! ```
//!
//! [`Vault::seal`] and [`Vault::open`] speak of a [`Place`] (who owns the secret, and which field of
//! which row it is); the place says which key locks it, and is bound into the ciphertext, so that a
//! blob copied to another row, bot or workspace does not open. The bytes are described in
//! `docs/envelope.md`, with a test vector that the tests of this module open.
//!
//! Root keys come from a [`RootKeys`] provider. [`LocalRoot`] is the one for a single file.

mod access;
mod cache;
mod derive;
mod envelope;
mod key_id;
mod local;
mod place;
mod root;
mod root_file;
mod safe;
mod web_secret;

#[cfg(test)]
mod tests;

pub use access::{Access, KeyAccess, LogAccess, Use};
pub use derive::FixedKey;
pub use envelope::Sealed;
pub use key_id::{KeyId, KeyKind};
pub use local::{LocalRoot, keep_apart};
pub use place::{Owner, Place};
pub use root::{RootError, RootKey, RootKeys, RootVersion};
pub use safe::{Vault, VaultError};
pub use web_secret::{WeakSecret, WebSecretKey};
