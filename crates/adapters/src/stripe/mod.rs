//! Stripe: what a customer has and owes is read from it, and people are sent to its pages to pay.
//!
//! A client of our own, over the HTTP stack that is there anyway. Stripe's maintained Rust library was built
//! and weighed for it (`docs/ARCHITECTURE.md` has the figures); what decided is that it knows every field of
//! every answer, cards among them. This one reads the fields that [`domain::billing::facts`] has, and no others.
//!
//! The version of the API is pinned ([`VERSION`]), so that what an answer looks like changes with this code only.
//! Whatever changes something carries an idempotency key and may be asked again.

mod client;
mod error;
mod event;
mod form;
mod http;
mod key;
mod requests;
mod signature;
mod wire;

#[cfg(test)]
mod tests;

pub use client::Stripe;
pub use error::StripeError;
pub use event::{Event, NoEvent};
pub use key::{Mode, NoKey, SecretKey};
pub use requests::{Address, Change, Checkout, CheckoutOptions, Flow, Session};
pub use signature::{BadSignature, Secrets};
pub use wire::{Line, Preview, Price};

/// The version of Stripe's API that is spoken (`Stripe-Version`).
pub const VERSION: &str = "2026-09-30.endive";
