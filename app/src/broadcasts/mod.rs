//! Writing, sending and following broadcasts.
//!
//! [`Desk`] and [`Follow`] are the islands: they enliven the composer and the progress, which the
//! server renders. The pages themselves exist on the server alone.

mod composer;
mod desk;
mod live;
mod marks;
mod post;

#[cfg(feature = "ssr")]
mod again;
#[cfg(feature = "ssr")]
mod approval;
#[cfg(feature = "ssr")]
mod compose;
#[cfg(feature = "ssr")]
mod confirm;
#[cfg(feature = "ssr")]
mod draft;
#[cfg(feature = "ssr")]
mod faster;
#[cfg(feature = "ssr")]
mod list;
#[cfg(feature = "ssr")]
mod recipients;
#[cfg(feature = "ssr")]
mod results;
#[cfg(feature = "ssr")]
mod scheduled;

pub use {
    composer::{Composer, Desk},
    live::{Follow, Live},
};

#[cfg(feature = "ssr")]
pub(crate) use {
    again::AgainPage,
    compose::NewBroadcastPage,
    confirm::ConfirmPage,
    list::BroadcastsPage,
    marks::{OutcomeBadge, StatusBadge},
    results::BroadcastPage,
};
