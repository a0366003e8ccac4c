//! A person's own account over HTTP: back in without the password, another password, other browsers.

use reqwest::StatusCode;

use crate::support::{Browser, HTML, JSON, PASSWORD, Site};

const NEW: &str = "Another-Horse-8";
const EMAIL: (&str, &str) = ("email", "ann@example.org");

/// Whether the browser is somebody's who is signed in.
async fn is_in(browser: &Browser) -> bool {
    browser.get("/account").await.status == StatusCode::OK
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_forgot_the_password_gets_back_in_and_everybody_else_is_out() {
    let site = Site::with(&[]).await;
    let before = site.member("ann").await;
    let ann = Browser::new(&site.url());
    let asked = ann.done("/auth/forgot-password", &[EMAIL]).await;
    let unknown = [("email", "nobody@example.org")];
    assert_eq!(asked, ann.done("/auth/forgot-password", &unknown).await);
    let token = site.mail.token_for(EMAIL.1).await;
    let link = format!("/auth/reset-password?token={token}");

    for _ in 0..2 {
        let page = ann.get(&link).await;
        assert!(page.body.contains("Choose a new password"), "{}", page.gist());
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
    }
    let weak = [("token", token.as_str()), ("password", "TEST-short")];
    let refused = ann.post("/auth/reset-password", &weak).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.gist());
    assert!(!refused.body.contains("TEST-short"));
    assert_eq!(refused.value_of("token"), token, "the form goes on");

    let chosen = [("token", token.as_str()), ("password", NEW)];
    let next = ann.done("/api/auth/reset-password", &chosen).await;
    assert_eq!(next, "/auth/login?done=reset");
    assert!(!is_in(&ann).await, "a link signs nobody in");
    assert!(!is_in(&before).await, "all sessions end");
    let again = ann.post("/auth/reset-password", &chosen).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("does not work any more"), "{}", again.gist());
    ann.done("/auth/login", &[EMAIL, ("password", NEW)]).await;
    assert!(is_in(&ann).await);

    assert_eq!(site.gannet.expect("running").stop().await, Some(0));
    let log = std::fs::read_to_string(site.dir.path().join("gannet.log")).expect("a log");
    assert!(!log.contains(&token), "a link's secret is in no log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_the_configured_host_whatever_the_request_says() {
    let site = Site::with(&[("BASE_URL", "http://localhost:1".to_owned())]).await;
    site.member("ann").await;
    let client = reqwest::Client::new();
    let request = client
        .post(format!("{}/auth/forgot-password", site.url()))
        .header("accept", JSON)
        .header("host", "localhost:1")
        .header("x-forwarded-host", "evil.example")
        .form(&[EMAIL]);
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
    site.mail.token_for(EMAIL.1).await;
    assert!(site.mail.has("http://localhost:1/auth/reset-password"), "the configured host");
    assert!(!site.mail.has("evil.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_from_another_browser_leads_to_a_password_of_ones_own() {
    let site = Site::with(&[]).await;
    let (eve, ann) = (Browser::new(&site.url()), Browser::new(&site.url()));
    let sign_up = [("name", "Eve"), EMAIL, ("password", "Eves-Password-1")];
    eve.done("/auth/register", &sign_up).await;
    let code = site.mail.code_for(EMAIL.1).await;
    let next = ann.done("/auth/verify", &[EMAIL, ("code", &code)]).await;
    assert!(next.starts_with("/auth/reset-password?token="), "{next}");
    assert!(!is_in(&ann).await);
    let token = ann.get(&next).await.value_of("token");
    ann.done("/auth/reset-password", &[("token", &token), ("password", NEW)]).await;
    let eves = eve.post("/auth/login", &[EMAIL, ("password", "Eves-Password-1")]).await;
    assert_eq!(eves.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", eves.gist());
    ann.done("/auth/login", &[EMAIL, ("password", NEW)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_gives_the_session_a_new_id_and_signs_the_others_out() {
    let site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    let phone = Browser::new(&site.url());
    phone.done("/auth/login", &[EMAIL, ("password", PASSWORD)]).await;

    let change = [("again", PASSWORD), ("password", NEW)];
    let answer = ann.post("/account/password", &change).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.gist());
    let cookies = answer.headers.get_all("set-cookie").iter();
    let new = cookies.filter(|line| line.as_bytes().starts_with(b"gannet=")).count();
    assert_eq!(new, 1, "{:?}", answer.headers);
    assert!(is_in(&ann).await && !is_in(&phone).await);
    let ids = "select count(*) from sessions where user_id is not null";
    let left: i64 = site.db.superuser().await.query_one(ids, &[]).await.expect("a count").get(0);
    assert_eq!(left, 1, "the old id is gone at once");
    let wrong = ann.post("/account/password", &[("again", "TEST-wrong"), ("password", NEW)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!wrong.body.contains("TEST-wrong") && !wrong.body.contains(NEW));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_keeps_a_closed_account_and_says_so() {
    let site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    let closed = ann.done("/account/close", &[("sure", "on")]).await;
    assert!(!is_in(&ann).await);
    assert!(ann.get(&closed).await.body.contains("Your account is closed"));
    let back = ann.done("/auth/login", &[EMAIL, ("password", PASSWORD)]).await;
    assert!(ann.get(&back).await.body.contains("your account stays"));
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_shown_under_a_policy_that_is_as_strict_as_ever() {
    let (db, dir) = (testdb::TestDb::new().await, tempfile::tempdir().expect("a folder"));
    let gannet = crate::support::Gannet::start(&db, dir.path(), &[]).await;
    let browser = Browser::local(&gannet.url());
    let list = browser.get("/dev/mail/letters").await;
    let names: Vec<_> = list.body.split("/dev/mail/letters/").skip(1).collect();
    assert!(names.len() >= 12, "{}", list.gist());
    for name in names.iter().filter_map(|rest| rest.split('"').next()) {
        let path = format!("/dev/mail/letters/{name}");
        let page = browser.ask(reqwest::Method::GET, &path, HTML).await;
        assert_eq!(page.status, StatusCode::OK, "{name}");
        let policy = page.headers["content-security-policy"].to_str().expect("text");
        let nonce = policy.split_once("style-src 'self' 'nonce-").expect("a nonce").1;
        let nonce = nonce.split('\'').next().expect("a nonce");
        assert!(page.body.contains(&format!("<style nonce=\"{nonce}\">")), "{name}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
    }
    assert_eq!(browser.get("/dev/mail/letters/none").await.status, StatusCode::NOT_FOUND);
}
