//! Broadcasts: written, tried out, sent, followed.

mod address;
mod again;
mod control;
mod draft;
mod meter;
mod pay;
mod read;
mod schedule;
mod send;
mod trial;

use async_trait::async_trait;
use contract::{
    ClientError,
    broadcasts::{
        Address, Addressees, Again, BroadcastsApi, Delivery, DeliveryFilter, Draft, Estimate, Pay,
        Progress, Repeats, Row, Saved, Schedule, Scheduled, TestRecipient, View,
    },
    cx::RequestCx,
    page::Page,
};
use domain::{broadcast::Event, ids::BroadcastId};

pub use meter::Meters;

use crate::Services;

#[async_trait]
impl BroadcastsApi for Services {
    async fn list(
        &self,
        cx: &RequestCx,
        slug: &str,
        after: &str,
    ) -> Result<Page<Row>, ClientError> {
        Ok(read::list(self, cx, slug, after).await?)
    }

    async fn view(&self, cx: &RequestCx, slug: &str, id: BroadcastId) -> Result<View, ClientError> {
        Ok(read::view(self, cx, slug, id).await?)
    }

    async fn save(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: Option<BroadcastId>,
        draft: Draft,
    ) -> Result<Saved, ClientError> {
        Ok(draft::save(self, cx, slug, id, draft).await?)
    }

    async fn discard(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<(), ClientError> {
        Ok(draft::discard(self, cx, slug, id).await?)
    }

    async fn estimate(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<Estimate, ClientError> {
        Ok(read::estimate(self, cx, slug, id).await?)
    }

    async fn addressees(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<Addressees, ClientError> {
        Ok(address::addressees(self, cx, slug, id).await?)
    }

    async fn address(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: &Address,
    ) -> Result<(), ClientError> {
        Ok(address::address(self, cx, slug, id, form).await?)
    }

    async fn pay(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: &Pay,
    ) -> Result<(), ClientError> {
        Ok(pay::pay(self, cx, slug, id, form).await?)
    }

    async fn test_recipient(
        &self,
        cx: &RequestCx,
        slug: &str,
    ) -> Result<TestRecipient, ClientError> {
        Ok(trial::recipient(self, cx, slug).await?)
    }

    async fn link_in_sandbox(&self, cx: &RequestCx, slug: &str) -> Result<(), ClientError> {
        Ok(trial::link_in_sandbox(self, cx, slug).await?)
    }

    async fn send_to_me(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<(), ClientError> {
        Ok(trial::send_to_me(self, cx, slug, id).await?)
    }

    async fn send(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        edition: &str,
    ) -> Result<(), ClientError> {
        Ok(send::send(self, cx, slug, id, edition).await?)
    }

    async fn schedule(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Schedule,
    ) -> Result<Scheduled, ClientError> {
        Ok(schedule::schedule(self, cx, slug, id, form).await?)
    }

    async fn unschedule(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<(), ClientError> {
        Ok(schedule::unschedule(self, cx, slug, id).await?)
    }

    async fn pause(&self, cx: &RequestCx, slug: &str, id: BroadcastId) -> Result<(), ClientError> {
        Ok(control::apply(self, cx, slug, id, Event::Pause).await?)
    }

    async fn resume(&self, cx: &RequestCx, slug: &str, id: BroadcastId) -> Result<(), ClientError> {
        Ok(control::apply(self, cx, slug, id, Event::Resume).await?)
    }

    async fn cancel(&self, cx: &RequestCx, slug: &str, id: BroadcastId) -> Result<(), ClientError> {
        Ok(control::apply(self, cx, slug, id, Event::Cancel).await?)
    }

    async fn repeats(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        which: &Again,
    ) -> Result<Repeats, ClientError> {
        Ok(again::repeats(self, cx, slug, id, which).await?)
    }

    async fn send_again(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        which: &Again,
    ) -> Result<(), ClientError> {
        Ok(again::send_again(self, cx, slug, id, which).await?)
    }

    async fn progress(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<Progress, ClientError> {
        Ok(read::progress(self, cx, slug, id).await?)
    }

    async fn deliveries(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        filter: &DeliveryFilter,
    ) -> Result<Page<Delivery>, ClientError> {
        Ok(read::deliveries(self, cx, slug, id, filter).await?)
    }
}
