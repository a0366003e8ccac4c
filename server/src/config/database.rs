//! Whose PostgreSQL.

use std::{
    fmt,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use url::Url;

use super::{Reader, reader::Value};

/// Whose PostgreSQL holds the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseConfig {
    /// One of gannet's own, below `DATA_DIR`.
    Embedded,
    /// The admin's, version 15 or newer.
    External(Box<DatabaseUrls>),
}

/// One address per role, all of the same database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUrls {
    /// Requests and the bodies of jobs. `DATABASE_URL`.
    pub app: DatabaseUrl,
    /// Claims and ingest. `DATABASE_WORKER_URL`.
    pub worker: DatabaseUrl,
    /// Migrations. `DATABASE_OWNER_URL`.
    pub owner: DatabaseUrl,
}

const NAMES: [&str; 3] = ["DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_OWNER_URL"];

impl DatabaseConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let [app, worker, owner] =
            NAMES.map(|name| reader.maybe::<DatabaseUrl>(name, "(gannet's own PostgreSQL)"));
        let unset = NAMES.into_iter().filter(|name| !reader.is_set(name)).collect::<Vec<_>>();
        if !unset.is_empty() && unset.len() < NAMES.len() {
            for name in unset {
                let what = "missing: set all three DATABASE_… addresses or none \
                            (`gannet migrate --create-roles` prints them)";
                reader.complain(name, what);
            }
        }
        let (Some(app), Some(worker), Some(owner)) = (app, worker, owner) else {
            return Self::Embedded;
        };
        let urls = DatabaseUrls { app, worker, owner };
        urls.check(reader);
        Self::External(Box::new(urls))
    }

    /// The same, believing the issuers in the file `issuers` too.
    pub(super) fn trusting(self, issuers: Option<&Path>) -> Self {
        match self {
            Self::Embedded => Self::Embedded,
            Self::External(urls) => Self::External(Box::new(DatabaseUrls {
                app: urls.app.trusting(issuers),
                worker: urls.worker.trusting(issuers),
                owner: urls.owner.trusting(issuers),
            })),
        }
    }
}

/// The file of issuers, made sure of: later it would be found out in the middle of something.
pub(super) fn issuers(reader: &mut Reader<'_>) -> Option<PathBuf> {
    const NAME: &str = "DATABASE_CA_FILE";
    let path = reader.maybe::<PathBuf>(NAME, "(public issuers alone)")?;
    let path = reader.host().directory.join(path);
    match (reader.host().read)(&path) {
        Err(err) => reader.complain(NAME, format!("cannot read {}: {err}", path.display())),
        Ok(text) => {
            if let Err(what) = store::trusted_roots(text.as_bytes()) {
                reader.complain(NAME, format!("{} {what}", path.display()));
            }
        }
    }
    Some(path)
}

impl DatabaseUrls {
    /// Three addresses that share a role would share its rights; three databases share nothing.
    fn check(&self, reader: &mut Reader<'_>) {
        let pairs = [
            (NAMES[1], &self.worker, NAMES[0], &self.app),
            (NAMES[2], &self.owner, NAMES[0], &self.app),
            (NAMES[2], &self.owner, NAMES[1], &self.worker),
        ];
        for (name, url, other_name, other) in pairs {
            if url.user() == other.user() {
                let what = format!("must use another role than {other_name}");
                reader.complain(name, what);
            }
            if url.0.path() != other.0.path() {
                let what = format!("must name the same database as {other_name}");
                reader.complain(name, what);
            }
        }
    }
}

/// The address of a PostgreSQL database; its password is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Url);

impl DatabaseUrl {
    /// The database `name` as `role`, through the unix socket in `dir`.
    pub fn socket(dir: &Path, role: &str, name: &str) -> Self {
        let url = Url::parse(&format!("postgres://{role}@{}/{name}", percent_encoded(dir)));
        Self(url.expect("an encoded path makes a valid host"))
    }

