//! What the pages and the server say to each other.
//!
//! One file per area: the values that travel, and (under `server`) the trait that the use cases
//! implement. Pages see only this crate, so an edit of a query never rebuilds a view.

pub mod account;
pub mod approvals;
pub mod audit;
pub mod auth;
pub mod billing;
pub mod bots;
pub mod broadcasts;
pub mod chats;
pub mod cx;
pub mod error;
pub mod export;
pub mod form;
pub mod instance;
pub mod needs;
pub mod page;
pub mod second_factor;
pub mod subscribers;
pub mod team;

#[cfg(feature = "server")]
mod backend;
#[cfg(feature = "server")]
pub use backend::Backend;

pub use error::{ClientError, FieldError};
