//! The only SQL there is, behind the tenant fence.
//!
//! A query is a function of a transaction, and the transaction says whom it is for: [`BotTx`] and
//! [`WorkspaceTx`] see one tenant, [`UserTx`] sees a person's own memberships and the global tables,
//! [`SystemTx`] claims work across tenants and names its reason. [`Store`] alone makes them.

pub mod accounts;
pub mod approvals;
pub mod audit;
pub mod backlog;
pub mod billing;
pub mod bots;
pub mod broadcasts;
pub mod changes;
pub mod chats;
pub mod connect;
pub mod counters;
pub mod directory;
pub mod endings;
pub mod exports;
pub mod inbox;
pub mod instance;
pub mod invitations;
pub mod jobs;
pub mod leases;
pub mod limits;
pub mod mails;
pub mod members;
pub mod migrate;
pub mod moving;
pub mod ownership;
pub mod payment;
pub mod repeats;
pub mod replies;
pub mod roles;
pub mod schedule;
#[allow(missing_docs, reason = "generated; the tables carry their comments in the database")]
pub mod schema;
pub mod scope;
pub mod second_factors;
pub mod secrets;
pub mod sending;
pub mod sessions;
pub mod subscribers;
pub mod test_recipients;

mod checkout;
mod error;
mod fixed;
mod moment;
mod page;
mod tls;
mod version;

/// What a query inside a transaction may answer; callers pass it on with `?`.
pub use diesel::result as diesel_error;
pub use error::StoreError;
pub use page::Cursor;
pub use scope::{BotScope, BotTx, Store, SystemTx, TenantTx, UserTx, WorkspaceScope, WorkspaceTx};
pub use tls::roots as trusted_roots;
pub use version::Version;
