//! The composition root: from settings to parts that know one another.

mod database;
mod keys;
mod parts;
mod signals;
#[cfg(test)]
pub(crate) mod testing;
mod workers;

pub use database::Database;
pub(crate) use database::{answers, from_migration};
pub use keys::Keys;
pub(crate) use keys::sealed_with;
pub use parts::{Outbox, Till, backend, mailer, services};
pub use signals::told_to_stop;
pub use workers::Workers;
