//! What a workspace pays for: the product's own client against a Stripe over HTTP.

mod counting;
mod limits;
mod orders;
mod paying;
mod places;
mod queue;
mod standing;
mod till;
