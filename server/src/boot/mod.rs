//! The composition root: from settings to parts that know one another.

mod database;
mod keys;
mod signals;

pub use database::Database;
pub use keys::Keys;
pub use signals::told_to_stop;
