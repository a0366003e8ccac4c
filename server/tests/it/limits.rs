//! `limit.*` from outside: pages, JSON, `Retry-After`, and being shut out.

use std::net::IpAddr;

use crate::{
    support::{Answer, Browser, Gannet, PASSWORD, Site, run, usual_settings},
    web::files as site_files,
};

fn eve() -> Option<IpAddr> {
    Some([203, 0, 113, 66].into())
}

async fn sign_in(browser: &Browser, path: &str, email: &str, password: &str) -> Answer {
    browser.post(path, &[("email", email), ("password", password)]).await
}

fn wait_of(answer: &Answer) -> u64 {
    let header = answer.headers.get("retry-after").expect("a wait");
    header.to_str().expect("text").parse().expect("whole seconds")
}

#[tokio::test(flavor = "multi_thread")]
async fn both_doors_have_one_bucket_and_a_second_instance_knows_it() {
    let site = Site::with(&[]).await;
    site.member("ann").await;
    let second = Gannet::start(&site.db, site.dir.path(), &site.settings).await;
    let (here, there) = (Browser::at(&site.url(), eve()), Browser::at(&second.url(), eve()));
    for n in 0..10 {
        let browser = if n % 2 == 0 { &here } else { &there };
        let path = if n % 3 == 0 { "/api/auth/login" } else { "/auth/login" };
        let answer = sign_in(browser, path, "nobody@example.org", "Wrong-Horse-7").await;
        assert_eq!(answer.status, 422, "{n}: {}", answer.gist());
    }
    for browser in [&here, &there] {
        for path in ["/auth/login", "/api/auth/login"] {
            let refused = sign_in(browser, path, "ann@example.org", PASSWORD).await;
            assert_eq!(refused.status, 429, "{path}: {}", refused.gist());
            assert!((870..=900).contains(&wait_of(&refused)), "{}", wait_of(&refused));
            assert!(refused.body.contains("You can go on in 1"), "{}", refused.gist());
            assert!(refused.body.contains("data-secs=\""), "it is counted down");
            assert!(refused.body.contains("value=\"ann@example.org\""), "what was typed stays");
        }
    }
    // Looking at the page counts for nothing and is not refused.
    assert_eq!(here.get("/auth/login").await.status, 200);
    let elsewhere = Browser::new(&site.url());
    assert_eq!(sign_in(&elsewhere, "/auth/login", "ann@example.org", PASSWORD).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_or_comes_too_late_counts_as_well() {
    let site = Site::with(&[]).await;
    for (path, most) in [("/auth/2fa", 10), ("/api/auth/2fa", 0), ("/auth/reset-password", 5)] {
        let eve = Browser::at(&site.url(), eve());
        for n in 0..most {
            let answer = eve.post(path, &[("code", "123456"), ("token", "none")]).await;
            assert!(matches!(answer.status.as_u16(), 409 | 422), "{path} {n}: {}", answer.gist());
        }
        let refused = eve.post(path, &[("code", "123456"), ("token", "none")]).await;
        assert_eq!(refused.status, 429, "{path}: {}", refused.gist());
        assert!(wait_of(&refused) > 0);
    }
    let other = Browser::at(&site.url(), Some([203, 0, 113, 67].into()));
    for n in 0..10 {
        let answer = other.post("/auth/login", &[("email", "a\0b"), ("password", "x")]).await;
        assert_eq!(answer.status, 422, "{n}: {}", answer.gist());
    }
    let refused = sign_in(&other, "/auth/login", "nobody@example.org", "Wrong-Horse-7").await;
    assert_eq!(refused.status, 429, "{}", refused.gist());
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_outlast_a_restart() {
    let mut site = Site::with(&[]).await;
    let before = Browser::at(&site.url(), eve());
    for _ in 0..11 {
        sign_in(&before, "/auth/login", "nobody@example.org", "Wrong-Horse-7").await;
    }
    site.crash().await;
    let after = Browser::at(&site.url(), eve());
    let refused = sign_in(&after, "/auth/login", "nobody@example.org", "Wrong-Horse-7").await;
    assert_eq!(refused.status, 429, "{}", refused.gist());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_gets_nothing_but_probes_files_and_hooks_until_let_in_again() {
    let files = site_files();
    let folder = files.path().to_str().expect("UTF-8").to_owned();
    let site = Site::with(&[("GANNET_SITE", folder)]).await;
    let admin = site.db.superuser().await;
    let eve = Browser::at(&site.url(), eve());
    for episode in 0..3 {
        for _ in 0..11 {
            sign_in(&eve, "/auth/login", "nobody@example.org", "Wrong-Horse-7").await;
        }
        // Three quarters of an hour in a moment.
        if episode < 2 {
            admin.batch_execute("delete from limit_buckets").await.expect("deleted");
        }
    }
    let page = eve.wait_for("/", "Shut out for a while", 5).await;
    assert_eq!(page.status, 429, "{}", page.gist());
    assert!((3_500..=3_600).contains(&wait_of(&page)), "{}", wait_of(&page));
    for path in ["/auth/login", "/bots", "/nowhere", "/auth/register"] {
        assert_eq!(eve.get(path).await.status, 429, "{path}");
    }
    for path in ["/healthz", "/livez", "/gannet-0123456789abcdef.css"] {
        assert_eq!(eve.get(path).await.status, 200, "{path}");
    }
    assert_eq!(eve.post("/telegram/none", &[]).await.status, 403, "a hook is a hook");
    assert_eq!(Browser::new(&site.url()).get("/").await.status, 200, "nobody else");

    let port = site.gannet.as_ref().expect("running").port();
    let settings = usual_settings(&site.db, site.dir.path(), port);
    let list = run(&["admin", "blocks", "list"], &settings).await;
    assert!(list.stdout.starts_with("203.0.113.66  until 20"), "{list:?}");
    let lifted = run(&["admin", "blocks", "lift", "203.0.113.66"], &settings).await;
    assert_eq!(lifted.code, Some(0), "{lifted:?}");
    let again = run(&["admin", "blocks", "lift", "203.0.113.66"], &settings).await;
    assert_eq!((again.code, again.stderr.lines().count()), (Some(1), 1), "{again:?}");
    eve.wait_for("/auth/login", "Sign in", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_of_the_instance_lets_people_in_and_invites_others() {
    let site = Site::with(&[("SIGNUPS", "open".to_owned())]).await;
    let ann = site.member("ann").await;
    let setup = format!("/instance/setup?token={}", site.setup_token());
    let page = ann.get(&setup).await;
    assert_eq!(page.value_of("token"), site.setup_token());
    assert_eq!(ann.get("/instance").await.status, 403);
    ann.done("/instance/setup", &[("token", &site.setup_token())]).await;
    let shut_out = "insert into client_standings (client, episodes, blocked_until, expires_at)
        values ('203.0.113.9', '{}', now() + interval '1 hour', now() + interval '1 day')";
    site.db.superuser().await.batch_execute(shut_out).await.expect("written");
    let page = ann.get("/instance").await;
    assert!(page.body.contains("203.0.113.9"), "{}", page.gist());
    ann.done("/instance/blocks/lift", &[("client", "203.0.113.9")]).await;
    assert!(!ann.get("/instance").await.body.contains("203.0.113.9"));
    ann.done("/instance/invite", &[("email", "bob@example.org")]).await;
    let wrong = ann.post("/instance/invite", &[("email", "bob")]).await;
    assert_eq!((wrong.status.as_u16(), wrong.value_of("email").as_str()), (422, "bob"));
}
