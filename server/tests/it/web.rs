//! `web.headers`, `auth.cookies`, `auth.csrf` and `auth.ip-allowlist`, as a browser meets them.

use std::{collections::HashSet, fs};

use reqwest::{Client, Method, RequestBuilder, header::HeaderMap, redirect::Policy};

use crate::support::{Answer, Browser, HTML, JSON, PASSWORD, Site};

const LONGEST_BYTES: usize = 128 * 1024;

/// A client that keeps nothing: what it sends stands in the test.
struct Wire {
    client: Client,
    base: String,
}

impl Wire {
    fn to(site: &Site) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { client, base: site.url() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).header("accept", HTML)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// Signs somebody in who comes with `cookie`. Gives the whole `Set-Cookie` line.
    async fn sign_in(&self, name: &str, cookie: &str) -> String {
        let email = format!("{name}@example.org");
        let form = [("email", email.as_str()), ("password", PASSWORD)];
        let request = self.post("/auth/login").header("cookie", cookie).form(&form);
        let answer = send(request).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.gist());
        let mut cookies = cookies(&answer.headers);
        // The other one says that somebody has signed in with this browser, and opens nothing.
        cookies.retain(|cookie| !pair(cookie).contains("gannet-browser="));
        assert_eq!(cookies.len(), 1, "{cookies:?}");
        cookies[0].clone()
    }

    /// Whether `cookie` is somebody's who is signed in.
    async fn is_in(&self, cookie: &str) -> bool {
        let answer = send(self.get("/account").header("cookie", cookie)).await;
        match answer.status.as_u16() {
            200 => true,
            303 | 307 | 302 => false,
            _ => panic!("{}", answer.gist()),
        }
    }
}

async fn send(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.expect("an answer")).await
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all("set-cookie").iter();
    lines.map(|line| line.to_str().expect("text").to_owned()).collect()
}

/// `name=value` of a `Set-Cookie` line.
fn pair(line: &str) -> &str {
    line.split(';').next().expect("a pair")
}

/// The policy and the nonce in it.
fn policy(headers: &HeaderMap) -> (String, String) {
    let policy = header(headers, "content-security-policy");
    let nonce = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\''));
    let nonce = nonce.unwrap_or_else(|| panic!("no nonce in {policy:?}")).0;
    (policy.replace(nonce, "NONCE"), nonce.to_owned())
}

/// A folder of static files.
pub fn files() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let css = "gannet-0123456789abcdef.css";
    fs::write(dir.path().join(css), "body{color:red}").expect("written");
    let manifest = format!(r#"{{ "gannet.css": "{css}" }}"#);
    fs::write(dir.path().join("manifest.json"), manifest).expect("written");
    dir
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_answer_carries_the_headers_and_a_nonce_of_its_own() {
    let files = files();
    let folder = files.path().to_str().expect("UTF-8").to_owned();
    let site = Site::with(&[("GANNET_SITE", folder)]).await;
    site.member("ann").await;
    let wire = Wire::to(&site);
    let cookie = wire.sign_in("ann", "").await;
    let cookie = pair(&cookie);
    let form = "application/x-www-form-urlencoded";
    let long = "x".repeat(LONGEST_BYTES + 1);
    let json = |request: RequestBuilder| request.header("content-type", "application/json");
    let kinds = [
        ("a page", wire.get("/auth/login"), 200),
        ("a page of one's own", wire.get("/account").header("cookie", cookie), 200),
        ("a page that is none", wire.get("/nowhere"), 404),
        ("a file", wire.get("/gannet-0123456789abcdef.css"), 200),
        ("a file that is none", wire.get("/pkg/none.js"), 404),
        ("a probe", wire.get("/healthz"), 200),
        ("a redirect", wire.get("/account"), 303),
        ("a stranger's bot", wire.get("/bots/some_bot").header("cookie", cookie), 403),
        ("JSON", json(wire.post("/api/auth/login")).header("accept", JSON).body("{}"), 422),
        ("no form", json(wire.post("/auth/login")).body("{"), 400),
        ("a bad form", wire.post("/auth/login").form(&[("email", "x")]), 422),
        ("another site's", wire.post("/auth/login").header("sec-fetch-site", "cross-site"), 403),
        ("too much", wire.post("/auth/login").header("content-type", form).body(long), 413),
        ("a method that is none", wire.request(Method::DELETE, "/auth/login"), 405),
        ("an unknown webhook", wire.post("/telegram/none").body("{}"), 403),
    ];
    let (mut nonces, mut ids) = (HashSet::new(), HashSet::new());
    for (kind, request, status) in kinds {
        let Answer { status: got, headers, body } = send(request).await;
        assert_eq!(got.as_u16(), status, "{kind}: {body}");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            // Over http a browser must not be told to insist on https.
            ("strict-transport-security", ""),
        ] {
            assert_eq!(header(&headers, name), value, "{kind}: {name}");
        }
        let (policy, nonce) = policy(&headers);
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'self' 'nonce-NONCE' 'wasm-unsafe-eval'; \
             style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
             manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            "{kind}"
        );
        assert_scripts_carry(&nonce, &body, kind);
        assert!(nonces.insert(nonce), "{kind}: the nonce of another answer");
        assert!(ids.insert(header(&headers, "x-request-id").to_owned()), "{kind}: its own id");
    }
}

