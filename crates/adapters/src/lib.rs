//! The outside world, one module per neighbour: keys, Telegram, mail, files.
//!
//! Each module holds its port (a trait that tells the caller what to do next), the real client, the
//! types of the wire, and, where the real part cannot run, a double beside it. Nothing here decides
//! anything about the business, and nothing here knows the database.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod anchors;
pub mod mail;
pub mod places;
pub mod stripe;
pub mod telegram;
pub mod vault;
