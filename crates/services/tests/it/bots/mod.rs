//! Bots: connected, looked after, disconnected.

mod connecting;
mod leaving;
mod looking;
mod reconciling;
mod secrets;
