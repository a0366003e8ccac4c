//! The command line.

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    commands::{self, Admin, Audit},
    config::{Config, SETTINGS},
};

/// Status of a start that was refused: settings, port, database, keys.
const REFUSED: u8 = 2;
/// Longest wait for work that nobody needs any more.
const LONGEST_REST: Duration = Duration::from_secs(2);

/// Many Telegram bots for many owners on one server, each sealed from the others.
#[derive(Debug, Parser)]
#[command(name = "gannet", version, max_term_width = 100, after_help = settings_help())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the web app and the work in the background.
    ///
    /// With nothing configured gannet starts a PostgreSQL and a sandbox Telegram of its own and
    /// prints the address to open. Ctrl-C stops it once running requests have ended.
    Serve {
        /// What this process does; both unless told otherwise. Several processes need a PostgreSQL
        /// of yours (DATABASE_URL).
        #[arg(long, value_enum)]
        role: Option<Role>,
    },
    /// Bring the database up to this version of gannet.
    ///
    /// `serve` does the same when it starts.
    Migrate {
        /// On a bare PostgreSQL: make the roles and the database first, and print the
        /// addresses to configure. Asks for an administrator's address in DATABASE_ADMIN_URL.
        #[arg(long)]
        create_roles: bool,
    },
    /// Check everything that can be checked, and say how to mend what is wrong.
    ///
    /// Exits with 1 when something is broken.
    Doctor,
    /// Look at accounts, and mend by hand what their owners cannot.
    ///
    /// Works beside a running gannet, with its settings and as its user.
    #[command(subcommand)]
    Admin(Admin),
    /// Prove that nobody changed the audit log.
    ///
    /// Works beside a running gannet, with its settings and as its user.
    #[command(subcommand)]
    Audit(Audit),
    /// Ask the gannet that runs here whether it lives; exits with 0 if it does, 1 if not.
    ///
    /// Meant for containers and supervisors.
    Healthcheck,
    /// Print the settings in force and where each came from, secrets hidden.
    Config,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Pages, forms, webhooks.
    Web,
    /// Sending, polling, mail.
    Worker,
}

/// Runs what the command line asks for. Says on the standard error why it does not.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(complaints) => {
            for complaint in complaints {
                eprintln!("gannet: {complaint}");
            }
            return ExitCode::from(REFUSED);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(err) => {
            eprintln!("gannet: cannot start threads: {err}");
            return ExitCode::from(REFUSED);
        }
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Serve { role } => commands::serve(config, role).await,
            Command::Migrate { create_roles } => commands::migrate(&config, create_roles).await,
            Command::Doctor => commands::doctor(&config).await,
            Command::Admin(about) => commands::admin(&config, about).await,
            Command::Audit(what) => commands::audit(&config, what).await,
            Command::Healthcheck => commands::healthcheck(&config).await,
            Command::Config => {
                print!("{}", config.report);
                Ok(ExitCode::SUCCESS)
            }
        }
    });
    // A migration may still be running for a gannet that was told to stop; its transaction falls with us.
    runtime.shutdown_timeout(LONGEST_REST);
    outcome.unwrap_or_else(|refusal| {
        eprintln!("gannet: {refusal}");
        ExitCode::from(REFUSED)
    })
}

fn settings_help() -> String {
    let width = SETTINGS.iter().map(|setting| setting.name.len()).max().unwrap_or(0);
    let lines: Vec<_> = SETTINGS
        .iter()
        .map(|setting| format!("  {:width$}  {}", setting.name, setting.about))
        .collect();
    format!(
        "Settings are environment variables; NAME_FILE names a file that holds the value.\n\
         In brackets what is in force without them.\n\n{}",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_lists_every_setting() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        let help = command.render_help().to_string();
        for setting in SETTINGS {
            assert!(help.contains(setting.name), "{} is missing", setting.name);
        }
    }
}
