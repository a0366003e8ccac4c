//! Deliveries to a webhook, which here is a small server of the test's own.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use frankenstein::updates::{Update, UpdateContent, WebhookInfo};
use hyper_util::rt::TokioIo;
use serde_json::json;
use sim::{Deed, Script};
use tokio::net::TcpListener;

use crate::support::{ANNA, BORIS, Telegram, answered, soon};

/// What the webhook got, and what it answers for how often yet.
#[derive(Default)]
struct Seen {
    updates: Vec<Update>,
    secrets: Vec<Option<String>>,
    at_once: usize,
    most_at_once: usize,
    refuse: Vec<(StatusCode, Option<u32>)>,
    hold: Duration,
    answer: String,
}

type Hook = Arc<Mutex<Seen>>;

async fn receive(State(hook): State<Hook>, headers: HeaderMap, body: Bytes) -> Response {
    let hold = {
        let mut seen = hook.lock().expect("no panic");
        seen.at_once += 1;
        seen.most_at_once = seen.most_at_once.max(seen.at_once);
        seen.hold
    };
    tokio::time::sleep(hold).await;
    let mut seen = hook.lock().expect("no panic");
    seen.at_once -= 1;
    let secret = headers
        .get("x-telegram-bot-api-secret-token")
        .map(|value| value.to_str().expect("ASCII").to_owned());
    seen.secrets.push(secret);
    if let Some((status, wait)) = seen.refuse.pop() {
        let headers: HeaderMap =
            wait.into_iter().map(|secs| (axum::http::header::RETRY_AFTER, secs.into())).collect();
        return (status, headers).into_response();
    }
    seen.updates.push(serde_json::from_slice(&body).expect("an update"));
    seen.answer.clone().into_response()
}

async fn webhook() -> (Hook, SocketAddr) {
    let hook = Hook::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/hook", post(receive)).with_state(hook.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (hook, address)
}

async fn connect(telegram: &Telegram, address: SocketAddr, extra: serde_json::Value) {
    let mut params = json!({"url": format!("http://{address}/hook")});
    params
        .as_object_mut()
        .expect("an object")
        .extend(extra.as_object().expect("an object").clone());
    let set = telegram.call("setWebhook", params).await;
    assert_eq!(set.json["description"], "Webhook was set", "{}", set.json);
}

async fn info(telegram: &Telegram) -> WebhookInfo {
    telegram.call("getWebhookInfo", json!({})).await.result()
}

async fn arrived(hook: &Hook, count: usize) {
    let enough = || hook.lock().expect("no panic").updates.len() >= count;
    soon(&format!("{count} deliveries"), async || enough().then_some(())).await;
    assert_eq!(hook.lock().expect("no panic").updates.len(), count);
}

/// Waits until the simulator knows that everything has arrived.
async fn settled(telegram: &Telegram) {
    let pending = async || info(telegram).await.pending_update_count;
    soon("an empty queue", async || (pending().await == 0).then_some(())).await;
}

#[tokio::test]
async fn what_waited_and_what_comes_is_delivered_with_the_secret() {
    let telegram = Telegram::start().await;
    let (hook, address) = webhook().await;
    telegram.starts(ANNA);
    connect(&telegram, address, json!({"secret_token": "s3cret_-"})).await;
    telegram.starts(BORIS);
    arrived(&hook, 2).await;
    assert_eq!(
        hook.lock().expect("no panic").secrets,
        [Some("s3cret_-".to_owned()), Some("s3cret_-".to_owned())]
    );
    settled(&telegram).await;
    let info = info(&telegram).await;
    assert_eq!((info.url, info.last_error_message), (format!("http://{address}/hook"), None));
}

