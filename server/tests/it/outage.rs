//! `data.delivery`, `ops.healthz`: the database goes away under a server that runs, and comes back.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode, header::HeaderMap};
use server::http::{router::endpoints, table::Endpoint};
use sim::Line;

use crate::{
    access::stage::Stage,
    support::{HTML, JSON, PASSWORD},
};

/// Longest that anything may take to work again once the database is back.
const BACK: Duration = Duration::from_secs(5);

/// Path and secret of the webhook of the stage's bot.
const HOOK: (&str, &str) = ("0123456789abcdef0123456789abcdef", "TEST-secret");

/// Whether this is an answer to give while the database is away: whatever needs none is served, all else is
/// told to come again, and nothing breaks.
fn is_sound(status: StatusCode, headers: &HeaderMap) -> bool {
    match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            let wait = headers.get("retry-after").and_then(|secs| secs.to_str().ok()?.parse().ok());
            matches!(wait, Some(1..=60_u32))
        }
        status => !status.is_server_error(),
    }
}

async fn hand_over(stage: &Stage, update: i64) -> (StatusCode, HeaderMap) {
    let request = reqwest::Client::new()
        .post(format!("{}/telegram/{}", stage.site.url(), HOOK.0))
        .header("x-telegram-bot-api-secret-token", HOOK.1)
        .body(format!("{{\"update_id\":{update}}}"));
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.headers().clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_everything_says_so_and_afterwards_works_within_five_seconds() {
    let (stage, line) = Stage::set_behind_a_line().await;
    let (path, secret) = HOOK;
    stage
        .execute(&format!(
            "update directory set hook = '{path}', hook_hash = sha256('{secret}') where slug = '{}'",
            stage.acme.slug
        ))
        .await;
    assert_eq!(hand_over(&stage, 1).await.0, StatusCode::OK);

    line.take_down().await;
    let mut wrong = Vec::new();
    let mut away = 0;
    for endpoint in endpoints() {
        // Signing out ends the play.
        if endpoint.path.ends_with("/logout") {
            continue;
        }
        for accept in [HTML, JSON] {
            let path = stage.acme.path(&endpoint);
            let answer = stage.ann.ask(endpoint.method.clone(), &path, accept).await;
            away += usize::from(answer.status == StatusCode::SERVICE_UNAVAILABLE);
            if !is_sound(answer.status, &answer.headers) {
                let Endpoint { method, path, .. } = &endpoint;
                let wait = answer.headers.get("retry-after");
                wrong.push(format!("{method} {path}: {} {wait:?}", answer.status));
            }
        }
    }
    let slug = &stage.acme.slug;
    let (login, register) = ("/auth/login".to_owned(), "/auth/register".to_owned());
    let email = ("email", "ann@example.org");
    let forms: [(String, Vec<(&str, &str)>); 4] = [
        (login, vec![email, ("password", PASSWORD)]),
        (register, vec![("name", "Bo"), ("email", "bo@example.org"), ("password", PASSWORD)]),
        ("/auth/forgot-password".to_owned(), vec![email]),
        (format!("/bots/{slug}/broadcasts"), vec![("text", "Hello")]),
    ];
    // Somebody without a session gets as far as the use case.
    for browser in [&stage.ann, &stage.nobody().browser] {
        for (path, fields) in &forms {
            let answer = browser.post(path, fields).await;
            let is_known = answer.status == StatusCode::UNAUTHORIZED;
            if (answer.status != StatusCode::SERVICE_UNAVAILABLE && !is_known)
                || !is_sound(answer.status, &answer.headers)
            {
                wrong.push(format!("POST {path}: {}", answer.gist()));
            }
        }
    }
    let (status, headers) = hand_over(&stage, 2).await;
    if status != StatusCode::SERVICE_UNAVAILABLE || !is_sound(status, &headers) {
        wrong.push(format!("the webhook: {status} {headers:?}"));
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(away > 50, "{away} answers noticed");

    line.set(Line::Pass).await;
    let back = Instant::now();
    for path in ["/healthz", "/", "/w/audit", &format!("/bots/{slug}")] {
        while stage.ann.get(path).await.status != StatusCode::OK {
            assert!(back.elapsed() < BACK, "{path} is not back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    while hand_over(&stage, 2).await.0 != StatusCode::OK {
        assert!(back.elapsed() < BACK, "the webhook is not back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The session is the one it was.
    let page = stage.ann.get(&format!("/bots/{slug}")).await;
    assert!(page.body.contains(stage.acme.secrets.name), "{}", page.gist());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_lose_the_database_in_the_middle_are_told_to_come_again() {
    let (stage, line) = Stage::set_behind_a_line().await;
    let pages: Vec<Endpoint> =
        endpoints().into_iter().filter(|endpoint| endpoint.method == Method::GET).collect();
    // By whom connections end in a restart: the server itself, or nobody who says so.
    let terminate = "select pg_terminate_backend(pid) from pg_stat_activity
                     where datname = current_database() and usename in ('gannet_app', 'gannet_worker')";
    // Each time they have got further.
    for (after, in_order) in
        [(20, true), (30, false), (60, true), (90, false), (140, true), (300, false)]
    {
        line.set(Line::Delay(Duration::from_millis(10))).await;
        let asked = pages.iter().map(async |endpoint| {
            let path = stage.acme.path(endpoint);
            (path.clone(), stage.ann.ask(Method::GET, &path, HTML).await)
        });
        let cut = async {
            tokio::time::sleep(Duration::from_millis(after)).await;
            if in_order {
                line.set(Line::Refuse).await;
                stage.execute(terminate).await;
            }
            line.take_down().await;
        };
        let (answers, ()) = tokio::join!(futures::future::join_all(asked), cut);
        for (path, answer) in answers {
            let is_well = is_sound(answer.status, &answer.headers);
            assert!(is_well, "{path} after {after} ms: {}", answer.gist());
        }
        line.set(Line::Pass).await;
        let back = Instant::now();
        while stage.ann.get("/").await.status != StatusCode::OK {
            assert!(back.elapsed() < BACK, "it is not back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
