//! Use cases: who may, what is decided, what is written together.
//!
//! One folder per noun, one file per verb. A use case resolves the caller's right ([`access`]), lets
//! `domain` decide, and writes rows, audit line and jobs in one transaction. Nothing here knows HTTP.

pub mod access;
pub mod account;
pub mod admin;
pub mod approvals;
pub mod audit;
pub mod auth;
pub mod backlog;
pub mod billing;
pub mod bots;
pub mod broadcasts;
pub mod chats;
pub mod credentials;
pub mod engine;
pub mod error;
mod exports;
pub mod ingest;
pub mod instance;
pub mod jobs;
pub mod limits;
pub mod mail;
pub mod passwords;
pub mod refusals;
pub mod sandbox;
pub mod scheduler;
pub mod subscribers;
pub mod team;

mod context;
mod outgoing;

pub use context::{Nudges, Services, Settings};
pub use error::ServiceError;
pub(crate) use outgoing::outgoing;
