//! For unit tests of what stands around the use cases.

use contract::Backend;
use store::{Store, scope::StoreConfig};

use super::{Keys, backend, services};
use crate::config::config_for_test;

/// Real use cases over a database that is not there: whoever calls one gets `Unavailable`.
pub(crate) async fn backend_without_database() -> Backend {
    let home = tempfile::tempdir().expect("a directory");
    let config = config_for_test(&[("DATA_DIR", home.path().to_str().expect("UTF-8"))]);
    let keys = Keys::open(&config.data).await.expect("fresh keys");
    let services = services(&config, store_without_database(), &keys, None).expect("sound");
    backend(&services).await.expect("random numbers")
}

/// A database that is not there.
pub(crate) fn store_without_database() -> Store {
    let url = "postgres://nobody@%2Fnonexistent/none".to_owned();
    Store::new(&StoreConfig {
        app_url: url.clone(),
        worker_url: url.clone(),
        owner_url: url,
        app_connections: 1,
        worker_connections: 1,
    })
}
