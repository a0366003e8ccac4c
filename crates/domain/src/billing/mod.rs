//! What a workspace pays for, and what follows from it.
//!
//! Stripe is the one that knows. What it says about a customer is fetched whole ([`facts`]), and everything
//! else is a function of that, of the [`plan`]s that this instance offers, and of the time: [`standing`].
//! So it cannot matter in which order, how often or how late Stripe told that something changed.

pub mod facts;
pub mod notice;
pub mod plan;
pub mod standing;
pub mod usage;