#[tokio::test]
async fn a_chat_is_delivered_in_order_and_chats_side_by_side() {
    let telegram = Telegram::unlimited().await;
    let (hook, address) = webhook().await;
    hook.lock().expect("no panic").hold = Duration::from_millis(5);
    connect(&telegram, address, json!({"max_connections": 4})).await;
    telegram
        .sim
        .people(telegram.bot.id, Script { count: 10, quiet: true, ..Script::default() })
        .expect("people");
    for n in 0..10 {
        for person in (0..10).map(|index| sim::person_id(1, index)) {
            telegram.does(person, Deed::Text { text: format!("text {n}"), group: None });
        }
    }
    arrived(&hook, 100).await;
    let seen = hook.lock().expect("no panic");
    let mut last = HashMap::new();
    for update in &seen.updates {
        let UpdateContent::Message(message) = &update.content else { panic!("{update:?}") };
        let earlier = last.insert(message.chat.id, update.update_id);
        assert!(earlier.is_none_or(|earlier| earlier < update.update_id));
    }
    assert!((2..=4).contains(&seen.most_at_once), "{} at once", seen.most_at_once);
}

#[tokio::test]
async fn a_refused_delivery_is_tried_at_once_and_then_later_and_later() {
    let telegram = Telegram::start().await;
    let (hook, address) = webhook().await;
    // Answered from the back.
    hook.lock().expect("no panic").refuse = vec![(StatusCode::FORBIDDEN, None); 3];
    connect(&telegram, address, json!({})).await;
    telegram.starts(ANNA);
    let tried = || hook.lock().expect("no panic").secrets.len();
    soon("the first two attempts", async || (tried() == 2).then_some(())).await;
    let info = soon("the error", async || {
        info(&telegram).await.last_error_message.is_some().then_some(())
    })
    .await;
    let () = info;
    let info = self::info(&telegram).await;
    assert_eq!(
        info.last_error_message.as_deref(),
        Some("Wrong response from the webhook: 403 Forbidden")
    );
    assert_eq!(info.pending_update_count, 1);

    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(tried(), 2);
    // The other chat does not wait for this one; it is refused for the third and last time, and
    // goes through at once.
    telegram.starts(BORIS);
    soon("two more attempts", async || (tried() == 4).then_some(())).await;
    arrived(&hook, 1).await;
    telegram.sim.clock().advance(Duration::from_secs(2));
    arrived(&hook, 2).await;
}

#[tokio::test]
async fn a_webhook_that_asks_for_time_gets_it() {
    let telegram = Telegram::start().await;
    let (hook, address) = webhook().await;
    hook.lock().expect("no panic").refuse = vec![(StatusCode::TOO_MANY_REQUESTS, Some(30))];
    connect(&telegram, address, json!({})).await;
    telegram.starts(ANNA);
    let tried = || hook.lock().expect("no panic").secrets.len();
    soon("the first attempt", async || (tried() == 1).then_some(())).await;
    telegram.sim.clock().advance(Duration::from_secs(29));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(tried(), 1);
    telegram.sim.clock().advance(Duration::from_secs(1));
    arrived(&hook, 1).await;
}

#[tokio::test]
async fn nobody_there_is_an_error_that_is_shown_and_overcome() {
    let telegram = Telegram::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    connect(&telegram, address, json!({})).await;
    telegram.starts(ANNA);
    let message = soon("the error", async || info(&telegram).await.last_error_message).await;
    assert_eq!(message, "Connection refused");

    let (hook, elsewhere) = webhook().await;
    telegram.sim.clock().advance(Duration::from_secs(1));
    connect(&telegram, elsewhere, json!({})).await;
    arrived(&hook, 1).await;
}

#[tokio::test]
async fn a_webhook_can_be_replaced_dropped_and_deleted() {
    let telegram = Telegram::unlimited().await;
    let (hook, address) = webhook().await;
    telegram.starts(ANNA);
    connect(&telegram, address, json!({"drop_pending_updates": true})).await;
    let again = telegram.call("setWebhook", json!({"url": format!("http://{address}/hook")})).await;
    assert_eq!(again.json["description"], "Webhook is already set");
    telegram.starts(BORIS);
    arrived(&hook, 1).await;
    settled(&telegram).await;
    let (other, elsewhere) = webhook().await;
    connect(&telegram, elsewhere, json!({})).await;
    for n in 0..20 {
        telegram.does(BORIS, Deed::Text { text: n.to_string(), group: None });
    }
    arrived(&other, 20).await;
    arrived(&hook, 1).await;
    settled(&telegram).await;
    assert_eq!(
        telegram.call("deleteWebhook", json!({})).await.json["description"],
        "Webhook was deleted"
    );
    assert_eq!(
        telegram.call("setWebhook", json!({"url": ""})).await.json["description"],
        "Webhook is already deleted"
    );
    telegram.does(ANNA, Deed::Text { text: "x".into(), group: None });
    assert_eq!(telegram.updates(0).await.len(), 1);
    assert_eq!(info(&telegram).await.url, "");
}

