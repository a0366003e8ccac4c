//! The simulator as its clients meet it: over HTTP.

mod api_list;
mod control;
mod faults;
mod limits;
mod messages;
mod people;
mod polling;
mod program;
mod requests;
mod state;
mod support;
mod webhooks;
