//! HTTP: the accept loop, the layers, static files, sessions, forms, hooks.

pub mod accept;
pub mod blocks;
pub mod cx;
pub mod dev_mail;
mod download;
pub mod events;
pub mod export;
pub mod files;
pub mod forms;
pub mod health;
pub mod known_browser;
pub mod layers;
pub mod metrics;
pub mod ports;
pub mod problem;
pub mod router;
pub mod session;
pub mod static_files;
pub mod stripe_hook;
pub mod table;
pub mod telegram_hook;
pub mod web;
