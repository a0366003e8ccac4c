//! The whole program from outside: `gannet serve` as a process, on a real database, over HTTP.

mod access;
mod account;
mod admin;
mod audit;
mod audit_log;
mod bad_input;
mod crash;
mod doors;
mod limits;
mod metrics;
mod outage;
mod payments;
mod real_parts;
mod schedule;
mod second_factor;
mod secrecy;
mod sign_up;
mod start;
mod support;
mod unknown;
mod web;
