//! Bots: connected, looked after, disconnected.

mod connecting;
mod leaving;
mod looking;
mod moving;
mod reconciling;
mod secrets;
