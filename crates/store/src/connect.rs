//! Opening connections, with TLS wherever a network lies between.

use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult, QueryableByName, sql_query, sql_types::Integer};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio_postgres::{CancelToken, NoTls};

use crate::tls::Way;

/// Opens a connection to `url` and watches over it.
///
/// With TLS and a verified certificate, unless the server is on this machine or the URL says
/// `sslmode=disable`; on this machine only when the URL asks for it. Beside the public issuers those in
/// the file of `sslrootcert` are believed.
///
/// # Errors
/// [`ConnectionError::BadConnection`] with what the server or the network said. The password is not
/// part of it.
pub async fn open(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let way = Way::parse(url).map_err(|err| bad("the database URL cannot be read", &err))?;
    match &way.tls {
        None => {
            let (client, connection) =
                way.config.connect(NoTls).await.map_err(|err| bad("no connection", &err))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
        Some(trust) => {
            let tls = trust.connector().await.map_err(ConnectionError::BadConnection)?;
            let (client, connection) =
                way.config.connect(tls).await.map_err(|err| bad("no connection", &err))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
    }
}

/// When an abandoned query is cancelled, after its connection was dropped. Several times: the first
/// may come while the query is still on its way to the server, and cancels nothing then.
const CANCEL_AFTER: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1)];

/// Asks the server to stop what the abandoned connection behind `token` is doing. Best effort; a
/// backend that has ended by then is not mistaken for another, whose key differs.
pub(crate) async fn cancel(url: &str, token: CancelToken) {
    for after in CANCEL_AFTER {
        tokio::time::sleep(after).await;
        cancel_once(url, token.clone()).await;
    }
}

async fn cancel_once(url: &str, token: CancelToken) {
    let Ok(way) = Way::parse(url) else { return };
    let cancelled = match way.tls {
        None => token.cancel_query(NoTls).await,
        Some(trust) => match trust.connector().await {
            Ok(tls) => token.cancel_query(tls).await,
            Err(error) => return tracing::debug!(%error, "no way to cancel an abandoned query"),
        },
    };
    if let Err(error) = cancelled {
        tracing::debug!(%error, "an abandoned query could not be cancelled");
    }
}

/// The version of the server behind `url`, as PostgreSQL counts: 150004 is 15.4.
///
/// # Errors
/// As [`open`].
pub async fn server_version(url: &str) -> ConnectionResult<i32> {
    #[derive(QueryableByName)]
    struct Server {
        #[diesel(sql_type = Integer)]
        version: i32,
    }
    let mut conn = open(url).await?;
    let server: Server = sql_query("select current_setting('server_version_num')::int as version")
        .get_result(&mut conn)
        .await
        .map_err(|err| ConnectionError::BadConnection(format!("no version: {err}")))?;
    Ok(server.version)
}

fn bad(what: &str, err: &tokio_postgres::Error) -> ConnectionError {
    let cause =
        std::error::Error::source(err).map(|cause| format!(": {cause}")).unwrap_or_default();
    ConnectionError::BadConnection(format!("{what}: {err}{cause}"))
}
