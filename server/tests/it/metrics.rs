//! `/metrics`: whoever may read it, what it says, and that it says nothing of anybody.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use reqwest::{Method, Response, StatusCode};
use sim::{NewBot, Sim, SimConfig};

use crate::{
    access::stage::Stage,
    support::{Answer, Browser, HTML, JSON, Site, free_port},
};

const TOKEN: &str = "TEST-0123456789abcdef0123456789abcdef";

/// Asks for the figures at `base`, with this `Authorization`.
async fn ask(base: &str, authorization: Option<&str>) -> Answer {
    let mut request = reqwest::Client::new().get(format!("{base}/metrics"));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let response: Response = request.send().await.expect("an answer");
    Answer::of(response).await
}

/// Each series with its value, as Prometheus reads the text. Panics where it is no such text.
fn parsed(text: &str) -> BTreeMap<String, f64> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let (mut kinds, mut helps) = (BTreeMap::new(), BTreeSet::new());
    let mut series = BTreeMap::new();
    assert!(text.ends_with('\n'), "the last line ends");
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').expect("words");
            assert!(is_name(name) && !words.is_empty(), "{line}");
            assert!(helps.insert(name), "{name} begins once");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a kind");
            assert!(
                helps.contains(name) && ["counter", "gauge", "histogram"].contains(&kind),
                "{line}"
            );
            assert!(kinds.insert(name, kind).is_none(), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
            assert!(value.is_finite() && value >= 0.0, "{line}");
            let bare = name.split('{').next().expect("a name");
            assert!(is_name(bare), "{line}");
            let family = kinds.keys().any(|family| {
                bare == *family
                    || kinds[family] == "histogram"
                        && ["_bucket", "_sum", "_count"]
                            .iter()
                            .any(|end| bare == format!("{family}{end}"))
            });
            assert!(family, "{line} belongs to nothing");
            assert!(series.insert(name.to_owned(), value).is_none(), "{line} stands twice");
        }
    }
    let mut last = 0.0;
    for line in text.lines().filter(|line| line.contains("_bucket{")) {
        let value: f64 = line.rsplit_once(' ').expect("a value").1.parse().expect("a number");
        assert!(value >= last, "buckets hold those before them: {line}");
        last = value;
    }
    let of_hook = |end: &str| series[&format!("gannet_webhook_acknowledgement_seconds{end}")];
    assert_eq!(of_hook("_bucket{le=\"+Inf\"}"), of_hook("_count"));
    series
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_asked_for_them_there_are_no_figures() {
    let site = Site::with(&[]).await;
    let browser = Browser::new(&site.url());
    for accept in [HTML, JSON] {
        let here = browser.ask(Method::GET, "/metrics", accept).await;
        let nowhere = browser.ask(Method::GET, "/metrixx", accept).await;
        assert_eq!((here.status, nowhere.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    }
    assert_eq!(ask(&site.url(), Some(&format!("Bearer {TOKEN}"))).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_them_on_the_main_address_and_nothing_less_does() {
    let site = Site::with(&[("METRICS_TOKEN", TOKEN.to_owned())]).await;
    let wrong = [
        None,
        Some("Bearer ".to_owned()),
        Some(TOKEN.to_owned()),
        Some(format!("Basic {TOKEN}")),
        Some(format!("Bearer {}", &TOKEN[1..])),
        Some(format!("Bearer {TOKEN}0")),
    ];
    for wrong in wrong {
        let answer = ask(&site.url(), wrong.as_deref()).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::FORBIDDEN, ""), "{wrong:?}");
    }
    let right = ask(&site.url(), Some(&format!("Bearer {TOKEN}"))).await;
    assert_eq!(right.status, StatusCode::OK);
    assert_eq!(right.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(right.headers["cache-control"], "no-store");
    let series = parsed(&right.body);
    assert_eq!(series["gannet_database_up"], 1.0);
    assert_eq!(series["gannet_http_responses_total{class=\"4xx\"}"], 6.0, "those above");
    assert!(series["process_resident_memory_bytes"] > 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_their_own_tells_nothing_else_and_survives_an_outage() {
    let port = free_port();
    let (site, line) =
        Site::behind_a_line(&[("METRICS_LISTEN", format!("127.0.0.1:{port}"))]).await;
    let own = format!("http://127.0.0.1:{port}");
    assert_eq!(parsed(&ask(&own, None).await.body)["gannet_database_up"], 1.0);
    for path in ["/", "/auth/login", "/healthz", "/metrics/x"] {
        let answer = reqwest::get(format!("{own}{path}")).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ask(&site.url(), None).await.status, StatusCode::NOT_FOUND, "not on the main one");

    line.take_down().await;
    let answer = ask(&own, None).await;
    assert_eq!(answer.status, StatusCode::OK);
    let series = parsed(&answer.body);
    assert_eq!(series["gannet_database_up"], 0.0);
    assert!(!series.contains_key("gannet_updates_waiting"), "nobody knows");
    assert!(series.contains_key("gannet_sends_in_flight"));
    line.set(sim::Line::Pass).await;
    assert_eq!(site.gannet.expect("running").stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_bots_and_many_paths_make_no_series_of_their_own() {
    let telegram = Sim::start(SimConfig::default()).await.expect("a simulator");
    let settings = [("METRICS_TOKEN", TOKEN.to_owned()), ("TELEGRAM_API_URL", telegram.base_url())];
    let site = Site::with(&settings).await;
    let figures = async || ask(&site.url(), Some(&format!("Bearer {TOKEN}"))).await.body;
    let owner = site.member("ann").await;
    let before = parsed(&figures().await);

    for n in 0..12 {
        let username = format!("busy_shop_{n}_bot");
        let new = NewBot { username: Some(username.clone()), ..NewBot::default() };
        let token = telegram.create_bot(new).expect("a bot").token;
        owner.done("/bots/connect", &[("token", &token), ("step", "connect")]).await;
        owner.get(&format!("/bots/{username}")).await;
        owner.get(&format!("/nowhere/{username}")).await;
        owner.post(&format!("/telegram/{username}"), &[]).await;
        let saved = owner.done(&format!("/bots/{username}/broadcasts"), &[("text", "Hello")]).await;
        assert!(saved.contains(&username));
    }
    // Something waits in line.
    let admin = site.db.superuser().await;
    admin
        .batch_execute(
            "insert into updates (workspace_id, bot_id, update_id, body, received_at, applied_at)
             select workspace_id, id, 1, '{}', now() - interval '1 minute', now() from bots;
             update broadcasts set status = 'paused', message = '{}', started_at = now(),
                                   queued_at = now() - interval '2 minutes'",
        )
        .await
        .expect("rows");
    let text = figures().await;
    let after = parsed(&text);
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>(),
        "the same series, however many there are to tell of"
    );
    assert!(!text.contains("busy_shop") && !text.contains("example.org"), "{text}");
    assert!(after["gannet_http_responses_total{class=\"3xx\"}"] >= 24.0, "{text}");
    assert_eq!(after["gannet_updates_waiting"], 0.0, "they are in effect");
    assert!(after["gannet_broadcasts_oldest_queued_seconds"] >= 120.0, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_follow_what_happens() {
    let stage = Stage::set().await;
    let figures =
        async || parsed(&ask(&stage.site.url(), Some(&format!("Bearer {TOKEN}"))).await.body);
    let acknowledged = "gannet_webhook_acknowledgement_seconds_count";
    let (failed, in_flight) = ("gannet_sends_total{result=\"failed\"}", "gannet_sends_in_flight");
    let before = figures().await;
    assert_eq!((before[acknowledged], before[failed], before[in_flight]), (0.0, 0.0, 0.0));

    let hook = "0123456789abcdef0123456789abcdef";
    let take = format!(
        "update directory set hook = '{hook}', hook_hash = sha256('TEST-secret') where slug = '{}'",
        stage.acme.slug
    );
    stage.execute(&take).await;
    for secret in ["TEST-secret", "TEST-wrong"] {
        let request = reqwest::Client::new()
            .post(format!("{}/telegram/{hook}", stage.site.url()))
            .header("x-telegram-bot-api-secret-token", secret)
            .body("{\"update_id\":1}");
        request.send().await.expect("an answer");
    }
    assert_eq!(figures().await[acknowledged], 1.0, "what was refused is no acknowledgement");

    // Telegram knows nobody of this number.
    let draft = format!("/bots/{}/broadcasts/{}", stage.acme.slug, stage.acme.draft);
    let version = stage.ann.get(&format!("{draft}/confirm")).await.value_of("version");
    stage.ann.done(&format!("{draft}/send"), &[("version", &version)]).await;
    for _ in 0..400 {
        let now = figures().await;
        if now[failed] == 1.0 {
            assert_eq!(now[in_flight], 0.0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing was sent: {:?}", figures().await);
}
