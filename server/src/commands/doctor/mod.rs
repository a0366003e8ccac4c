//! `gannet doctor`: everything that can be checked, each with how to mend it.

mod database;
mod files;
mod finding;
mod network;

use std::process::ExitCode;

use finding::{Finding, Level};

use crate::{config::Config, refusal::Refusal};

/// Checks, and prints one line for each check.
///
/// # Errors
/// None: what is broken is a finding. The exit status is 1 when there is such a one.
pub async fn doctor(config: &Config) -> Result<ExitCode, Refusal> {
    let mut worst = Level::Ok;
    let mut say = |findings: Vec<Finding>| {
        for finding in findings {
            println!("{finding}");
            worst = worst.max(finding.level());
        }
    };
    say(vec![Finding::ok("settings", "understood (`gannet config` lists them)")]);
    say(network::addresses(config));
    say(files::check(config).await);
    say(database::check(config).await);
    say(network::neighbours(config).await);
    Ok(if worst == Level::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
