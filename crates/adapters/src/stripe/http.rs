//! One request and its answer.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request,
    header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::{sleep, timeout};

use super::{SecretKey, StripeError, VERSION, form::Form, wire::Problem};

/// Longest one try may take, from connecting to the last byte.
const DEADLINE: Duration = Duration::from_secs(10);
/// Most bytes of an answer: a hundred subscriptions with everything in them.
const LONGEST_ANSWER: usize = 4 << 20;
/// Pauses between tries; one try more than there are pauses.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1_200)];

/// Calls one account of Stripe's.
#[derive(Clone)]
pub(super) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
    deadline: Duration,
}

/// What is asked.
pub(super) struct Ask<'a> {
    pub method: Method,
    /// From `/v1/` on.
    pub path: String,
    pub form: Form,
    /// For what changes something.
    pub idempotency: Option<&'a str>,
}

impl Http {
    pub fn new(base: &str, key: &SecretKey) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(connector);
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", key.reveal()))
            .unwrap_or_else(|_| unreachable!("a key has no characters that a header cannot hold"));
        authorization.set_sensitive(true);
        Self {
            client,
            base: base.trim_end_matches('/').to_owned(),
            authorization,
            deadline: DEADLINE,
        }
    }

    /// Gives each try another deadline than 10 s.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Asks, and asks again what was not answered: questions always, and what changes something under the
    /// same idempotency key.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<Bytes, StripeError> {
        let may_repeat = ask.method == Method::GET || ask.idempotency.is_some();
        let mut pauses = PAUSES.iter().filter(|_| may_repeat);
        loop {
            match self.once(ask).await {
                Err(StripeError::Away(why)) => match pauses.next() {
                    Some(pause) => sleep(*pause).await,
                    None => return Err(StripeError::Away(why)),
                },
                outcome => return outcome,
            }
        }
    }

    async fn once(&self, ask: &Ask<'_>) -> Result<Bytes, StripeError> {
        let request = self.request(ask)?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(|err| away(&err))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, LONGEST_ANSWER).collect().await;
            let body =
                body.map_err(|err| StripeError::Away(format!("its answer broke off: {err}")))?;
            Ok::<_, StripeError>((head.status.as_u16(), body.to_bytes()))
        };
        let (status, body) = timeout(self.deadline, exchange)
            .await
            .map_err(|_| StripeError::Away("it took too long".to_owned()))??;
        match status {
            200..=299 => Ok(body),
            _ => Err(Problem::read(status, &body)),
        }
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Request<Full<Bytes>>, StripeError> {
        let (form, base, path) = (ask.form.encode(), &self.base, &ask.path);
        let in_address = ask.method != Method::POST && !form.is_empty();
        let uri = if in_address { format!("{base}{path}?{form}") } else { format!("{base}{path}") };
        let mut request = Request::builder()
            .method(&ask.method)
            .uri(uri)
            .header(AUTHORIZATION, &self.authorization)
            .header(USER_AGENT, concat!("gannet/", env!("CARGO_PKG_VERSION")))
            .header("stripe-version", VERSION);
        if let Some(key) = ask.idempotency {
            request = request.header("idempotency-key", key);
        }
        let body = if ask.method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            Bytes::from(form)
        } else {
            Bytes::new()
        };
        request.body(Full::new(body)).map_err(|err| StripeError::Strange(err.to_string()))
    }
}

/// The last cause says what happened; the address before it would say too much.
fn away(err: &dyn std::error::Error) -> StripeError {
    let mut last = err;
    while let Some(cause) = last.source() {
        last = cause;
    }
    StripeError::Away(last.to_string())
}
