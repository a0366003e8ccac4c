//! `auth.session` on a real database, through the layer and its cookie.

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{Request, StatusCode, header},
    middleware::from_fn_with_state,
    response::Response,
    routing::{get, post},
};
use domain::ids::UserId;
use http_body_util::BodyExt;
use testdb::TestDb;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::*;
use crate::{config::web_config_for_test, http::static_files::Site};

const DAYS: i64 = 24 * 60 * 60;
const KEY: [u8; 64] = [7; 64];

struct Browsers {
    router: Router,
    store: Store,
    db: TestDb,
    user: UserId,
}

impl Browsers {
    async fn new(https: bool) -> Self {
        let db = TestDb::new().await;
        let user = db.tenant("acme").await.owner.id;
        let base: &[_] = if https { &[("BASE_URL", "https://localhost")] } else { &[] };
        let site = Site::open(None).expect("an embedded site, or none");
        let web = Web::new(web_config_for_test(base), site, CancellationToken::new());
        let enter = move |session: Session| async move {
            open(&session, &cx(0), Admission { user, epoch: 0 })
                .await
                .expect("the database answers");
        };
        let leave = |session: Session| async move { close(&session).await.expect("it answers") };
        let who = |session: Session| async move {
            let found = signed_in(&session).await.expect("the database answers");
            found.map(|found| found.user.to_string()).unwrap_or_default()
        };
        let visit = |Path(day): Path<i64>, session: Session| async move {
            note_visit(&session, &cx(day)).await.expect("the database answers");
        };
        let there = db.store();
        let reopen = move |session: Session| async move {
            let done = super::reopen(&session, &there, &cx(0)).await;
            done.expect("the database answers").to_string()
        };
        let hold = move |session: Session| async move {
            super::hold(&session, &cx(0), Admission { user, epoch: 0 })
                .await
                .expect("the database answers");
        };
        let waits = |Path(secs): Path<i64>, session: Session| async move {
            let now = Timestamp::from_second(secs).expect("a moment");
            let found = pending(&session, &RequestCx { now, ..cx(0) }).await;
            found
                .expect("it answers")
                .map(|found| found.admission.user.to_string())
                .unwrap_or_default()
        };
        let store = db.store();
        let router = Router::new()
            .route("/in", post(enter))
            .route("/out", post(leave))
            .route("/who", get(who))
            .route("/reopen", post(reopen))
            .route("/hold", post(hold))
            .route("/waits/{secs}", post(waits))
            .route("/visit/{day}", post(visit))
            .layer(layer(store.clone(), &KEY, https))
            .layer(from_fn_with_state(web, mend_removal));
        Self { router, store, db, user }
    }

    /// Calls `path` with `cookie`; gives the answer's body and the cookie it sets, if any.
    async fn call(&self, path: &str, cookie: &str) -> (String, Option<String>) {
        let builder = match path {
            "/who" => Request::get(path),
            _ => Request::post(path),
        };
        let request = builder.header(header::COOKIE, cookie).body(Body::empty()).expect("sound");
        let response: Response = self.router.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let set = response.headers().get(header::SET_COOKIE);
        let set = set.map(|value| value.to_str().expect("text").to_owned());
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (String::from_utf8(bytes.to_vec()).expect("text"), set)
    }

    /// Signs in with `cookie`; gives the new one.
    async fn sign_in(&self, cookie: &str) -> String {
        let (_, set) = self.call("/in", cookie).await;
        pair(&set.expect("a cookie"))
    }

    async fn is_in(&self, cookie: &str) -> bool {
        let (who, _) = self.call("/who", cookie).await;
        assert!(who.is_empty() || who == self.user.to_string());
        !who.is_empty()
    }
}

fn cx(day: i64) -> RequestCx {
    RequestCx {
        request_id: String::new(),
        ip: [203, 0, 113, 7].into(),
        is_proxy: false,
        user_agent: "TEST browser".to_owned(),
        now: Timestamp::from_second(day * DAYS).expect("a moment"),
        viewer: None,
        proved_at: None,
        session: None,
        browser: None,
    }
}

fn pair(set_cookie: &str) -> String {
    set_cookie.split(';').next().expect("a pair").to_owned()
}

