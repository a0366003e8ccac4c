//! The commands, one file each.

mod admin;
mod audit;
mod doctor;
mod healthcheck;
mod migrate;
mod serve;

pub use admin::{Admin, admin};
pub use audit::{Audit, audit};
pub use doctor::doctor;
pub use healthcheck::healthcheck;
pub use migrate::migrate;
pub use serve::serve;
