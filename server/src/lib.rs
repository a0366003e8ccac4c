//! The server: everything around the use cases. Settings, PostgreSQL of our own, HTTP, forms,
//! sessions, and the composition root that joins them.

pub mod config;
pub mod http;
pub mod postgres;
pub mod refusal;
