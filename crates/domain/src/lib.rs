//! What Gannet's words mean.
//!
//! Pure rules: no I/O, no clock, no randomness. Whoever needs the time passes it in, so each rule
//! can be tested at any instant, and the browser runs the very same code as the server.

mod words;

pub mod approval;
pub mod audit;
pub mod billing;
pub mod bot;
pub mod breaker;
pub mod broadcast;
pub mod browser;
pub mod chat;
pub mod csv;
pub mod email;
pub mod gates;
pub mod ids;
pub mod label;
pub mod limit;
pub mod markup;
pub mod pacing;
pub mod paid;
pub mod password;
pub mod person;
pub mod retry;
pub mod rights;
pub mod schedule;
pub mod start;
pub mod subscriber;
pub mod text;

/// A moment, in UTC, exact to the microsecond where it was stored.
pub type Timestamp = jiff::Timestamp;
