//! `gannet admin`: what the person who runs the server looks at and mends by hand.

mod display;
mod user;

use std::process::ExitCode;

use clap::Subcommand;

use crate::{config::Config, refusal::Refusal};
use user::User;

/// Whom or what it is about.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Look at accounts, verify an address by hand, let somebody back in.
    #[command(subcommand)]
    User(User),
}

/// Works on the database of `config`, beside a running gannet or without one.
///
/// # Errors
/// One line that says what to do. An account that does not exist is exit status 1.
pub async fn admin(config: &Config, about: Admin) -> Result<ExitCode, Refusal> {
    match about {
        Admin::User(what) => user::run(config, what).await,
    }
}
