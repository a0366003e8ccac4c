//! The commands, one file each.

mod admin;
mod doctor;
mod healthcheck;
mod migrate;
mod serve;

pub use admin::{Admin, admin};
pub use doctor::doctor;
pub use healthcheck::healthcheck;
pub use migrate::migrate;
pub use serve::serve;