#[tokio::test]
async fn a_webhook_may_answer_with_a_message() {
    let telegram = Telegram::start().await;
    let (hook, address) = webhook().await;
    let reply = json!({"method": "sendMessage", "chat_id": ANNA, "text": "from the webhook"});
    hook.lock().expect("no panic").answer = reply.to_string();
    connect(&telegram, address, json!({})).await;
    telegram.starts(ANNA);
    soon("the message", async || (telegram.texts(ANNA) == ["from the webhook"]).then_some(()))
        .await;
}

/// A webhook behind TLS with a certificate that nobody vouches for; hands out the certificate too.
async fn webhook_behind_tls() -> (Hook, SocketAddr, String) {
    let own = rcgen::generate_simple_self_signed(["bots.example.org".to_owned()]).expect("a pair");
    let chain = vec![own.cert.der().clone()];
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .expect("the certificate fits the key");
    let tls = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let hook = Hook::default();
    let router = Router::new().route("/hook", post(receive)).with_state(hook.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, router) = (tls.clone(), router.clone());
            tokio::spawn(async move {
                let Ok(stream) = tls.accept(stream).await else { return };
                let service = hyper_util::service::TowerToHyperService::new(router);
                let http = hyper::server::conn::http1::Builder::new();
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (hook, address, own.cert.pem())
}

#[tokio::test]
async fn https_is_delivered_to_whom_the_certificate_names() {
    let telegram = Telegram::unlimited().await;
    let (hook, address, certificate) = webhook_behind_tls().await;
    let url = format!("https://bots.example.org:{}/hook", address.port());
    let form = || {
        let form = reqwest::multipart::Form::new();
        form.text("url", url.clone()).text("ip_address", "127.0.0.1")
    };
    let set = async |form| {
        let request = telegram.http.post(telegram.url("setWebhook")).multipart(form);
        let answer = answered(request.send().await.expect("an answer")).await;
        assert_eq!(answer.json["description"], "Webhook was set", "{}", answer.json);
    };
    telegram.starts(ANNA);
    set(form()).await;
    let why = soon("the error", async || info(&telegram).await.last_error_message).await;
    assert!(why.contains("certificate"), "{why}");

    let part = reqwest::multipart::Part::text(certificate).file_name("own.pem");
    set(form().part("certificate", part)).await;
    arrived(&hook, 1).await;
    let info = info(&telegram).await;
    assert_eq!(
        (info.has_custom_certificate, info.ip_address.as_deref()),
        (true, Some("127.0.0.1"))
    );
}

#[tokio::test]
async fn addresses_and_secrets_are_judged_as_telegram_does() {
    let telegram = Telegram::with(|config| config.allow_http_webhooks = false).await;
    for (params, want) in [
        (
            json!({"url": "http://bots.example.org/"}),
            "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            json!({"url": "https://bots.example.org:3000/"}),
            "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        (json!({"url": "::"}), "Bad Request: invalid webhook URL specified"),
        (
            json!({"url": "https://bots.example.org/", "secret_token": "a b"}),
            "Bad Request: secret token contains unallowed characters",
        ),
        (
            json!({"url": "https://bots.example.org/", "ip_address": "x"}),
            "Bad Request: bad webhook: Invalid IP address specified",
        ),
    ] {
        assert_eq!(
            telegram.call("setWebhook", params.clone()).await.refusal(),
            (400, want),
            "{params}"
        );
    }
}
