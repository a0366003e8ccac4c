//! The whole program from outside: `gannet serve` as a process, on a real database, over HTTP.

mod access;
mod admin;
mod audit;
mod crash;
mod doors;
mod real_parts;
mod second_factor;
mod secrecy;
mod start;
mod support;
mod web;
