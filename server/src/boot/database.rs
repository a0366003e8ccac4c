//! The database: ours or theirs, at the schema we need, under roles that may not do too much.

use std::time::Duration;

use store::{
    Store, StoreError,
    migrate::{self, MigrateError},
    roles,
    scope::StoreConfig,
};
use tokio::time::timeout;
use tracing::info;

use crate::{
    config::{Config, DatabaseConfig, DatabaseUrl, DatabaseUrls},
    postgres::{Embedded, Wanted},
    refusal::Refusal,
};

/// Longest wait for a first answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most connections of the app role: a page needs one for a few milliseconds.
const APP_CONNECTIONS: usize = 16;
/// Most connections of the worker role.
const WORKER_CONNECTIONS: usize = 8;

/// A database that answers.
#[derive(Debug)]
pub struct Database {
    urls: DatabaseUrls,
    embedded: Option<Embedded>,
}

impl Database {
    /// Starts our own, or makes sure that theirs answers.
    ///
    /// # Errors
    /// One line that says what to do.
    pub async fn open(config: &Config, wanted: Wanted) -> Result<Self, Refusal> {
        match &config.database {
            DatabaseConfig::External(urls) => {
                for (name, url) in named(urls) {
                    answers(url).await.map_err(|why| unreachable(name, &why))?;
                }
                Ok(Self { urls: (**urls).clone(), embedded: None })
            }
            DatabaseConfig::Embedded => {
                let home = config.data.database_dir();
                let embedded = tokio::task::spawn_blocking(move || Embedded::open(&home, wanted))
                    .await
                    .map_err(|err| Refusal::new(format!("cannot start PostgreSQL: {err}")))??;
                if embedded.is_ours() {
                    let made =
                        roles::create(embedded.superuser().reveal(), "gannet", |_| None).await;
                    made.map_err(|err| refusal("cannot make the roles", &err))?;
                }
                Ok(Self { urls: embedded.urls(), embedded: Some(embedded) })
            }
        }
    }

    /// One address per role.
    pub fn urls(&self) -> &DatabaseUrls {
        &self.urls
    }

    /// Brings the schema up to this program. Says what was done.
    ///
    /// # Errors
    /// The schema is newer than this program, or a step failed and was taken back.
    pub async fn migrate(&self) -> Result<Vec<String>, Refusal> {
        let ran = migrate::run(self.urls.owner.reveal()).await.map_err(from_migration)?;
        if !ran.is_empty() {
            info!(steps = ran.len(), "the database was brought up to this version");
        }
        Ok(ran)
    }

    /// Makes sure that requests and jobs do not run as somebody who could climb the fence.
    ///
    /// # Errors
    /// Which setting names a role that is too powerful, and why.
    pub async fn check_roles(&self) -> Result<(), Refusal> {
        let roles = [("DATABASE_URL", &self.urls.app), ("DATABASE_WORKER_URL", &self.urls.worker)];
        for (name, url) in roles {
            let found = roles::too_powerful(url.reveal()).await;
            if let Some(why) = found.map_err(|err| refusal("cannot look at the roles", &err))? {
                return Err(Refusal::new(format!(
                    "{name}: tenants are kept apart by row-level security, which would not hold for \
                     this role: {why}; use the one that `gannet migrate --create-roles` makes"
                )));
            }
        }
        Ok(())
    }

    /// Connections, opened when they are needed.
    pub fn store(&self) -> Store {
        Store::new(&StoreConfig {
            app_url: self.urls.app.reveal().to_owned(),
            worker_url: self.urls.worker.reveal().to_owned(),
            app_connections: APP_CONNECTIONS,
            worker_connections: WORKER_CONNECTIONS,
        })
    }

    /// Lets go of it; our own is stopped.
    pub async fn close(self) {
        if let Some(embedded) = self.embedded {
            // It takes up to half a minute, and blocks; nothing is left to be done if it panics.
            let _ = tokio::task::spawn_blocking(move || embedded.stop()).await;
        }
    }
}

fn named(urls: &DatabaseUrls) -> [(&'static str, &DatabaseUrl); 3] {
    [
        ("DATABASE_URL", &urls.app),
        ("DATABASE_WORKER_URL", &urls.worker),
        ("DATABASE_OWNER_URL", &urls.owner),
    ]
}

/// Whether a connection can be made.
async fn answers(url: &DatabaseUrl) -> Result<(), String> {
    match timeout(PATIENCE, store::connect::open(url.reveal())).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(err)) => Err(err.to_string()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn unreachable(name: &str, why: &str) -> Refusal {
    Refusal::new(format!(
        "{name}: the database does not take us ({why}); check that it runs, and the address, role \
         and password"
    ))
}

fn refusal(what: &str, err: &StoreError) -> Refusal {
    let cause = std::error::Error::source(err).map(|cause| format!(": {cause}"));
    Refusal::new(format!("{what}: {err}{}", cause.unwrap_or_default()))
}

pub(crate) fn from_migration(err: MigrateError) -> Refusal {
    let advice = match &err {
        MigrateError::Connect(_) => "; check DATABASE_OWNER_URL",
        // These say themselves what to do, or what was wrong.
        MigrateError::Newer { .. } | MigrateError::Failed(_) => "",
    };
    Refusal::new(format!("{err}{advice}"))
}
