//! `auth.totp` and `auth.backup-codes`, over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Authenticator, Browser, HTML, JSON, PASSWORD, Site, backup_codes};

const ANN: (&str, &str) = ("email", "ann@example.org");
const PASS: (&str, &str) = ("password", PASSWORD);

/// A browser of Ann's in which she has given her password, and no more.
async fn halfway(site: &Site) -> Browser {
    let browser = Browser::new(&site.url());
    assert_eq!(browser.done("/auth/login", &[ANN, PASS]).await, "/auth/2fa");
    browser
}

async fn is_in(browser: &Browser) -> bool {
    browser.get("/account").await.status == StatusCode::OK
}

fn session(answer: &Answer) -> String {
    let lines = answer.headers.get_all("set-cookie").iter();
    let mut lines = lines.filter_map(|line| line.to_str().ok());
    let line = lines.find(|line| line.starts_with("gannet=")).expect("a session");
    line.split(';').next().expect("a pair").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_second_step_nothing_else_is_reachable() {
    let site = Site::with(&[]).await;
    let (ann, elsewhere) = (site.member("ann").await, site.member("bob").await);
    let other = Browser::new(&site.url());
    other.done("/auth/login", &[ANN, PASS]).await;
    let (app, _) = Authenticator::enrol(&ann).await;
    assert!(is_in(&ann).await, "in the browser it was set up in she stays");
    assert!(!is_in(&other).await, "and nowhere else");
    assert!(is_in(&elsewhere).await, "others have no part in it");

    let browser = halfway(&site).await;
    for path in
        ["/account", "/account/two-factor", "/bots", "/bots/connect", "/w/audit", "/w/security"]
    {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(page.location().starts_with("/auth/login?next="), "{path}: {}", page.location());
    }
    for path in ["/bots/sandbox", "/account/two-factor/off", "/account/two-factor/begin"] {
        let answer = browser.ask(Method::POST, path, JSON).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}: {}", answer.gist());
    }
    let page = browser.get("/auth/2fa").await;
    assert!(page.body.contains("autocomplete=\"one-time-code\""), "{}", page.gist());
    let wrong = browser.post("/auth/2fa", &[("code", "12345")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.gist());
    assert!(!is_in(&browser).await);

    let code = app.code(0);
    let right = browser.post("/auth/2fa", &[("code", &code), ("next", "/bots")]).await;
    assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, "/bots"));
    assert!(is_in(&browser).await);
    let twice = browser.post("/auth/2fa", &[("code", &code)]).await;
    assert_eq!((twice.status, twice.location()), (StatusCode::SEE_OTHER, "/"), "a double click");
    let replay = halfway(&site).await.post("/auth/2fa", &[("code", &code)]).await;
    assert_eq!(replay.status, StatusCode::UNPROCESSABLE_ENTITY, "each step once");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_a_sign_in_gives_the_session_a_new_id() {
    let site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    ann.done("/account/two-factor/begin", &[]).await;
    let app = Authenticator::of_page(&ann.get("/account/two-factor").await);
    let confirmed = ann.post("/account/two-factor/confirm", &[("code", &app.code(0))]).await;
    let codes = backup_codes(&confirmed);

    let browser = Browser::new(&site.url());
    let first = session(&browser.post("/auth/login", &[ANN, PASS]).await);
    let second = session(&browser.post("/auth/2fa", &[("code", &codes[0])]).await);
    let third = session(&confirmed);
    assert!(first != second && second != third);
    let client = reqwest::Client::new();
    let with_first = client
        .post(format!("{}/auth/2fa", site.url()))
        .header("cookie", first)
        .header("accept", JSON)
        .form(&[("code", codes[1].as_str())]);
    let answer = Answer::of(with_first.send().await.expect("an answer")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "the old one is dead: {}", answer.gist());
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_sign_in_in_two_steps_as_well() {
    let mut site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    let (_, codes) = Authenticator::enrol(&ann).await;
    let codes = backup_codes(&codes);
    // Another process on the same data knows the codes, and who has used which.
    site.crash().await;

    let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let url = site.url();
    let post = async |path: &str, body: Value| {
        let request =
            client.post(format!("{url}{path}")).header("accept", JSON).json(&body).send().await;
        let answer = request.expect("an answer");
        (answer.status(), answer.json::<Value>().await.expect("JSON"))
    };
    let login = json!({ "email": ANN.1, "password": PASSWORD });
    let (status, body) = post("/api/auth/login", login).await;
    assert_eq!((status, &body), (StatusCode::OK, &json!({ "next": "/auth/2fa" })));
    let (status, body) = post("/api/auth/2fa", json!({ "code": "000000" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(body["fields"][0]["field"], "code", "{body}");
    let (status, body) = post("/api/auth/2fa", json!({ "code": codes[0] })).await;
    assert_eq!((status, &body), (StatusCode::OK, &json!({ "next": "/" })));
    let both = json!({ "password": PASSWORD, "code": codes[1] });
    let (status, body) = post("/account/two-factor/codes", both).await;
    assert_eq!((status, body["codes"].as_array().map(Vec::len)), (StatusCode::OK, Some(8)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_survives_both_steps() {
    let site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    let sandbox = ann.done("/bots/sandbox", &[]).await;
    let form = format!("{}/broadcasts", sandbox.split('?').next().expect("a path"));
    let (_, codes) = Authenticator::enrol(&ann).await;
    let codes = backup_codes(&codes);

    let browser = Browser::new(&site.url());
    let ended = browser.post(&form, &[("text", "Precious words")]).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED, "{}", ended.gist());
    let kept = ended.value_of("kept").replace("&quot;", "\"");
    let step = browser.post("/auth/login", &[ANN, PASS, ("kept", &kept)]).await;
    assert_eq!(step.status, StatusCode::OK, "{}", step.gist());
    let kept = step.value_of("kept").replace("&quot;", "\"");
    assert!(kept.contains("Precious words"), "{kept}");
    assert!(!step.body.contains(PASSWORD));
    let wrong = browser.post("/auth/2fa", &[("code", "000000"), ("kept", &kept)]).await;
    assert_eq!(wrong.value_of("kept").replace("&quot;", "\""), kept, "{}", wrong.gist());
    let page = browser.post("/auth/2fa", &[("code", &codes[0]), ("kept", &kept)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.gist());
    assert!(page.body.contains("Precious words"), "{}", page.gist());
    assert!(is_in(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_without_a_password_before_it_leads_back_to_the_password() {
    let site = Site::with(&[]).await;
    let browser = Browser::new(&site.url());
    let page = browser.get("/auth/2fa").await;
    assert!(page.body.contains("within ten minutes after the password"), "{}", page.gist());
    let kept = r#"{"page":"/bots/connect","values":{"text":"Precious"}}"#;
    let fields = [("code", "123456"), ("next", "/bots"), ("kept", kept)];
    let answer = browser.post("/auth/2fa", &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.gist());
    assert!(answer.body.contains("name=\"password\""), "{}", answer.gist());
    assert_eq!(answer.value_of("next"), "/bots");
    assert!(answer.value_of("kept").contains("Precious"));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_led_through_enrolment_and_streams_end() {
    let site = Site::with(&[]).await;
    let (ann, bob) = (site.member("ann").await, site.member("bob").await);
    let sandbox = ann.done("/bots/sandbox", &[]).await;
    let bot = sandbox.split('?').next().expect("a path").to_owned();
    let draft = ann.done(&format!("{bot}/broadcasts"), &[("text", "Hello")]).await;
    let draft = draft.split('?').next().expect("a path").trim_end_matches("/confirm").to_owned();
    let admin = site.db.superuser().await;
    admin
        .batch_execute(
            "insert into members (workspace_id, user_id, role)
             select d.workspace_id, u.id, 'admin' from directory d, users u
             where u.email_key = 'bob@example.org'",
        )
        .await
        .expect("a member");
    let mut stream = bob.open(Method::GET, &format!("{draft}/events"), HTML).await;
    assert!(stream.chunk().await.expect("a chunk").is_some(), "the progress as it is");

    let refused = ann.post("/w/security", &[("required", "on")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.gist());
    Authenticator::enrol(&ann).await;
    ann.done("/w/security", &[("required", "on")]).await;

    let page = bob.get(&bot).await;
    let to = "/account/two-factor?why=workspace";
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, to));
    let posted = bob.post(&draft, &[("text", "Hello!")]).await;
    assert_eq!((posted.status, posted.location()), (StatusCode::SEE_OTHER, to));
    let json = bob.ask(Method::POST, &draft, JSON).await;
    assert_eq!(json.status, StatusCode::FORBIDDEN);
    assert!(json.body.contains("needs_second_factor"), "{}", json.body);
    let end = async { while stream.chunk().await.expect("a chunk").is_some() {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), end).await.expect("the stream ends");
    let why = bob.get(to).await;
    assert!(why.body.contains("Your workspace asks for it"), "{}", why.gist());
    assert_eq!(bob.get("/").await.status, StatusCode::OK, "his own workspace does not ask");

    Authenticator::enrol(&bob).await;
    assert_eq!(bob.get(&bot).await.status, StatusCode::OK);
}
