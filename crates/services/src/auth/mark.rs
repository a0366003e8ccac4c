//! Which browser chose the password in force.
//!
//! Whoever signs up again with an address that nobody has proved writes their password over the earlier
//! one. The code goes to the owner of the mailbox all the same, and must not open an account for them to
//! which somebody else has the password.

use contract::auth::Mark;
use sha2::{Digest, Sha256};

/// The mark of the password that `hash` stands for.
pub(super) fn of(hash: &str) -> Mark {
    Mark(hex::encode(Sha256::digest(hash.as_bytes())))
}
