//! The simulators as their clients meet them: over HTTP. And the proxy that spoils the way there.

mod api_list;
mod control;
mod fault_proxy;
mod faults;
mod groups;
mod limits;
mod messages;
mod people;
mod polling;
mod program;
mod requests;
mod state;
mod stripe;
mod support;
mod webhooks;
