//! `gannet admin workspace`

use std::{fmt::Write, process::ExitCode};

use clap::Subcommand;
use domain::{email::Email, ids::WorkspaceId};
use serde::Serialize;
use serde_json::json;
use services::{
    ServiceError,
    admin::{self, Workspaces},
    instance,
};
use store::{Store, audit::Origin};

use super::{display, user};
use crate::{boot::Database, config::Config, postgres::Wanted, refusal::Refusal};

/// What to do with workspaces.
#[derive(Debug, Subcommand)]
pub enum Workspace {
    /// List workspaces, the oldest first, fifty at a time: who owns them, and nothing of what is in them.
    List {
        /// Only those that nobody owns any more, though people work in them.
        #[arg(long)]
        ownerless: bool,
        /// Go on after the workspace with this id; the end of a list names it.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Make an account the owner of a workspace that nobody owns any more.
    ///
    /// It may be one of the workspace's people or anybody else with a proved address; they are told by
    /// mail, and so are the workspace's admins, and its audit log has a line. Make sure first that the
    /// workspace should be theirs: they get everything in it.
    GiveOwner {
        /// The workspace's id, as the list shows it.
        workspace: String,
        /// The mail address of the account, in any spelling.
        address: String,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
}

/// What is wanted, understood.
enum Wish {
    List { ownerless: bool, after: Option<WorkspaceId>, json: bool },
    GiveOwner { workspace: WorkspaceId, email: Email, json: bool },
}

impl Wish {
    fn of(what: Workspace) -> Result<Self, Refusal> {
        Ok(match what {
            Workspace::List { ownerless, after, json } => {
                Self::List { ownerless, after: after.as_deref().map(id).transpose()?, json }
            }
            Workspace::GiveOwner { workspace, address, json } => Self::GiveOwner {
                workspace: id(&workspace)?,
                email: user::address(&address)?,
                json,
            },
        })
    }
}

fn id(typed: &str) -> Result<WorkspaceId, Refusal> {
    typed.parse().map_err(|_| {
        Refusal::new(format!(
            "`{typed}` is no id of a workspace; `gannet admin workspace list` shows them"
        ))
    })
}

pub(super) async fn run(config: &Config, what: Workspace) -> Result<ExitCode, Refusal> {
    // What was typed is looked at before anything is opened.
    let wish = Wish::of(what)?;
    let database = Database::open(config, Wanted::Shared).await?;
    let outcome = fulfil(config, &database, wish).await;
    database.close().await;
    outcome
}

async fn fulfil(config: &Config, database: &Database, wish: Wish) -> Result<ExitCode, Refusal> {
    user::is_at_this_version(database).await?;
    let store = database.store();
    let done = match wish {
        Wish::List { ownerless, after, json } => admin::workspaces(&store, after, ownerless)
            .await
            .map(|page| said(json, &page, || list(&page, ownerless))),
        Wish::GiveOwner { workspace, email, json } => {
            give_owner(config, &store, workspace, &email).await?.map(|name| {
                let address = email.as_str();
                let facts = json!({ "workspace": workspace, "owner": address });
                said(json, &facts, || {
                    format!("{name} ({address}) owns {workspace} now; a mail tells them.\n")
                })
            })
        }
    };
    match done {
        Ok(text) => {
            print!("{text}");
            Ok(ExitCode::SUCCESS)
        }
        Err(ServiceError::Conflict(why)) => {
            eprintln!("gannet: {why}");
            Ok(ExitCode::FAILURE)
        }
        Err(ServiceError::Invalid(complaints)) => {
            for complaint in complaints {
                eprintln!("gannet: {}", complaint.message);
            }
            Ok(ExitCode::FAILURE)
        }
        Err(err) => Err(super::refusal(&err)),
    }
}

async fn give_owner(
    config: &Config,
    store: &Store,
    workspace: WorkspaceId,
    email: &Email,
) -> Result<Result<String, ServiceError>, Refusal> {
    let keys = user::keys(config, store).await?;
    let (base_url, store) = (config.web.base_url.origin(), keys.chain(store.clone()));
    let to = (workspace, email.clone());
    Ok(instance::give_by_hand(&store, &keys.vault, &base_url, to, origin()).await)
}

/// Who did it, as the log has it: this program, and the user of the system who ran it.
fn origin() -> Origin {
    let uid = rustix::process::getuid().as_raw();
    Origin {
        user_agent: Some(format!("gannet admin workspace give-owner, run by uid {uid}")),
        ..Origin::system("command line")
    }
}

/// For programs or for people, with a line break at the end.
fn said(json: bool, facts: &impl Serialize, text: impl FnOnce() -> String) -> String {
    match json {
        true => serde_json::to_string_pretty(facts).expect("plain data is JSON") + "\n",
        false => text(),
    }
}

/// A table with a line for each workspace, and how to go on.
fn list(page: &Workspaces, ownerless: bool) -> String {
    if page.workspaces.is_empty() && page.next.is_none() {
        return match ownerless {
            true => "Every workspace in which somebody works has an owner.\n".to_owned(),
            false => "No workspaces to show.\n".to_owned(),
        };
    }
    let head = ["ID", "NAME", "PEOPLE", "BOTS", "CREATED (UTC)", "STATE", "OWNERS"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(page.workspaces.iter().map(row));
    let mut text = display::table(&rows);
    if let Some(next) = &page.next {
        let flag = if ownerless { " --ownerless" } else { "" };
        let _ =
            writeln!(text, "\nThere are more: gannet admin workspace list{flag} --after {next}");
    }
    if page.workspaces.iter().any(|one| one.ownerless) {
        text.push_str("\nTo give one an owner: gannet admin workspace give-owner ID ADDRESS\n");
    }
    text
}

fn row(one: &admin::Workspace) -> [String; 7] {
    let state = match one.closes_at {
        Some(at) => format!("goes {}", display::moment(at)),
        None if one.ownerless => "nobody owns it".to_owned(),
        None => "in use".to_owned(),
    };
    let owners = match one.owners.is_empty() {
        true => "none".to_owned(),
        false => one.owners.join(", "),
    };
    [
        one.id.to_string(),
        one.name.clone(),
        one.people.to_string(),
        one.bots.to_string(),
        display::moment(one.created_at),
        state,
        owners,
    ]
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn workspace(n: u128, ownerless: bool) -> admin::Workspace {
        admin::Workspace {
            id: Uuid::from_u128(n).into(),
            name: "Acme".into(),
            owners: if ownerless { Vec::new() } else { vec!["ann@example.org".into()] },
            people: 2,
            bots: 1,
            created_at: "2026-11-21T08:30:15Z".parse().expect("a moment"),
            closes_at: None,
            ownerless,
        }
    }

    #[test]
    fn a_list_says_who_owns_what_and_how_to_help() {
        let page = Workspaces { workspaces: vec![workspace(1, false)], next: None };
        let text = list(&page, false);
        assert!(text.contains("in use  ann@example.org\n"), "{text}");
        assert!(!text.contains("give-owner") && !text.contains("more"), "{text}");
        let page = Workspaces {
            workspaces: vec![workspace(1, true)],
            next: Some(Uuid::from_u128(1).into()),
        };
        let text = list(&page, true);
        assert!(text.contains("nobody owns it  none\n"), "{text}");
        assert!(text.contains("list --ownerless --after 00000000-"), "{text}");
        assert!(text.ends_with("give-owner ID ADDRESS\n"), "{text}");
        let none = Workspaces { workspaces: Vec::new(), next: None };
        assert!(list(&none, true).starts_with("Every workspace"));
    }

    #[test]
    fn what_is_no_id_is_refused_before_anything_is_opened() {
        for typed in ["", "Acme", "0193", "'; drop table workspaces"] {
            assert!(id(typed).is_err(), "{typed}");
        }
    }
}
