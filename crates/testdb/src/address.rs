//! Where a database is reached, as whom.

use std::{
    net::SocketAddr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use tokio_postgres::{Config, config::Host};

/// Password of the roles on a server of the tester's own. Anybody may know it: the server is one
/// for tests.
pub(crate) const ROLE_PASSWORD: &str = "test-only";

/// The port that a server's socket is named after.
const PORT: u16 = 5432;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind this socket.
    Socket(PathBuf),
    /// At this host and port.
    Tcp(String, u16),
}

/// A server, and its superuser.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// For a proxy in front of it.
    pub server: Place,
    /// Percent-encoded, with the port: what stands between `@` and `/` in a URL.
    place: String,
    superuser: String,
    superuser_password: Option<String>,
}

impl Address {
    /// Through the socket in `dir`, where everybody who gets that far is trusted.
    pub fn socket(dir: &Path, superuser: &str) -> Self {
        let (server, place) = (socket_in(dir, PORT), encode(dir.as_os_str().as_bytes()));
        Self { server, place, superuser: superuser.to_owned(), superuser_password: None }
    }

    /// # Errors
    /// When `url` is no address of one PostgreSQL server with a superuser's name.
    pub fn parse(url: &str) -> Result<Self> {
        let config: Config = url.parse().context("TEST_DATABASE_URL is no PostgreSQL address")?;
        ensure!(config.get_hosts().len() == 1, "TEST_DATABASE_URL must name one server");
        let port = config.get_ports().first().copied().unwrap_or(PORT);
        let (host, server) = match &config.get_hosts()[0] {
            Host::Tcp(name) => (name.clone(), Place::Tcp(name.clone(), port)),
            Host::Unix(dir) => (encode(dir.as_os_str().as_bytes()), socket_in(dir, port)),
        };
        Ok(Self {
            server,
            place: format!("{host}:{port}"),
            superuser: config
                .get_user()
                .context("TEST_DATABASE_URL names no superuser")?
                .to_owned(),
            superuser_password: config.get_password().map(encode),
        })
    }

    /// The same server by way of a proxy that listens at `proxy`.
    pub fn by_way_of(&self, proxy: SocketAddr) -> Self {
        Self { place: proxy.to_string(), ..self.clone() }
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

fn socket_in(dir: &Path, port: u16) -> Place {
    Place::Socket(dir.join(format!(".s.PGSQL.{port}")))
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

        assert_eq!(socket.server, Place::Socket("/a b/.s.PGSQL.5432".into()));
        let proxy = socket.by_way_of(([127, 0, 0, 1], 7).into());
        assert_eq!(
            proxy.role_url("gannet_app", "x"),
            "postgres://gannet_app@127.0.0.1:7/x?sslmode=disable"
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
