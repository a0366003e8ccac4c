//! The pages.
//!
//! Every page is made on the server and works as links and forms; what must be live is an island. The
//! browser gets the islands and what they are made of ([`ui`], [`format`], [`paths`]); pages, routes
//! and shell exist under `ssr` alone, and `frontend` never names them, so they cost it nothing.

pub mod format;
pub mod paths;
pub mod ui;

#[cfg(feature = "ssr")]
mod assets;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod problem;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "ssr")]
mod styleguide;

#[cfg(feature = "ssr")]
pub use {assets::Assets, problem::error_page, routes::routes};
