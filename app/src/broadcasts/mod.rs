//! Writing, sending and following broadcasts.

mod composer;
mod draft;
mod live;
mod marks;

#[cfg(feature = "ssr")]
mod compose;
#[cfg(feature = "ssr")]
mod confirm;
#[cfg(feature = "ssr")]
mod list;
#[cfg(feature = "ssr")]
mod results;

pub use {composer::Composer, live::Live};

#[cfg(feature = "ssr")]
pub(crate) use {
    compose::NewBroadcastPage,
    confirm::ConfirmPage,
    list::BroadcastsPage,
    marks::{OutcomeBadge, StatusBadge},
    results::BroadcastPage,
};
