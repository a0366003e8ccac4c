//! `gannet admin blocks`

use std::process::ExitCode;

use clap::Subcommand;
use domain::limit::client;
use services::{ServiceError, instance, limits};
use store::{Store, audit::Origin};

use crate::{boot::Database, config::Config, postgres::Wanted, refusal::Refusal};

/// What to do with clients that are shut out.
#[derive(Debug, Subcommand)]
pub enum Blocks {
    /// List those who are shut out, the longest first.
    List,
    /// Let one in again.
    Lift {
        /// An address, or a network as the list shows it.
        client: String,
    },
}

pub(super) async fn run(config: &Config, what: Blocks) -> Result<ExitCode, Refusal> {
    let database = Database::open(config, Wanted::Shared).await?;
    let outcome = fulfil(&database.store(), what).await;
    database.close().await;
    outcome
}

async fn fulfil(store: &Store, what: Blocks) -> Result<ExitCode, Refusal> {
    match what {
        Blocks::List => {
            let blocks = limits::blocks(store).await.map_err(|err| super::refusal(&err))?;
            if blocks.is_empty() {
                println!("Nobody is shut out.");
            }
            for block in blocks {
                println!("{}  until {} UTC", block.client, block.until.strftime("%Y-%m-%d %H:%M"));
            }
            Ok(ExitCode::SUCCESS)
        }
        Blocks::Lift { client: typed } => {
            // A person may have the address and not the network that it counts for.
            let client = typed.parse().map_or_else(|_| typed.clone(), client);
            match instance::lift_by_hand(store, &client, &origin()).await {
                Ok(()) => {
                    println!("{client} is let in again, within a second.");
                    Ok(ExitCode::SUCCESS)
                }
                Err(ServiceError::NotFound) => {
                    eprintln!(
                        "gannet: {client} is not shut out; `gannet admin blocks list` shows who is"
                    );
                    Ok(ExitCode::FAILURE)
                }
                Err(err) => Err(super::refusal(&err)),
            }
        }
    }
}

/// Who did it, as the log has it: this program, and the user of the system who ran it.
fn origin() -> Origin {
    let uid = rustix::process::getuid().as_raw();
    Origin {
        user_agent: Some(format!("gannet admin blocks lift, run by uid {uid}")),
        ..Origin::system("command line")
    }
}
