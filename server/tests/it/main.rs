//! The whole program from outside: `gannet serve` as a process, on a real database, over HTTP.

mod crash;
mod real_parts;
mod support;
