//! `gannet admin billing`

use std::{fmt::Write, process::ExitCode};

use clap::Subcommand;
use domain::ids::WorkspaceId;
use serde_json::json;
use services::{
    Services,
    billing::sheet::{self, Sheet},
};

use super::{display, user};
use crate::{
    boot::{self, Database},
    config::Config,
    postgres::Wanted,
    refusal::Refusal,
};

/// What to do about payments.
#[derive(Debug, Subcommand)]
pub enum Billing {
    /// Show how a workspace stands with Stripe, as it was seen last.
    Show {
        /// The workspace's id; `gannet admin workspace list` shows it.
        #[arg(value_name = "ID")]
        workspace: WorkspaceId,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Compare with Stripe now, and say what was mended.
    ///
    /// A running gannet does the same for each workspace once a day. Exits with 1 when one could not be compared.
    Sync {
        /// Only this workspace, by its id; all that are customers of Stripe's without.
        #[arg(value_name = "ID")]
        workspace: Option<WorkspaceId>,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, what: Billing) -> Result<ExitCode, Refusal> {
    if config.billing.key.is_none() {
        return Err(Refusal::new(
            "nothing is sold on this gannet; STRIPE_SECRET_KEY says through whom",
        ));
    }
    let database = Database::open(config, Wanted::Shared).await?;
    let outcome = fulfil(config, &database, what).await;
    database.close().await;
    outcome
}

async fn fulfil(config: &Config, database: &Database, what: Billing) -> Result<ExitCode, Refusal> {
    user::is_at_this_version(database).await?;
    let keys = user::keys(config, &database.store()).await?;
    let svc = boot::services(config, database.store(), &keys, None)?;
    match what {
        Billing::Show { workspace, json } => show(&svc, workspace, json).await,
        Billing::Sync { workspace, json } => sync(&svc, workspace, json).await,
    }
}

async fn show(svc: &Services, workspace: WorkspaceId, json: bool) -> Result<ExitCode, Refusal> {
    let sheet = sheet::of(svc, workspace).await.map_err(|err| super::refusal(&err))?;
    let Some(sheet) = sheet else {
        eprintln!("gannet: {workspace} is no customer of Stripe's, or there is no such workspace");
        return Ok(ExitCode::FAILURE);
    };
    match json {
        true => println!("{}", serde_json::to_string_pretty(&sheet).expect("plain data is JSON")),
        false => print!("{}", shown(&sheet)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn sync(svc: &Services, only: Option<WorkspaceId>, json: bool) -> Result<ExitCode, Refusal> {
    let compared = sheet::compare(svc, only).await.map_err(|err| super::refusal(&err))?;
    let failed = compared.iter().filter(|one| one.error.is_some()).count();
    if json {
        println!("{}", serde_json::to_string_pretty(&json!(compared)).expect("plain data is JSON"));
    } else {
        for one in &compared {
            match &one.error {
                Some(error) => println!("{}  could not be compared: {error}", one.workspace),
                None if one.mended.is_empty() => {}
                None => println!("{}  mended: {}", one.workspace, one.mended.join(", ")),
            }
        }
        println!("{} compared, {failed} could not be.", compared.len() - failed);
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn shown(sheet: &Sheet) -> String {
    let seen = sheet.seen_at.map_or("never".to_owned(), |at| display::moment(at) + " UTC");
    let facts = [
        ("Workspace", sheet.workspace.to_string()),
        ("Mode", sheet.mode.to_owned()),
        ("Customer", sheet.customer.clone()),
        ("Plan", sheet.plan.clone()),
        ("Phase", sheet.phase.to_owned()),
        ("Seen at Stripe", seen),
        ("Events that wait", sheet.waiting_events.to_string()),
    ];
    let mut text = display::table(&facts.map(|(name, value)| [name.to_owned(), value]));
    for one in &sheet.subscriptions {
        let _ = writeln!(text, "\n{}  {}  {}", one.id, one.status, one.price);
    }
    text
}
