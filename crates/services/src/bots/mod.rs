//! Bots: connected, looked after, disconnected.
//!
//! Every change of a connection goes the same way: claim it ([`store::bots::claim_change`]), speak to
//! Telegram outside any transaction, and put the result into force with its audit line in one. Of two
//! changes at once the second is told to wait.

mod connect;
mod connection;
pub(crate) mod disconnect;
mod expire;
mod identify;
pub mod leave;
mod list;
mod preview;
mod rate;
pub(crate) mod read_only;
pub mod reconcile;
mod relocate;
mod renew;
mod repair;
mod rotate;
mod sandbox;
mod texts;
mod ticket;
mod view;
pub(crate) mod webhook;

use async_trait::async_trait;
use contract::{
    ClientError,
    bots::{
        BotCard, BotFrame, BotView, BotsApi, Connect, Connection, Destination, Pace, ReadOnly,
        Relocate, Texts, TokenPreview,
    },
    cx::RequestCx,
};
use domain::{bot::Slug, ids::WorkspaceId};

pub use expire::expire;
pub(crate) use identify::explain;

use crate::Services;

#[async_trait]
impl BotsApi for Services {
    async fn list(&self, cx: &RequestCx) -> Result<Vec<BotCard>, ClientError> {
        Ok(list::list(self, cx).await?)
    }

    fn sandbox_offered(&self) -> bool {
        self.sandbox.is_some()
    }

    async fn preview(&self, cx: &RequestCx, form: &Connect) -> Result<TokenPreview, ClientError> {
        Ok(preview::preview(self, cx, form).await?)
    }

    async fn connect(&self, cx: &RequestCx, form: &Connect) -> Result<Slug, ClientError> {
        Ok(connect::connect(self, cx, form).await?)
    }

    async fn connect_sandbox(&self, cx: &RequestCx, once: &str) -> Result<Slug, ClientError> {
        Ok(sandbox::connect_sandbox(self, cx, once).await?)
    }

    async fn view(&self, cx: &RequestCx, slug: &str) -> Result<BotView, ClientError> {
        Ok(view::view(self, cx, slug).await?)
    }

    async fn frame(&self, cx: &RequestCx, slug: &str) -> Result<BotFrame, ClientError> {
        Ok(view::frame(self, cx, slug).await?)
    }

    async fn connection(&self, cx: &RequestCx, slug: &str) -> Result<Connection, ClientError> {
        Ok(connection::connection(self, cx, slug).await?)
    }

    async fn repair(&self, cx: &RequestCx, slug: &str) -> Result<(), ClientError> {
        Ok(repair::repair(self, cx, slug).await?)
    }

    async fn set_texts(&self, cx: &RequestCx, slug: &str, texts: Texts) -> Result<(), ClientError> {
        Ok(texts::set_texts(self, cx, slug, texts).await?)
    }

    async fn set_read_only(
        &self,
        cx: &RequestCx,
        slug: &str,
        form: ReadOnly,
    ) -> Result<(), ClientError> {
        Ok(read_only::set(self, cx, slug, form).await?)
    }

    async fn set_rate(&self, cx: &RequestCx, slug: &str, form: Pace) -> Result<(), ClientError> {
        Ok(rate::set(self, cx, slug, form).await?)
    }

    async fn rotate(&self, cx: &RequestCx, slug: &str, form: &Connect) -> Result<(), ClientError> {
        Ok(rotate::rotate(self, cx, slug, form).await?)
    }

    async fn destinations(
        &self,
        cx: &RequestCx,
        slug: &str,
    ) -> Result<Vec<Destination>, ClientError> {
        Ok(relocate::destinations(self, cx, slug).await?)
    }

    async fn relocate(
        &self,
        cx: &RequestCx,
        slug: &str,
        form: Relocate,
    ) -> Result<WorkspaceId, ClientError> {
        Ok(relocate::relocate(self, cx, slug, form).await?)
    }

    async fn disconnect(&self, cx: &RequestCx, slug: &str, typed: &str) -> Result<(), ClientError> {
        Ok(disconnect::disconnect(self, cx, slug, typed).await?)
    }
}
