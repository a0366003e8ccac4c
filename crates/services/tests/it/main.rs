//! Use cases on a real database and a real Bot API over HTTP. One binary, so that it links once.

mod answering;
mod approving;
mod audit;
mod bots;
mod colony;
mod drafts;
mod exporting;
mod gates;
mod halting;
mod identity;
mod receiving;
mod rig;
mod scheduling;
mod sending;
mod tenants;
