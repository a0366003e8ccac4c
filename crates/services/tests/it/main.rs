//! Use cases on a real database and a real Bot API over HTTP. One binary, so that it links once.

mod again;
mod answering;
mod approving;
mod audit;
mod billing;
mod bots;
mod colony;
mod drafts;
mod exporting;
mod faults;
mod gates;
mod grouping;
mod halting;
mod identity;
mod paying;
mod receiving;
mod rig;
mod scheduling;
mod sending;
mod slowing;
mod stale;
mod tenants;
mod tripping;
