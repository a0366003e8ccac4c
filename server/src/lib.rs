//! The server: everything around the use cases. Settings, a PostgreSQL of our own, HTTP, forms,
//! sessions, and the composition root that joins them.

pub mod boot;
pub mod cli;
pub mod commands;
pub mod config;
pub mod http;
pub mod postgres;
pub mod refusal;
pub mod sandbox;
pub mod telemetry;
