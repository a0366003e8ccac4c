//! A private PostgreSQL database for each test.
//!
//! ```no_run
//! # async fn doc() -> anyhow::Result<()> {
//! let db = testdb::TestDb::new().await;
//! let acme = db.tenant("acme").await;
//! let store = db.store();
//! // store.bot(&acme.bot_scope(), async |tx| …)
//! # Ok(())
//! # }
//! ```
//!
//! The databases live on a server that the tests start themselves and that goes with the last of them
//! (see `server.rs`), or on the one that `TEST_DATABASE_URL` names: the address of a superuser on this
//! machine, without TLS. Each is a copy of a template that was migrated once, and is dropped with its
//! [`TestDb`]; on a server of the tester's own the template stays for the next run. Tests see it
//! through the product's own roles; nothing but preparation and inspection runs as a superuser, whom
//! the fence does not hold.

pub mod schema;

mod address;
mod alone;
mod server;
mod template;
mod tenant;

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use store::{Store, audit::chain::ChainKey, roles, scope::StoreConfig};
use tokio_postgres::{Client, NoTls};

pub use address::Place;
pub use alone::Alone;
pub use tenant::{Bot, Person, Tenant};

use address::Address;

/// Connections of the app role that [`TestDb::store`] may open.
const APP_CONNECTIONS: usize = 8;
/// Connections of the worker role that [`TestDb::store`] may open.
const WORKER_CONNECTIONS: usize = 4;

/// Chains the audit log of [`TestDb::store`]. Anybody may know it.
pub const CHAIN_KEY: ChainKey = ChainKey::new(1, *b"TEST-key-of-the-audit-chain-----");

/// A migrated database of one's own. Dropping it drops the database, whoever is still connected.
pub struct TestDb {
    address: Address,
    name: String,
    store: Store,
}

impl TestDb {
    /// A fresh database with the schema of this build and no rows.
    ///
    /// # Panics
    /// When there is none to be had: no PostgreSQL installed, or a migration that fails.
    pub async fn new() -> Self {
        Self::create(&format!("template {}", template::NAME))
            .await
            .expect("a database for the test")
    }

    /// A fresh database with the roles and no schema, for tests of the migrations.
    ///
    /// # Panics
    /// As [`TestDb::new`].
    pub async fn empty() -> Self {
        Self::create("template template0 encoding 'UTF8'").await.expect("a database for the test")
    }

    async fn create(from: &str) -> Result<Self> {
        let address = tokio::task::spawn_blocking(server::address).await??;
        template::prepare(&address).await?;
        let name = unique_name()?;
        let admin = connect(&address.superuser_url("postgres")).await?;
        admin
            .batch_execute(&format!("create database {name} owner {} {from}", roles::OWNER))
            .await?;
        let store = Store::new(&config(&address, &name, APP_CONNECTIONS, WORKER_CONNECTIONS))
            .chained([CHAIN_KEY]);
        Ok(Self { address, name, store })
    }

    /// The product's way into this database. All calls share one pool.
    pub fn store(&self) -> Store {
        self.store.clone()
    }

    /// A store with pools of its own, of these sizes.
    pub fn store_with(&self, app_connections: usize, worker_connections: usize) -> Store {
        Store::new(&config(&self.address, &self.name, app_connections, worker_connections))
            .chained([CHAIN_KEY])
    }

    /// As [`TestDb::store_with`], by way of a proxy at `proxy` that leads to [`TestDb::server`].
    pub fn store_by_way_of(
        &self,
        proxy: SocketAddr,
        app_connections: usize,
        worker_connections: usize,
    ) -> Store {
        let address = self.address.by_way_of(proxy);
        Store::new(&config(&address, &self.name, app_connections, worker_connections))
            .chained([CHAIN_KEY])
    }

    /// URLs of the roles `[app, worker, owner]` by way of a proxy at `proxy` that leads to
    /// [`TestDb::server`].
    pub fn urls_by_way_of(&self, proxy: SocketAddr) -> [String; 3] {
        let address = self.address.by_way_of(proxy);
        [roles::APP, roles::WORKER, roles::OWNER].map(|role| address.role_url(role, &self.name))
    }

    /// Where the server listens, for a proxy in front of it.
    pub fn server(&self) -> &Place {
        &self.address.server
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// URL of the role that serves requests (`DATABASE_URL`).
    pub fn app_url(&self) -> String {
        self.address.role_url(roles::APP, &self.name)
    }

    /// URL of the role that claims work (`DATABASE_WORKER_URL`).
    pub fn worker_url(&self) -> String {
        self.address.role_url(roles::WORKER, &self.name)
    }

    /// URL of the role that owns the tables (`DATABASE_OWNER_URL`).
    pub fn owner_url(&self) -> String {
        self.address.role_url(roles::OWNER, &self.name)
    }

    /// URL of a superuser: for preparing and looking, never for what is being tested.
    pub fn superuser_url(&self) -> String {
        self.address.superuser_url(&self.name)
    }

    /// A plain connection as `gannet_app`: raw SQL against the fence.
    pub async fn app(&self) -> Client {
        connect(&self.app_url()).await.expect("a connection")
    }

    /// A plain connection as `gannet_worker`.
    pub async fn worker(&self) -> Client {
        connect(&self.worker_url()).await.expect("a connection")
    }

    /// A plain connection as `gannet_owner`.
    pub async fn owner(&self) -> Client {
        connect(&self.owner_url()).await.expect("a connection")
    }

    /// A plain connection as a superuser.
    pub async fn superuser(&self) -> Client {
        connect(&self.superuser_url()).await.expect("a connection")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (url, name) = (self.address.superuser_url("postgres"), std::mem::take(&mut self.name));
        // The test's own runtime may be the one that is blocked here. Best effort: what stays behind is
        // removed with the server, or by a later run.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let drop_database = async {
                let admin = connect(&url).await?;
                admin
                    .batch_execute(&format!("drop database if exists {name} with (force)"))
                    .await?;
                Ok::<_, anyhow::Error>(())
            };
            runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(drop_database))
        });
        let _ = dropping.join();
    }
}

fn config(
    address: &Address,
    name: &str,
    app_connections: usize,
    worker_connections: usize,
) -> StoreConfig {
    StoreConfig {
        app_url: address.role_url(roles::APP, name),
        worker_url: address.role_url(roles::WORKER, name),
        owner_url: address.role_url(roles::OWNER, name),
        app_connections,
        worker_connections,
    }
}

/// When, which process, which of its databases: unique on this machine, and its age can be read.
fn unique_name() -> Result<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    Ok(format!("gannet_test_{now}_{}_{n}", std::process::id()))
}

/// A plain connection that is served until the client is dropped.
async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("no connection to the test server")?;
    tokio::spawn(connection);
    Ok(client)
}
