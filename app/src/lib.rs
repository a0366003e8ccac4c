//! The pages.
//!
//! Every page is made on the server and works as links and forms; what must be live is an island.
//! The browser gets the islands and what they are made of ([`ui`], [`mod@format`], [`paths`]);
//! pages, routes and shell exist under `ssr` alone, and `frontend` never names them, so they cost
//! it nothing.

pub mod broadcasts;
pub mod format;
pub mod paths;
pub mod ui;

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod assets;
#[cfg(feature = "ssr")]
mod audit;
#[cfg(feature = "ssr")]
mod auth;
#[cfg(feature = "ssr")]
mod billing;
#[cfg(feature = "ssr")]
mod bots;
#[cfg(feature = "ssr")]
mod chats;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
mod home;
#[cfg(feature = "ssr")]
mod instance;
#[cfg(feature = "ssr")]
pub mod next;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod problem;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod second_factor;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
mod styleguide;
#[cfg(feature = "ssr")]
mod subscribers;
#[cfg(feature = "ssr")]
mod team;
#[cfg(feature = "ssr")]
mod trail;
#[cfg(feature = "ssr")]
mod zones;

#[cfg(feature = "ssr")]
pub use {
    assets::Assets,
    routes::{pages, routes, undeclared},
};
