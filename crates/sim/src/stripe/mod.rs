//! A faithful Stripe: its API for subscriptions, its pages, its events, and its cards that decline.
//!
//! It speaks one version of the API (`2026-09-30.endive`), is strict about every parameter, lives in
//! a time of its own, and does what happens to subscriptions by itself. It contains nothing of the
//! code that it is there to judge. What it does not do is listed in the crate's `STRIPE.md`.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use sim::stripe::{Setup, Stripe};
//!
//! let stripe = Stripe::start(Setup::plans()).await?;
//! let hook = stripe.add_webhook("http://127.0.0.1:3000/stripe/webhook", &[]);
//! println!("{} {} {}", stripe.base_url(), stripe.secret_key(), hook.secret);
//! // … somebody makes a Checkout session and leads a person to its page …
//! stripe.pay_session("cs_test_…", "4242424242424242")?;
//! stripe.advance(Duration::from_secs(40 * 86_400));
//! stripe.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod api;
mod calendar;
mod cards;
mod control;
mod fields;
mod form;
mod gate;
mod handle;
mod id;
mod idempotency;
mod ledger;
mod life;
mod pages;
mod params;
mod post;
mod refusal;
mod setup;
mod shape;
mod sign;
mod site;
mod state;
mod steer;
mod stock;
mod trouble;
mod world;

pub use self::{
    api::{ListedEndpoint, listed_endpoints},
    handle::Stripe,
    ledger::Asked,
    post::{Delivery, Redelivery},
    setup::{AfterRetries, NewCoupon, NewPrice, NewProduct, NewWebhook, Setup},
    sign::signature_header,
    state::API_VERSION,
    steer::{Hook, Unable},
    trouble::{ListedTrouble, Trouble, What},
};