    /// The database `name` on the same server, as `role` with `password`.
    pub fn with_role(&self, role: &str, password: &str, name: &str) -> Self {
        const ADMINISTRATORS: [&str; 3] = ["user", "password", "dbname"];
        let mut url = self.0.clone();
        url.set_path(name);
        // What stands in the query has the last word.
        let query = self.0.query().unwrap_or_default().split('&').filter(|pair| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            !pair.is_empty() && !ADMINISTRATORS.contains(&name)
        });
        let mut query: Vec<_> = query.map(str::to_owned).collect();
        // Both fail only for addresses without a host, which name it in the query.
        if url.set_username(role).is_err() || url.set_password(Some(password)).is_err() {
            query.extend([format!("user={role}"), format!("password={password}")]);
        }
        url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
        Self(url)
    }

    /// The same, believing the issuers in the file `issuers` too, unless it names others itself.
    pub fn trusting(&self, issuers: Option<&Path>) -> Self {
        let mut url = self.0.clone();
        let names_others = url.query_pairs().any(|(name, _)| name == "sslrootcert");
        if let Some(issuers) = issuers.filter(|_| !names_others) {
            let path = percent_encoded(issuers);
            let before = url.query().map(|query| format!("{query}&")).unwrap_or_default();
            url.set_query(Some(&format!("{before}sslrootcert={path}")));
        }
        Self(url)
    }

    /// With the password, for the one who connects.
    pub fn reveal(&self) -> &str {
        self.0.as_str()
    }

    fn user(&self) -> String {
        let in_query = self.0.query_pairs().find(|(name, _)| name == "user");
        in_query.map_or_else(|| self.0.username().to_owned(), |(_, role)| role.into_owned())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

impl Value for DatabaseUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let example = "postgres://role:password@host:5432/gannet";
        // What the parser complains about may repeat the password: only the form is said.
        let url = Url::parse(text).map_err(|_| format!("not an address such as {example}"))?;
        let wrong = if !matches!(url.scheme(), "postgres" | "postgresql") {
            "must begin with postgres://"
        } else if url.username().is_empty() && !url.query_pairs().any(|(name, _)| name == "user") {
            "names no role"
        } else if url.path().trim_matches('/').is_empty() {
            "names no database"
        } else {
            return Ok(Self(url));
        };
        Err(format!("{wrong}; it looks like {example}"))
    }

    fn show(&self) -> String {
        without_password(&self.0)
    }
}

fn percent_encoded(path: &Path) -> String {
    path.as_os_str().as_bytes().iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// `url` with the password, if there is one, replaced; queries can hold one too.
pub(super) fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    if url.password().is_some() {
        // Only an address without a host refuses, and it has no password either.
        let _ = url.set_password(Some("hidden"));
    }
    if url.query_pairs().any(|(name, _)| name == "password") {
        url.set_query(Some("hidden"));
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_role_is_on_the_same_server_and_nothing_is_left_of_the_first() {
        let cases = [
            (
                "postgres://root:TEST@db:5433/postgres?sslmode=require",
                "postgres://gannet_app:TEST-new@db:5433/gannet?sslmode=require",
            ),
            (
                "postgres://db/postgres?user=root&password=TEST&dbname=postgres",
                "postgres://gannet_app:TEST-new@db/gannet",
            ),
            (
                "postgres:///postgres?host=/run/postgresql&user=root&password=TEST",
                "postgres:///gannet?host=/run/postgresql&user=gannet_app&password=TEST-new",
            ),
        ];
        for (admin, want) in cases {
            let admin = DatabaseUrl::parse(admin).expect(admin);
            assert_eq!(admin.with_role("gannet_app", "TEST-new", "gannet").reveal(), want);
        }
    }

    #[test]
    fn issuers_are_added_where_the_address_names_none() {
        let cases = [
            ("postgres://a@db/x", "postgres://a@db/x?sslrootcert=%2F%63"),
            (
                "postgres://a@db/x?connect_timeout=3",
                "postgres://a@db/x?connect_timeout=3&sslrootcert=%2F%63",
            ),
            ("postgres://a@db/x?sslrootcert=/own", "postgres://a@db/x?sslrootcert=/own"),
        ];
        for (plain, want) in cases {
            let url = DatabaseUrl::parse(plain).expect(plain);
            assert_eq!(url.trusting(Some(Path::new("/c"))).reveal(), want);
            assert_eq!(url.trusting(None).reveal(), plain);
        }
    }

    #[test]
    fn a_socket_path_survives_the_address() {
        let url = DatabaseUrl::socket(Path::new("/var/lib/ga nnet"), "gannet_app", "gannet");
        let host = "%2F%76%61%72%2F%6C%69%62%2F%67%61%20%6E%6E%65%74";
        assert_eq!(url.reveal(), format!("postgres://gannet_app@{host}/gannet"));
    }
}
