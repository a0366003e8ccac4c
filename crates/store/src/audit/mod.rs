//! The audit log: written in the transaction of the change it tells of, chained, never changed.
//!
//! [`record()`] notes a line; the transaction writes its lines down as the last thing it does (see
//! [`chain`]). [`list()`] reads them, [`keep`] and [`walk`] are for whoever looks after the log.

pub mod chain;
pub mod keep;
mod list;
mod record;
pub mod walk;

pub use list::{Filter, Line, list, plan};
pub use record::{Origin, Pending, record};
