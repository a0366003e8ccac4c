//! `gannet audit`

use std::{process::ExitCode, sync::Arc};

use adapters::anchors::Anchors;
use clap::Subcommand;
use domain::ids::WorkspaceId;
use services::audit::{self, Fault, Report};
use store::migrate;

use super::admin::{keys, refusal};
use crate::{
    boot::{Database, from_migration},
    config::Config,
    postgres::Wanted,
    refusal::Refusal,
};

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walk the log of every workspace, and say where a line was changed, removed or put in.
    ///
    /// Every line is linked to the one before it under a key that is not in the database, and each day the
    /// ends of all logs are written to DATA_DIR/anchors. Exits with 1 when something is not as it was
    /// written.
    Verify {
        /// Only the log of this workspace, by its id.
        #[arg(long, value_name = "ID")]
        workspace: Option<WorkspaceId>,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
}

/// Looks at the audit log of the database of `config`, beside a running gannet or without one.
///
/// # Errors
/// One line that says what to do. A log that somebody changed is exit status 1.
pub async fn audit(config: &Config, what: Audit) -> Result<ExitCode, Refusal> {
    let Audit::Verify { workspace, json } = what;
    let database = Database::open(config, Wanted::Shared).await?;
    let outcome = verify(config, &database, workspace).await;
    database.close().await;
    let report = outcome?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report).expect("plain data is JSON"));
    } else {
        print!("{}", told(&report));
    }
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify(
    config: &Config,
    database: &Database,
    workspace: Option<WorkspaceId>,
) -> Result<Report, Refusal> {
    let missing = migrate::pending(database.urls().owner.reveal()).await.map_err(from_migration)?;
    if !missing.is_empty() {
        return Err(Refusal::new(
            "the database is not at this version yet; run `gannet migrate` first",
        ));
    }
    let store = database.store();
    let keys = keys(config, &store).await?;
    // Before the log: a newer anchor would know lines that the walk does not see.
    let anchors = Arc::new(Anchors::at(config.data.anchors_dir()));
    let kept = audit::read_anchors(&anchors).await.map_err(|err| {
        let cause = std::error::Error::source(&err).map(|cause| format!(": {cause}"));
        Refusal::new(format!(
            "DATA_DIR: the anchors in {} cannot be read{}; run this as the user of gannet serve",
            config.data.anchors_dir().display(),
            cause.unwrap_or_default()
        ))
    })?;
    audit::verify(&store, &keys.audit, &kept, workspace).await.map_err(|err| refusal(&err))
}

/// The report as people read it: a line for each fault, and what was looked at.
fn told(report: &Report) -> String {
    let mut text = String::new();
    for Fault { workspace, line, at, text: what, .. } in &report.faults {
        if let Some(workspace) = workspace {
            text.push_str(&format!("workspace {workspace}: "));
        }
        text.push_str(what);
        if let (Some(line), Some(at)) = (line, at) {
            text.push_str(&format!(" (id {line}, of {at})"));
        }
        text.push('\n');
    }
    let count = |n: u64, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let seen = format!(
        "{} in {}, {} from before the chain, {}",
        count(report.lines, "line"),
        count(report.workspaces as u64, "workspace"),
        report.unchained,
        count(report.anchors as u64, "anchor"),
    );
    let verdict = match report.faults.len() {
        0 => "everything is as it was written".to_owned(),
        1 => "1 thing is not as it was written".to_owned(),
        many => format!("{many} things are not as they were written"),
    };
    text.push_str(&format!("{seen}: {verdict}.\n"));
    text
}
