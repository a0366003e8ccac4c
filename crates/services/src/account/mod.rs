//! The viewer's own account.

mod sessions;
mod viewer;

use async_trait::async_trait;
use contract::{
    ClientError,
    account::{AccountApi, Session, SignedIn},
    cx::{RequestCx, Viewer},
};

use crate::Services;

#[async_trait]
impl AccountApi for Services {
    async fn viewer(&self, session: SignedIn) -> Result<Option<Viewer>, ClientError> {
        Ok(viewer::viewer(self, session).await?)
    }

    async fn sessions(&self, cx: &RequestCx) -> Result<Vec<Session>, ClientError> {
        Ok(sessions::sessions(self, cx).await?)
    }
}
