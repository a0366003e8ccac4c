//! The pages.
//!
//! Every page is made on the server and works as links and forms; what must be live is an island. The
//! browser gets the islands and what they are made of ([`ui`], [`format`], [`paths`]); pages, routes
//! and shell exist under `ssr` alone, and `frontend` never names them, so they cost it nothing.

pub mod broadcasts;
pub mod format;
pub mod paths;
pub mod ui;

macro_rules! on_the_server {
    ($($item:item)+) => { $(#[cfg(feature = "ssr")] $item)+ };
}

on_the_server! {
    mod account;
    mod assets;
    mod audit;
    mod auth;
    mod bots;
    mod frame;
    mod home;
    mod page;
    mod problem;
    mod routes;
    mod shell;
    mod styleguide;
    mod subscribers;
    mod trail;

    pub use {assets::Assets, routes::routes};
}