#[tokio::test]
async fn the_cookie_is_signed_and_guarded_and_the_database_holds_no_id() {
    let site = Browsers::new(true).await;
    let (_, set) = site.call("/in", "").await;
    let set = set.expect("a cookie");
    for part in
        ["__Host-gannet=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=2592000"]
    {
        assert!(set.contains(part), "{part} is missing in {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let cookie = pair(&set);
    assert!(site.is_in(&cookie).await);
    // One character of the signature changed: nobody.
    let forged = cookie.replacen('=', "=A", 1);
    assert!(!site.is_in(&forged).await);

    let rows = site.db.superuser().await;
    let row = rows.query_one("select id_hash, data::text, ip, user_agent from sessions", &[]).await;
    let row = row.expect("one session");
    let id = cookie.rsplit('=').next().expect("an id");
    assert_eq!(row.get::<_, Vec<u8>>(0).len(), 32);
    assert!(!row.get::<_, String>(1).contains(id));
    assert_eq!(row.get::<_, String>(2), "203.0.113.7");
    assert_eq!(row.get::<_, String>(3), "TEST browser");
}

#[tokio::test]
async fn signing_in_makes_a_new_id_and_ends_the_old_one() {
    let site = Browsers::new(false).await;
    let first = site.sign_in("").await;
    let second = site.sign_in(&first).await;
    assert_ne!(first, second);
    assert!(!site.is_in(&first).await && site.is_in(&second).await);
}

#[tokio::test]
async fn a_sign_in_waits_ten_minutes_for_its_second_step_and_nobody_is_in_meanwhile() {
    let site = Browsers::new(false).await;
    let before = site.sign_in("").await;
    let (_, set) = site.call("/hold", &before).await;
    let cookie = pair(&set.expect("a new id"));
    assert!(!site.is_in(&before).await && !site.is_in(&cookie).await);
    for (secs, waits) in [(0, true), (599, true), (600, false)] {
        let (who, _) = site.call(&format!("/waits/{secs}"), &cookie).await;
        let want = if waits { site.user.to_string() } else { String::new() };
        assert_eq!(who, want, "{secs}");
    }
    let after = site.sign_in(&cookie).await;
    let (who, _) = site.call("/waits/0", &after).await;
    assert_eq!(who, "", "it has come");
    assert!(site.is_in(&after).await && !site.is_in(&cookie).await);
    let listed = site.db.superuser().await;
    let row =
        listed.query_one("select count(*) from sessions where user_id is not null", &[]).await;
    assert_eq!(row.expect("a number").get::<_, i64>(0), 1);
}

#[tokio::test]
async fn signing_out_ends_it_everywhere_and_no_request_in_flight_revives_it() {
    let site = Browsers::new(true).await;
    let cookie = site.sign_in("").await;

    // A request that has read the session, and writes it after the sign-out.
    let (sessions, id) = {
        let rows = Sessions { store: site.store.clone() };
        let signed = cookie.split_once('=').expect("a pair").1;
        let id: Id = signed[signed.len() - 22..].parse().expect("an id");
        (rows, id)
    };
    let record = sessions.load(&id).await.expect("it answers").expect("it is there");
    let (_, removal) = site.call("/out", &cookie).await;
    sessions.save(&record).await.expect("refused in silence");
    assert!(!site.is_in(&cookie).await);

    let removal = removal.expect("the browser is told");
    assert!(removal.starts_with("__Host-gannet=;") && removal.contains("Secure"), "{removal}");
    assert!(removal.contains("Max-Age=0"), "{removal}");
}

#[tokio::test]
async fn another_id_takes_the_place_of_the_old_and_brings_nothing_back_that_has_ended() {
    let site = Browsers::new(false).await;
    let first = site.sign_in("").await;
    let (done, set) = site.call("/reopen", &first).await;
    let second = pair(&set.expect("a new id"));
    assert_eq!(done, "true");
    assert!(!site.is_in(&first).await && site.is_in(&second).await);
    let rows = site.db.superuser().await;
    let row = rows.query_one("select count(*), max(data::text) from sessions", &[]).await;
    let row = row.expect("one row");
    assert_eq!(row.get::<_, i64>(0), 1, "no other row is left");
    assert!(!row.get::<_, String>(1).contains(RENAMED));

    // Its owner signs it out elsewhere while a request of it is on its way.
    rows.execute("update sessions set expires_at = gannet_now()", &[]).await.expect("ended");
    let (done, _) = site.call("/reopen", &second).await;
    assert_eq!(done, "false");
    rows.execute("delete from sessions", &[]).await.expect("ended");
    let (done, _) = site.call("/reopen", &second).await;
    assert_eq!(done, "false");
    assert!(!site.is_in(&second).await);
    let row = rows.query_one("select count(*) from sessions", &[]).await.expect("a number");
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn another_epoch_of_the_credentials_ends_it() {
    let site = Browsers::new(false).await;
    let cookie = site.sign_in("").await;
    let rows = site.db.superuser().await;
    rows.execute("update users set credentials_epoch = 1", &[]).await.expect("written");
    assert!(!site.is_in(&cookie).await);
}

#[tokio::test]
async fn it_rolls_for_30_days_and_ends_after_90() {
    let site = Browsers::new(false).await;
    let cookie = site.sign_in("").await;
    let idle = site.sign_in("").await;
    // A visit every 25 days keeps it, but not for ever.
    for (day, alive) in [(25, true), (50, true), (75, true), (89, true), (91, false)] {
        site.store.shift_clock(day * DAYS);
        assert_eq!(site.is_in(&cookie).await, alive, "day {day}");
        if alive {
            let (_, first) = site.call(&format!("/visit/{day}"), &cookie).await;
            let (_, second) = site.call(&format!("/visit/{day}"), &cookie).await;
            assert!(first.is_some() && second.is_none(), "noted once an hour");
        }
    }
    site.store.shift_clock(31 * DAYS);
    assert!(!site.is_in(&idle).await, "30 days without a visit");
}
