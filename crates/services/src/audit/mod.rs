//! The audit log: reading it, keeping it for as long as it is kept, and proving that nobody changed it.

mod anchor;
mod keep;
mod list;
mod verify;

use async_trait::async_trait;
use contract::{
    ClientError,
    audit::{AuditApi, Choices, Entry, Filter},
    cx::RequestCx,
    page::Page,
};

pub use anchor::{anchor, read as read_anchors};
pub use keep::keep;
pub use verify::{Fault, Report, verify};

use crate::Services;

/// Rows of a page.
const PAGE: i64 = 50;
/// Rows of an export that are in memory at once.
const EXPORT: i64 = 500;

#[async_trait]
impl AuditApi for Services {
    async fn list(&self, cx: &RequestCx, filter: &Filter) -> Result<Page<Entry>, ClientError> {
        Ok(list::list(self, cx, filter, PAGE).await?)
    }

    async fn export(&self, cx: &RequestCx, filter: &Filter) -> Result<Page<Entry>, ClientError> {
        Ok(list::list(self, cx, filter, EXPORT).await?)
    }

    async fn choices(&self, cx: &RequestCx) -> Result<Choices, ClientError> {
        Ok(list::choices(self, cx).await?)
    }
}
