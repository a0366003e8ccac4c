//! The simulator of Stripe as its clients meet it: over HTTP.

mod checkout;
mod control;
mod idempotency;
mod invoices;
mod life;
mod lists;
mod openapi;
mod portal;
mod prorations;
mod strictness;
mod support;
mod troubles;
mod webhooks;