/// No script without the nonce, and nothing else that the policy forbids.
fn assert_scripts_carry(nonce: &str, body: &str, kind: &str) {
    for tag in body.split("<script").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{kind}: <script{tag}>");
    }
    for forbidden in ["<style", " style=\"", " onclick=", " onload=", "javascript:", "<base "] {
        assert!(!body.contains(forbidden), "{kind}: {forbidden}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_those_who_are_signed_in_are_kept_by_no_cache() {
    let site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    for path in
        ["/", "/bots", "/bots/connect", "/account", "/w/audit", "/bots/some_bot", "/nowhere"]
    {
        let page = ann.get(path).await;
        assert_eq!(header(&page.headers, "cache-control"), "no-store", "{path}");
    }
    // The page that comes back in answer to a sign-in, with what was typed before it.
    let kept = r#"{"page":"/bots/connect","values":{}}"#;
    let form = [("email", "ann@example.org"), ("password", PASSWORD), ("kept", kept)];
    let back = Browser::new(&site.url()).post("/auth/login", &form).await;
    assert!(back.status.as_u16() == 200 && back.body.contains("Connect a bot"), "{}", back.gist());
    assert_eq!(header(&back.headers, "cache-control"), "no-store");

    let refused = ann.post("/bots/connect", &[("token", "no token")]).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert_eq!(header(&refused.headers, "cache-control"), "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_https_browsers_keep_to_it_and_cookies_are_bound_to_the_host() {
    let site = Site::with(&[("BASE_URL", "https://localhost".to_owned())]).await;
    site.member("ann").await;
    let wire = Wire::to(&site);
    let session = wire.sign_in("ann", "").await;
    let theme = send(wire.post("/theme").form(&[("theme", "dark")])).await;
    let theme = cookies(&theme.headers).pop().expect("a cookie");
    for (line, name) in [(&session, "__Host-gannet="), (&theme, "__Host-theme=")] {
        assert!(line.starts_with(name), "{line}");
        for part in ["; Secure", "; HttpOnly", "; Path=/", "; SameSite=Lax"] {
            assert!(line.contains(part), "{part} is missing in {line}");
        }
        assert!(!line.contains("Domain"), "{line}");
    }
    for path in ["/", "/nowhere", "/healthz"] {
        let answer = send(wire.get(path)).await;
        let hsts = header(&answer.headers, "strict-transport-security");
        assert_eq!(hsts, "max-age=63072000", "{path}");
    }
    let gone = send(wire.post("/auth/logout").header("cookie", pair(&session))).await;
    let removal = cookies(&gone.headers).pop().expect("the browser is told");
    assert!(removal.starts_with("__Host-gannet=;") && removal.contains("; Secure"), "{removal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_begins_with_a_new_id_and_ends_everywhere() {
    let site = Site::with(&[]).await;
    site.member("ann").await;
    let wire = Wire::to(&site);
    let line = wire.sign_in("ann", "").await;
    assert!(line.starts_with("gannet="), "{line}");
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=2592000"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    // No browser would keep a Secure cookie of a plain address that is not its own machine.
    assert!(!line.contains("Secure") && !line.contains("Domain"), "{line}");

    let first = pair(&line).to_owned();
    assert!(wire.is_in(&first).await);
    // Somebody else's cookie, planted in this browser, does not become theirs.
    let second = wire.sign_in("ann", &first).await;
    let second = pair(&second).to_owned();
    assert_ne!(first, second);
    assert!(!wire.is_in(&first).await && wire.is_in(&second).await);
    for forged in
        ["gannet=", "gannet=x", &second.replacen('=', "=A", 1), &second[..second.len() - 1]]
    {
        assert!(!wire.is_in(forged).await, "{forged}");
    }

    let gone = send(wire.post("/auth/logout").header("cookie", &second)).await;
    assert_eq!(gone.status.as_u16(), 303);
    let removal = cookies(&gone.headers).pop().expect("the browser is told");
    assert!(removal.starts_with("gannet=;") && removal.contains("Max-Age=0"), "{removal}");
    assert!(!wire.is_in(&second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cookie_is_set_but_ours_and_none_before_somebody_signs_up_or_in() {
    let site = Site::with(&[]).await;
    let wire = Wire::to(&site);
    let form = |path, pairs: &[(&str, &str)]| wire.post(path).form(pairs);
    let strangers = [
        wire.get("/"),
        wire.get("/auth/register"),
        wire.get("/auth/login"),
        wire.get("/bots"),
        wire.get("/nowhere"),
        wire.get("/robots.txt"),
        wire.get("/healthz"),
        form("/auth/login", &[("email", "no@example.org"), ("password", PASSWORD)]),
        form("/auth/register", &[("email", "x")]),
        form("/auth/logout", &[]),
        form("/bots/connect", &[("token", "x")]),
        wire.post("/auth/login").header("sec-fetch-site", "cross-site"),
    ];
    for request in strangers {
        let answer = send(request).await;
        assert_eq!(cookies(&answer.headers), Vec::<String>::new(), "{}", answer.gist());
    }

    let theme = send(form("/theme", &[("theme", "dark")])).await;
    let line = cookies(&theme.headers).pop().expect("a cookie");
    assert_eq!(pair(&line), "theme=dark");
    let nonsense = send(form("/theme", &[("theme", "<script>")])).await;
    let line = cookies(&nonsense.headers).pop().expect("a cookie");
    assert!(!line.contains('<'), "it holds nothing but a theme: {line}");

    // From here on the browser has a session: it remembers which password was typed in it.
    let sign_up = [("name", "Bob"), ("email", "bob@example.org"), ("password", PASSWORD)];
    let signed_up = cookies(&send(form("/auth/register", &sign_up)).await.headers);
    assert!(signed_up.len() == 1 && signed_up[0].starts_with("gannet="), "{signed_up:?}");

    let ann = site.member("ann").await;
    for path in ["/", "/bots", "/bots/connect", "/account", "/w/audit", "/bots/some_bot"] {
        let page = ann.get(path).await;
        let known = |line: &String| line.starts_with("gannet=");
        let set = cookies(&page.headers);
        assert!(set.iter().all(known), "{path}: {set:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_acts_for_a_person_or_signs_one_in_or_out() {
    let site = Site::with(&[]).await;
    site.member("ann").await;
    let wire = Wire::to(&site);
    let cookie = wire.sign_in("ann", "").await;
    let cookie = pair(&cookie);
    let port = site.gannet.as_ref().expect("running").port();
    let ours = format!("http://localhost:{port}");
    let theirs = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://localhost:1"),
    ];
    let form = [("email", "ann@example.org"), ("password", PASSWORD)];
    for (name, value) in theirs {
        for path in ["/auth/login", "/auth/logout", "/api/auth/logout", "/bots/sandbox", "/theme"] {
            let request = wire.post(path).header("cookie", cookie).header(name, value);
            let answer = send(request.form(&form)).await;
            assert_eq!(answer.status.as_u16(), 403, "{path} {name}: {value}");
            assert!(cookies(&answer.headers).is_empty(), "{path} {name}: {value}");
        }
    }
    assert!(wire.is_in(cookie).await, "nobody was signed out");
    let bots = site.db.superuser().await.query("select 1 from bots", &[]).await.expect("rows");
    assert!(bots.is_empty(), "no bot was connected");

    let own = wire.post("/auth/logout").header("cookie", cookie).header("origin", ours);
    assert_eq!(send(own).await.status.as_u16(), 303);
    assert!(!wire.is_in(cookie).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_not_allowed_reach_probes_and_webhooks_alone() {
    let allowed = ("WEB_ALLOWED_IPS", "203.0.113.0/24, 2001:db8::/32".to_owned());
    let proxy = ("TRUSTED_PROXIES", "127.0.0.1".to_owned());
    let site = Site::with(&[allowed, proxy]).await;
    let wire = Wire::to(&site);
    let paths = ["/", "/auth/login", "/robots.txt", "/nowhere", "/dev/mail", "/rpc/x"];
    for from in ["198.51.100.1", "2001:db9::1", "203.0.113.9, 198.51.100.1"] {
        for path in paths {
            let answer = send(wire.get(path).header("x-forwarded-for", from)).await;
            assert_eq!(answer.status.as_u16(), 403, "{path} from {from}");
            assert!(answer.body.contains("not on the list"), "{path} from {from}");
        }
        let posted = wire.post("/auth/login").header("x-forwarded-for", from);
        assert_eq!(send(posted.form(&[("email", "x")])).await.status.as_u16(), 403);
        let probe = send(wire.get("/healthz").header("x-forwarded-for", from)).await;
        assert_eq!(probe.status.as_u16(), 200);
        let hook = send(wire.post("/telegram/none").header("x-forwarded-for", from)).await;
        assert!(!hook.body.contains("not on the list"), "the webhook's own answer");
    }
    for from in ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::7", "10.0.0.1, 203.0.113.9"] {
        let answer = send(wire.get("/auth/login").header("x-forwarded-for", from)).await;
        assert_eq!(answer.status.as_u16(), 200, "{from}");
    }
    assert_eq!(send(wire.get("/auth/login")).await.status.as_u16(), 403, "the proxy itself");
}
