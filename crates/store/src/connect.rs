//! Opening connections, with TLS wherever a network lies between.

use std::sync::Arc;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use tokio_postgres::{CancelToken, Config, NoTls, config::Host};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Opens a connection to `url` and watches over it.
///
/// Over a unix socket without TLS; otherwise with whatever `sslmode` asks for, certificates verified.
///
/// # Errors
/// [`ConnectionError::BadConnection`] with what the server or the network said. The password is not
/// part of it.
pub async fn open(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let config: Config = url.parse().map_err(|err| bad("the database URL cannot be read", &err))?;
    if is_local(&config) {
        let (client, connection) =
            config.connect(NoTls).await.map_err(|err| bad("no connection", &err))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    } else {
        let (client, connection) =
            config.connect(tls()).await.map_err(|err| bad("no connection", &err))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

/// Asks the server to stop what the connection behind `token` is doing. Best effort.
pub(crate) async fn cancel(url: &str, token: CancelToken) {
    let Ok(config) = url.parse::<Config>() else { return };
    let cancelled = if is_local(&config) {
        token.cancel_query(NoTls).await
    } else {
        token.cancel_query(tls()).await
    };
    if let Err(error) = cancelled {
        tracing::debug!(%error, "an abandoned query could not be cancelled");
    }
}

fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
}

fn tls() -> MakeRustlsConnect {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    MakeRustlsConnect::new(config)
}

fn bad(what: &str, err: &tokio_postgres::Error) -> ConnectionError {
    let cause =
        std::error::Error::source(err).map(|cause| format!(": {cause}")).unwrap_or_default();
    ConnectionError::BadConnection(format!("{what}: {err}{cause}"))
}
