//! Looking after the instance as a whole.

mod blocks;
mod invite;
mod log;
mod owners;
mod setup;

use async_trait::async_trait;
use contract::{
    ClientError,
    cx::RequestCx,
    instance::{Block, GiveOwner, InstanceApi, Invite, Lift, LogFilter, LogLine, Ownerless, Setup},
    page::Page,
};

use crate::Services;

pub use {
    blocks::lift_by_hand,
    owners::give_by_hand,
    setup::{setup_token, wants_setup},
};
pub(crate) use {invite::admits, owners::look};

#[async_trait]
impl InstanceApi for Services {
    async fn blocks(&self, cx: &RequestCx) -> Result<Vec<Block>, ClientError> {
        Ok(blocks::list(self, cx).await?)
    }

    async fn log(&self, cx: &RequestCx, filter: &LogFilter) -> Result<Page<LogLine>, ClientError> {
        Ok(log::list(self, cx, filter).await?)
    }

    async fn lift(&self, cx: &RequestCx, form: Lift) -> Result<(), ClientError> {
        Ok(blocks::lift(self, cx, form).await?)
    }

    async fn invite(&self, cx: &RequestCx, form: Invite) -> Result<(), ClientError> {
        Ok(invite::invite(self, cx, form).await?)
    }

    async fn ownerless(&self, cx: &RequestCx) -> Result<Vec<Ownerless>, ClientError> {
        Ok(owners::list(self, cx).await?)
    }

    async fn give_owner(&self, cx: &RequestCx, form: GiveOwner) -> Result<(), ClientError> {
        Ok(owners::give(self, cx, form).await?)
    }

    async fn set_up(&self, cx: &RequestCx, form: Setup) -> Result<(), ClientError> {
        Ok(setup::set_up(self, cx, form).await?)
    }
}
