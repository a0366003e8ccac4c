//! `gannet admin user`

use std::process::ExitCode;

use clap::Subcommand;
use domain::email::Email;
use serde::Serialize;
use serde_json::json;
use services::{
    ServiceError,
    admin::{self, Verified},
};
use store::{Store, audit::Origin, migrate};

use super::display;
use crate::{
    boot::{Database, Keys, from_migration},
    config::Config,
    postgres::Wanted,
    refusal::Refusal,
};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum User {
    /// List accounts, the newest first, fifty at a time.
    List {
        /// Go on after the account of this address; the end of a list names it.
        #[arg(long, value_name = "ADDRESS")]
        after: Option<String>,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Show the account of one mail address.
    Show {
        /// The mail address, in any spelling.
        address: String,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Remove the second factor of whoever has lost both the authenticator app and the backup codes.
    ///
    /// They are signed out everywhere, sign in with their password from then on, and are told by mail.
    /// Make sure first that it is they who ask.
    #[command(name = "reset-2fa")]
    ResetSecondFactor {
        /// The mail address, in any spelling.
        address: String,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Mark a mail address as verified, where the mail with the code does not arrive.
    ///
    /// Does what the code does: its owner can sign in from now on and has a first workspace. A code
    /// that is on its way becomes void. Make sure first that the address is theirs.
    Verify {
        /// The mail address, in any spelling.
        address: String,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Print a link that sets a new password, for somebody whom the mail with one does not reach.
    ///
    /// It works once, within 60 minutes. Everybody who is signed in to the account is signed out, and a
    /// mail says that there is such a link. A second factor stays in force. Make sure first that whoever
    /// asks is the owner, and give the link to nobody else.
    ResetPassword {
        /// The mail address, in any spelling.
        address: String,
        /// Print JSON, for programs.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, what: User) -> Result<ExitCode, Refusal> {
    // What was typed is looked at before anything is opened.
    let what = Wish::of(what)?;
    let database = Database::open(config, Wanted::Shared).await?;
    let outcome = fulfil(config, &database, &what).await;
    database.close().await;
    outcome
}

/// What is wanted, understood.
struct Wish {
    verb: Verb,
    json: bool,
}

enum Verb {
    List { after: Option<Email> },
    Show(Email),
    Verify(Email),
    ResetPassword(Email),
    ResetSecondFactor(Email),
}

impl Wish {
    fn of(what: User) -> Result<Self, Refusal> {
        let (verb, json) = match what {
            User::List { after, json } => {
                (Verb::List { after: after.as_deref().map(address).transpose()? }, json)
            }
            User::Show { address: typed, json } => (Verb::Show(address(&typed)?), json),
            User::Verify { address: typed, json } => (Verb::Verify(address(&typed)?), json),
            User::ResetPassword { address: typed, json } => {
                (Verb::ResetPassword(address(&typed)?), json)
            }
            User::ResetSecondFactor { address: typed, json } => {
                (Verb::ResetSecondFactor(address(&typed)?), json)
            }
        };
        Ok(Self { verb, json })
    }

    /// The address that may turn out to have no account.
    fn address(&self) -> &str {
        match &self.verb {
            Verb::List { after } => after.as_ref().map_or("", Email::as_str),
            Verb::Show(email)
            | Verb::Verify(email)
            | Verb::ResetPassword(email)
            | Verb::ResetSecondFactor(email) => email.as_str(),
        }
    }
}

pub(super) fn address(typed: &str) -> Result<Email, Refusal> {
    typed.parse().map_err(|err| Refusal::new(format!("`{typed}` is no mail address. {err}")))
}

async fn fulfil(config: &Config, database: &Database, wish: &Wish) -> Result<ExitCode, Refusal> {
    is_at_this_version(database).await?;
    let store = database.store();
    let done = match &wish.verb {
        Verb::List { after } => admin::list(&store, after.as_ref())
            .await
            .map(|page| said(wish, &page, || display::list(&page))),
        Verb::Show(email) => admin::show(&store, email)
            .await
            .map(|account| said(wish, &account, || display::account(&account))),
        Verb::Verify(email) => verify(config, &store, email).await?.map(|verified| {
            let facts = json!({
                "address": email.as_str(),
                "changed": verified != Verified::Before,
            });
            said(wish, &facts, || display::verified(email, &verified))
        }),
        Verb::ResetPassword(email) => reset_password(config, &store, email).await?.map(|link| {
            let facts = json!({ "address": email.as_str(), "link": link });
            said(wish, &facts, || display::reset(email, &link))
        }),
        Verb::ResetSecondFactor(email) => {
            reset_second_factor(config, &store, email).await?.map(|changed| {
                let facts = json!({ "address": email.as_str(), "changed": changed });
                said(wish, &facts, || display::second_factor_reset(email, changed))
            })
        }
    };
    match done {
        Ok(text) => {
            print!("{text}");
            Ok(ExitCode::SUCCESS)
        }
        Err(ServiceError::NotFound) => {
            eprintln!(
                "gannet: there is no account with the address {}; `gannet admin user list` shows \
                 those there are",
                wish.address()
            );
            Ok(ExitCode::FAILURE)
        }
        Err(ServiceError::Conflict(_)) => {
            eprintln!(
                "gannet: {0} was never verified, so it has no password to be reset; if it is theirs: \
                 `gannet admin user verify {0}`",
                wish.address()
            );
            Ok(ExitCode::FAILURE)
        }
        Err(err) => Err(super::refusal(&err)),
    }
}

/// Sees that every migration of this version has run.
pub(super) async fn is_at_this_version(database: &Database) -> Result<(), Refusal> {
    let missing = migrate::pending(database.urls().owner.reveal()).await.map_err(from_migration)?;
    match missing.is_empty() {
        true => Ok(()),
        false => {
            Err(Refusal::new("the database is not at this version yet; run `gannet migrate` first"))
        }
    }
}

async fn verify(
    config: &Config,
    store: &Store,
    email: &Email,
) -> Result<Result<Verified, ServiceError>, Refusal> {
    let keys = keys(config, store).await?;
    // Their first workspace is on record in its audit log.
    let store = keys.chain(store.clone());
    Ok(admin::verify(&store, &keys.codes, email, &origin("verify")).await)
}

async fn reset_password(
    config: &Config,
    store: &Store,
    email: &Email,
) -> Result<Result<String, ServiceError>, Refusal> {
    let keys = keys(config, store).await?;
    let (base_url, origin) = (config.web.base_url.origin(), origin("reset-password"));
    Ok(admin::reset_password(store, &keys.vault, &base_url, email, &origin).await)
}

async fn reset_second_factor(
    config: &Config,
    store: &Store,
    email: &Email,
) -> Result<Result<bool, ServiceError>, Refusal> {
    let keys = keys(config, store).await?;
    let (base_url, origin) = (config.web.base_url.origin(), origin("reset-2fa"));
    Ok(admin::reset_second_factor(store, &keys.vault, &base_url, email, &origin).await)
}

/// The keys that the server runs with.
pub(in crate::commands) async fn keys(config: &Config, store: &Store) -> Result<Keys, Refusal> {
    // New ones would void no code and seal no mail.
    let keys = Keys::find(&config.data).await?.ok_or_else(|| {
        Refusal::new(format!(
            "GANNET_KEYS: there are no keys in {}; use the settings, and the user, that gannet \
             serve runs with",
            config.data.keys.display()
        ))
    })?;
    keys.fit(store).await?;
    Ok(keys)
}

/// Who did it, as the logs have it: this program, and the user of the system who ran it.
fn origin(verb: &str) -> Origin {
    let uid = rustix::process::getuid().as_raw();
    Origin {
        user_agent: Some(format!("gannet admin user {verb}, run by uid {uid}")),
        ..Origin::system("command line")
    }
}

/// For programs or for people, with a line break at the end.
fn said(wish: &Wish, facts: &impl Serialize, text: impl FnOnce() -> String) -> String {
    if wish.json {
        let json = serde_json::to_string_pretty(facts).expect("plain data is JSON");
        format!("{json}\n")
    } else {
        text()
    }
}
