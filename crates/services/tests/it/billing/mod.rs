//! What a workspace pays for: the product's own client against a Stripe over HTTP.

mod limits;
mod orders;
mod paying;
mod standing;
mod till;
