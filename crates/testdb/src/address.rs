//! Where a database is reached, as whom.

use std::{os::unix::ffi::OsStrExt, path::Path};

use anyhow::{Context, Result, ensure};
use tokio_postgres::{Config, config::Host};

/// Password of the roles on a server of the tester's own. Anybody may know it: the server is one
/// for tests.
pub(crate) const ROLE_PASSWORD: &str = "test-only";

/// A server, and its superuser.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// Percent-encoded, with the port: what stands between `@` and `/` in a URL.
    place: String,
    superuser: String,
    superuser_password: Option<String>,
}

impl Address {
    /// Through the socket in `dir`, where everybody who gets that far is trusted.
    pub fn socket(dir: &Path, superuser: &str) -> Self {
        let place = encode(dir.as_os_str().as_bytes());
        Self { place, superuser: superuser.to_owned(), superuser_password: None }
    }

    /// # Errors
    /// When `url` is no address of one PostgreSQL server with a superuser's name.
    pub fn parse(url: &str) -> Result<Self> {
        let config: Config = url.parse().context("TEST_DATABASE_URL is no PostgreSQL address")?;
        ensure!(config.get_hosts().len() == 1, "TEST_DATABASE_URL must name one server");
        let host = match &config.get_hosts()[0] {
            Host::Tcp(name) => name.clone(),
            Host::Unix(dir) => encode(dir.as_os_str().as_bytes()),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        Ok(Self {
            place: format!("{host}:{port}"),
            superuser: config
                .get_user()
                .context("TEST_DATABASE_URL names no superuser")?
                .to_owned(),
            superuser_password: config.get_password().map(encode),
        })
    }

    /// The password that the roles get: none where everybody is trusted.
    pub fn role_password(&self) -> Option<&'static str> {
        self.superuser_password.as_ref().map(|_| ROLE_PASSWORD)
    }

    /// `database` as one of the roles that sign in.
    pub fn role_url(&self, role: &str, database: &str) -> String {
        self.url(role, self.role_password(), database)
    }

    /// `database` as the superuser.
    pub fn superuser_url(&self, database: &str) -> String {
        self.url(&encode(self.superuser.as_bytes()), self.superuser_password.as_deref(), database)
    }

    // A server for tests is on this machine, and often has a certificate nobody could verify.
    fn url(&self, user: &str, password: Option<&str>, database: &str) -> String {
        let password = password.map(|text| format!(":{text}")).unwrap_or_default();
        format!("postgres://{user}{password}@{}/{database}?sslmode=disable", self.place)
    }
}

fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_role_place_and_database() {
        let socket = Address::socket(Path::new("/a b"), "postgres");
        assert_eq!(
            socket.role_url("gannet_app", "x"),
            "postgres://gannet_app@%2F%61%20%62/x?sslmode=disable"
        );

        let theirs = Address::parse("postgres://ad%40min:s%2Fecret@localhost:5433/postgres")
            .expect("an address");
        let config: Config = theirs.superuser_url("x").parse().expect("readable");
        assert_eq!((config.get_user(), config.get_dbname()), (Some("ad@min"), Some("x")));
        assert_eq!(
            (config.get_password(), config.get_ports()),
            (Some(&b"s/ecret"[..]), &[5433][..])
        );
        assert_eq!(
            theirs.role_url("gannet_app", "x"),
            "postgres://gannet_app:test-only@localhost:5433/x?sslmode=disable"
        );
    }
}
