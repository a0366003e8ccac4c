//! One POST of one update.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task,
    time::Duration,
};

use bytes::Bytes;
use futures::future::{Ready, ready};
use http::{Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{
            HttpConnector,
            dns::{GaiResolver, Name},
        },
    },
    rt::TokioExecutor,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tower::Service;

use super::Settings;

/// Most bytes of an answer that are read.
const LARGEST_ANSWER: usize = 1 << 20;

/// Posts updates to one webhook over kept-alive connections.
#[derive(Clone)]
pub(super) struct Courier {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    settings: Arc<Settings>,
    timeout: Duration,
}

/// How a delivery went wrong.
pub(super) struct Failure {
    /// As `last_error_message` puts it.
    pub why: String,
    /// `Retry-After`, if there was one.
    pub retry_after: Option<Duration>,
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self { why, retry_after: None }
    }
}

impl Courier {
    /// # Errors
    /// When the certificate that came with the webhook is none.
    pub fn new(settings: Settings, timeout: Duration) -> Result<Self, String> {
        let mut http = HttpConnector::new_with_resolver(Resolver {
            fixed: settings.ip_address.as_deref().and_then(|ip| ip.parse().ok()),
            system: GaiResolver::new(),
        });
        http.set_nodelay(true);
        http.enforce_http(false);
        let builder = match &settings.certificate {
            None => HttpsConnectorBuilder::new()
                .with_provider_and_webpki_roots(ring::default_provider())
                .map_err(|err| format!("Can't create an SSL context: {err}"))?,
            Some(pem) => HttpsConnectorBuilder::new().with_tls_config(trusting(pem)?),
        };
        let https = builder.https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(settings.max_connections)
            .build(https);
        Ok(Self { client, settings: Arc::new(settings), timeout })
    }

    /// Posts `update` and waits for the answer, whose body it hands back.
    pub async fn deliver(&self, update: Bytes) -> Result<Bytes, Failure> {
        let exchange = self.exchange(update);
        tokio::time::timeout(self.timeout, exchange)
            .await
            .unwrap_or_else(|_| Err("Read timeout expired".to_owned().into()))
    }

    async fn exchange(&self, update: Bytes) -> Result<Bytes, Failure> {
        let mut request =
            Request::post(&self.settings.url).header(header::CONTENT_TYPE, "application/json");
        if let Some(secret) = &self.settings.secret {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        let request = request.body(Full::new(update)).map_err(|err| format!("Wrong URL: {err}"))?;
        let answer = self.client.request(request).await.map_err(|err| unreachable(&err))?;
        let status = answer.status();
        if !status.is_success() {
            let reason = status.canonical_reason().unwrap_or_default();
            let secs = answer
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|secs| secs.to_str().ok()?.parse().ok());
            return Err(Failure {
                why: format!("Wrong response from the webhook: {} {reason}", status.as_u16()),
                retry_after: secs.map(Duration::from_secs),
            });
        }
        let body = Limited::new(answer.into_body(), LARGEST_ANSWER).collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|err| format!("Wrong response from the webhook: {err}").into())
    }
}

/// Why nobody answered, in Telegram's words as far as it has some.
fn unreachable(err: &hyper_util::client::legacy::Error) -> Failure {
    let mut source: &dyn std::error::Error = err;
    while let Some(deeper) = source.source() {
        source = deeper;
    }
    let why = match source.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
        Some(std::io::ErrorKind::ConnectionRefused) => "Connection refused".to_owned(),
        Some(std::io::ErrorKind::ConnectionReset) => "Connection reset by peer".to_owned(),
        _ if err.is_connect() => format!("Can't connect to the webhook: {source}"),
        _ => format!("Webhook connection closed: {source}"),
    };
    why.into()
}

fn trusting(pem: &str) -> Result<ClientConfig, String> {
    let wrong = |err: &dyn std::fmt::Display| format!("Can't create an SSL context: {err}");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|err| wrong(&err))?;
        roots.add(certificate).map_err(|err| wrong(&err))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(|err| wrong(&err))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Looks a host up, unless the webhook was set with an address to use instead.
#[derive(Clone)]
struct Resolver {
    fixed: Option<IpAddr>,
    system: GaiResolver,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = futures::future::Either<
        Ready<Result<Self::Response, Self::Error>>,
        futures::future::BoxFuture<'static, Result<Self::Response, Self::Error>>,
    >;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> task::Poll<Result<(), Self::Error>> {
        self.system.poll_ready(cx)
    }

    fn call(&mut self, host: Name) -> Self::Future {
        use futures::{FutureExt, future::Either};
        match self.fixed {
            Some(ip) => Either::Left(ready(Ok(vec![SocketAddr::new(ip, 0)].into_iter()))),
            None => {
                let found = self.system.call(host);
                Either::Right(
                    async move { Ok(found.await?.collect::<Vec<_>>().into_iter()) }.boxed(),
                )
            }
        }
    }
}
