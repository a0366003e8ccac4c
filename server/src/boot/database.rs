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
    postgres::{Embedded, OLDEST, Wanted},
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
                    answers(name, url).await?;
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

    /// Connections, opened when they are needed. Lines of the audit log are written by
    /// [`Store::chained`] alone.
    pub fn store(&self) -> Store {
        Store::new(&StoreConfig {
            app_url: self.urls.app.reveal().to_owned(),
            worker_url: self.urls.worker.reveal().to_owned(),
            owner_url: self.urls.owner.reveal().to_owned(),
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

/// Makes sure that the server behind the setting `name` takes us and is new enough.
///
/// # Errors
/// One line that says what to do.
pub(crate) async fn answers(name: &str, url: &DatabaseUrl) -> Result<(), Refusal> {
    match timeout(PATIENCE, store::connect::server_version(url.reveal())).await {
        Ok(Ok(version)) => new_enough(name, version),
        Ok(Err(err)) => Err(unreachable(name, &err.to_string())),
        Err(_) => Err(unreachable(name, &format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

/// `version` as PostgreSQL counts: 150004 is 15.4.
fn new_enough(name: &str, version: i32) -> Result<(), Refusal> {
    let major = u32::try_from(version / 10_000).unwrap_or(0);
    if major >= OLDEST {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "{name}: the server is PostgreSQL {major}, and gannet needs {OLDEST} or newer; upgrade it, or \
         leave the DATABASE_… addresses out to use one of gannet's own"
    )))
}

fn unreachable(name: &str, why: &str) -> Refusal {
    let advice = if why.contains("TLS handshake") {
        "the server must show a certificate that can be verified: name a file with its issuer's in \
         DATABASE_CA_FILE, or add ?sslmode=disable to the address if nobody else is on the network \
         in between"
    } else if why.contains("no encryption") {
        "the server may want TLS, which is not spoken unasked on this machine: add ?sslmode=require \
         to the address"
    } else {
        "check that it runs, and the address, role and password"
    };
    Refusal::new(format!("{name}: the database does not take us ({why}); {advice}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_too_old_is_refused_in_one_line() {
        assert_eq!(new_enough("DATABASE_URL", 150_000), Ok(()));
        assert_eq!(new_enough("DATABASE_URL", 180_001), Ok(()));
        for (version, said) in [(140_012, "PostgreSQL 14,"), (90_603, "PostgreSQL 9,")] {
            let refusal = new_enough("DATABASE_URL", version).expect_err("too old").to_string();
            assert!(refusal.starts_with("DATABASE_URL: ") && refusal.contains(said), "{refusal}");
            assert!(refusal.contains("needs 15 or newer; upgrade it"), "{refusal}");
        }
    }

    #[test]
    fn what_is_wrong_with_tls_comes_with_what_to_set() {
        let cases = [
            ("error performing TLS handshake: UnknownIssuer", "DATABASE_CA_FILE"),
            ("error performing TLS handshake: server does not support TLS", "?sslmode=disable"),
            ("no pg_hba.conf entry for host \"::1\", no encryption", "?sslmode=require"),
            ("connection refused", "check that it runs"),
        ];
        for (why, advice) in cases {
            let said = unreachable("DATABASE_URL", why).to_string();
            assert!(said.contains(why) && said.contains(advice), "{said}");
        }
    }
}
