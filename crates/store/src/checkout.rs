//! A pooled connection that never goes back with a transaction open.

use std::{sync::Arc, time::Duration};

use diesel::QueryResult;
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, TransactionManager,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig,
        deadpool::{Object, Pool},
    },
};
use futures::FutureExt;
use tokio::time::{error::Elapsed, timeout};

use crate::{StoreError, connect};

/// Longest wait for a free connection; after it the database counts as too busy.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest wait for the answer to what begins a transaction, which is nothing to think about.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections of one database role.
#[derive(Clone)]
pub(crate) struct Connections {
    pool: Pool<AsyncPgConnection>,
    url: Arc<str>,
}

impl Connections {
    /// At most `size` connections to `url`, opened when they are needed.
    pub fn new(url: &str, size: usize) -> Self {
        let mut config = ManagerConfig::default();
        config.custom_setup = Box::new(|url| {
            let url = url.to_owned();
            async move { connect::open(&url).await }.boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = Pool::builder(manager)
            .max_size(size)
            .build()
            .expect("nothing that could be missing was asked for");
        Self { pool, url: url.into() }
    }

    /// Begins a transaction with `begin`, which is one batch of statements.
    pub async fn begin(&self, begin: &str) -> Result<Open, StoreError> {
        let mut open = self.checkout().await?;
        match self.answered(open.begin(begin)).await? {
            Ok(()) => Ok(open),
            Err(first) => {
                // A connection that idled through a restart of the database is found out here; the
                // next one may be fine, and nothing has been done yet.
                open.discard();
                let mut open = self.checkout().await.map_err(|_| StoreError::from(first))?;
                self.answered(open.begin(begin)).await??;
                Ok(open)
            }
        }
    }

    async fn checkout(&self) -> Result<Open, StoreError> {
        match timeout(CHECKOUT_TIMEOUT, self.pool.get()).await {
            Ok(Ok(object)) => Ok(Open { object: Some(object), url: self.url.clone() }),
            Ok(Err(err)) => Err(StoreError::Unavailable(err.into())),
            Err(late) => Err(self.silent(late)),
        }
    }

    /// What comes of `begun`; or the database is away, because nothing does.
    async fn answered<T>(&self, begun: impl Future<Output = T>) -> Result<T, StoreError> {
        timeout(BEGIN_TIMEOUT, begun).await.map_err(|late| self.silent(late))
    }

    /// A connection does not answer. Those that rest lead to the same place, and each of them would cost
    /// somebody the same wait: all of them go, and new ones are opened.
    fn silent(&self, late: Elapsed) -> StoreError {
        self.pool.retain(|_, _| false);
        StoreError::Unavailable(late.into())
    }

    /// Connections in use, open and allowed.
    pub fn usage(&self) -> (usize, usize, usize) {
        let status = self.pool.status();
        (status.size.saturating_sub(status.available), status.size, status.max_size)
    }
}

/// A connection with a transaction open.
///
/// When its request is dropped in the middle, the connection leaves the pool at once and its query is
/// cancelled: an abandoned transaction would keep its locks until somebody looked at the connection
/// again.
pub(crate) struct Open {
    object: Option<Object<AsyncPgConnection>>,
    url: Arc<str>,
}

impl Open {
    /// The connection.
    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        self.object.as_mut().expect("present until it is finished or dropped")
    }

    async fn begin(&mut self, begin: &str) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction_sql(self.conn(), begin).await
    }

    /// Commits what went well and rolls back what did not.
    pub async fn finish<T, E: From<StoreError>>(mut self, result: Result<T, E>) -> Result<T, E> {
        let ended = match &result {
            Ok(_) => AnsiTransactionManager::commit_transaction(self.conn()).await,
            Err(_) => AnsiTransactionManager::rollback_transaction(self.conn()).await,
        };
        match (result, ended) {
            (result, Ok(())) => {
                // Now it is clean, and the pool may have it back.
                drop(self.object.take());
                result
            }
            (Ok(_), Err(err)) => Err(StoreError::from(err).into()),
            (Err(err), Err(_)) => Err(err),
        }
    }

    fn discard(&mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        let conn = Object::take(object);
        let (url, token) = (self.url.clone(), conn.cancel_token());
        drop(conn);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { connect::cancel(&url, token).await });
        }
    }
}
