//! `gannet admin`: what the person who runs the server looks at and mends by hand.

mod billing;
mod blocks;
mod display;
mod user;
mod workspace;

use std::process::ExitCode;

use clap::Subcommand;

use services::ServiceError;

use crate::{config::Config, refusal::Refusal};
use billing::Billing;
use blocks::Blocks;
use user::User;
use workspace::Workspace;

pub(super) use user::keys;

/// Whom or what it is about.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Look at accounts, verify an address by hand, let somebody back in.
    #[command(subcommand)]
    User(User),
    /// Look at workspaces, and give one that nobody owns any more to somebody.
    #[command(subcommand)]
    Workspace(Workspace),
    /// Look at how a workspace stands with Stripe, and compare now.
    #[command(subcommand)]
    Billing(Billing),
    /// Look at clients that are shut out for trying too often, and let them in again.
    #[command(subcommand)]
    Blocks(Blocks),
}

/// Works on the database of `config`, beside a running gannet or without one.
///
/// # Errors
/// One line that says what to do. An account that does not exist is exit status 1.
pub async fn admin(config: &Config, about: Admin) -> Result<ExitCode, Refusal> {
    match about {
        Admin::User(what) => user::run(config, what).await,
        Admin::Workspace(what) => workspace::run(config, what).await,
        Admin::Billing(what) => billing::run(config, what).await,
        Admin::Blocks(what) => blocks::run(config, what).await,
    }
}

pub(super) fn refusal(err: &ServiceError) -> Refusal {
    let cause = std::error::Error::source(err).map(|cause| format!(": {cause}"));
    Refusal::new(format!(
        "the database did not do it ({err}{}); `gannet doctor` looks for the reason",
        cause.unwrap_or_default()
    ))
}
