//! Whatever is sent, something sensible comes back.
//!
//! Every endpoint, with what no page of ours would send to it: never our own fault, never bare text,
//! always a request id, and every complaint stands at a field that the page has.

use access::stage::{Place, Stage, draft};
use contract::needs::Needs;
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};
use server::http::{router::endpoints, table::Endpoint};

use crate::{
    access,
    support::{Answer, Browser, HTML, JSON, PASSWORD},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// What stands in the place of a variable part of a path.
const PARTS: [&str; 9] = [
    "%FF",
    "%00",
    "%2e%2e",
    "%3Cscript%3E",
    "%E2%80%AE",
    "%F0%9F%98%80",
    "-9223372036854775808",
    "00000000-0000-7000-8000-000000000000",
    "none",
];

/// What pages read from their query, and what may stand in it.
const ASKED: [&str; 24] = [
    "after", "trail", "q", "status", "source", "outcome", "bot", "done", "next", "email", "token",
    "with", "why", "change", "person", "kind", "resource", "from", "to", "format", "edit", "plan",
    "every", "n",
];
const QUERIES: [&str; 8] = [
    "%FF",
    "%00",
    "%3Cscript%3E",
    "%E2%80%AE",
    "%F0%9F%98%80",
    "-300000000000000000.5",
    "9223372036854775807.9223372036854775807",
    "'--",
];

/// What stands in a field.
fn texts() -> [String; 6] {
    [
        String::new(),
        "x".repeat(100_000),
        "</textarea><script>alert(1)</script>".to_owned(),
        "\u{202e}abc\u{2066}".to_owned(),
        "a\0b".to_owned(),
        "👩‍👩‍👧".to_owned(),
    ]
}

/// The fields of a form with what a person would send in them. A new form must be written down here.
fn fields(path: &str) -> Vec<(&'static str, &'static str)> {
    let next = ("next", "/bots");
    let (email, name) = (("email", "eve@example.org"), ("name", "Eve"));
    let path = path.strip_prefix("/api").unwrap_or(path);
    match path.strip_prefix("/bots/{slug}").unwrap_or(path) {
        "/auth/register" => vec![name, email, ("password", PASSWORD), next],
        "/auth/verify" => vec![email, ("code", "123456"), name, next],
        "/auth/resend" => vec![email, name, next],
        "/auth/login" => {
            vec![email, ("password", PASSWORD), next, ("kept", r#"{"page":"/","values":{}}"#)]
        }
        "/auth/2fa" => vec![("code", "123456"), ("with", "backup"), next],
        "/auth/forgot-password" => vec![email],
        "/auth/reset-password" => {
            vec![("token", "0123456789abcdef0123456789abcdef"), ("password", PASSWORD)]
        }
        "/account" => vec![name, ("time_zone", "Europe/Berlin")],
        // As right as it may be without an end to the account, or to its password.
        "/account/password" => vec![("again", PASSWORD), ("password", "short")],
        "/account/address" => vec![email, ("again", PASSWORD)],
        "/account/address/verify" => vec![("code", "123456")],
        "/account/sessions/revoke" => vec![("session", "0123456789abcdef")],
        "/account/close" => vec![("sure", "perhaps"), ("again", PASSWORD)],
        "/account/two-factor/begin" => vec![("again", PASSWORD)],
        "/account/two-factor/confirm" => vec![("code", "123456"), ("again", PASSWORD)],
        "/account/two-factor/codes" | "/account/two-factor/off" => {
            vec![("password", PASSWORD), ("code", "123456")]
        }
        "/account/subscription/checkout" => vec![("plan", "team"), ("every", "month")],
        "/account/subscription/portal" => vec![("errand", "payment")],
        "/account/subscription/change" => {
            vec![("plan", "team"), ("every", "month"), ("at", "1795000000")]
        }
        "/account/subscription/look" => vec![],
        "/w/new" => vec![("called", "Second")],
        "/w/rename" => vec![name],
        "/w/close" => vec![("typed", "Another"), ("again", PASSWORD)],
        "/w/keep" => vec![("workspace", "00000000-0000-7000-8000-000000000000")],
        "/w/switch" => vec![("workspace", "00000000-0000-7000-8000-000000000000")],
        "/w/members/role" => vec![
            ("user", "00000000-0000-7000-8000-000000000000"),
            ("role", "admin"),
            ("again", PASSWORD),
        ],
        "/w/export" => vec![("again", PASSWORD)],
        "/w/members/sign-out" => {
            vec![("user", "00000000-0000-7000-8000-000000000000"), ("again", PASSWORD)]
        }
        "/w/members/remove" => vec![("user", "00000000-0000-7000-8000-000000000000")],
        "/w/invitations" => vec![email, ("role", "member"), ("on:acme_shop_bot", "viewer")],
        "/w/invitations/revoke" | "/w/invitations/resend" => {
            vec![("invitation", "00000000-0000-7000-8000-000000000000")]
        }
        "/w/rights" => {
            vec![("user", "00000000-0000-7000-8000-000000000000"), ("on:acme_shop_bot", "viewer")]
        }
        "/join" => vec![("token", "00000000-0000-7000-8000-000000000000.0123456789abcdef")],
        "/w/security" => vec![("required", "on"), ("again", PASSWORD)],
        "/instance/setup" => vec![("token", "0123456789abcdef0123456789abcdef")],
        "/instance/blocks/lift" => vec![("client", "203.0.113.9")],
        "/instance/invite" => vec![email],
        "/instance/workspaces/owner" => vec![
            ("workspace", "00000000-0000-7000-8000-000000000000"),
            ("user", "address"),
            email,
            ("again", PASSWORD),
        ],
        "/theme" => vec![("theme", "dark"), next],
        "/bots/connect" => {
            vec![("token", "123456:TEST-no_such_token"), ("step", "connect"), ("take_over", "yes")]
        }
        "/bots/sandbox" => vec![("once", "page")],
        "/settings" => vec![("welcome", "Hi"), ("goodbye", "Bye"), ("if_unmodified_since", "1")],
        "/token" => vec![("token", "123456:TEST-no_such_token")],
        "/read-only" => vec![("read_only", "off")],
        "/rate" => vec![("rate", "5")],
        "/pay" => vec![("stars", ""), ("if_unmodified_since", "1")],
        "/recipients" => vec![("audience", "chats"), ("if_unmodified_since", "1")],
        "/move" => {
            vec![("workspace", "00000000-0000-7000-8000-000000000000"), ("again", PASSWORD)]
        }
        "/disconnect" => vec![("username", "other_bot")],
        "/broadcasts" | "/broadcasts/{id}" => vec![
            ("id", "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"),
            ("text", "Hello"),
            ("silent", "on"),
            ("protected", "on"),
            ("if_unmodified_since", "1"),
            ("step", "test"),
        ],
        "/w/approval" => vec![("above", "10000"), ("again", PASSWORD)],
        "/broadcasts/{id}/ask" => vec![("version", "1")],
        "/broadcasts/{id}/approve" | "/broadcasts/{id}/withdraw" => vec![
            ("request", "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"),
            ("version", "1"),
            ("step", "send"),
        ],
        "/broadcasts/{id}/refuse" => {
            vec![("request", "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"), ("reason", "Not today")]
        }
        "/broadcasts/{id}/send" => vec![("version", "1")],
        "/broadcasts/{id}/again" => vec![("until", "1"), ("all", "on"), ("to-7", "on")],
        "/broadcasts/{id}/schedule" => vec![
            ("day", "2026-11-27"),
            ("time", "09:30"),
            ("zone", "Europe/Berlin"),
            ("if_unmodified_since", "1"),
        ],
        "/repair"
        | "/auth/logout"
        | "/w/leave"
        | "/account/address/resend"
        | "/account/sessions/revoke-others"
        | "/telegram/{hook}"
        | "/stripe/webhook" => Vec::new(),
        rest if rest.starts_with("/broadcasts/{id}/") => Vec::new(),
        other => panic!("which fields has {other}?"),
    }
}

/// Sends what no browser would, with a person's cookies if there is one.
struct Sender {
    client: Client,
    base: String,
    cookie: String,
    complaints: Vec<String>,
    sent: u32,
}

impl Sender {
    /// Sends as the person of `email`, or as nobody.
    async fn new(stage: &Stage, email: Option<&str>) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let mut this = Self {
            client,
            base: stage.site.url(),
            cookie: String::new(),
            complaints: Vec::new(),
            sent: 0,
        };
        if let Some(email) = email {
            let form = [("email", email), ("password", PASSWORD)];
            let request = this.request(&Method::POST, "/auth/login", HTML).form(&form);
            let answer = request.send().await.expect("an answer");
            let cookie = answer.headers()["set-cookie"].to_str().expect("text");
            this.cookie = cookie.split(';').next().expect("a pair").to_owned();
        }
        this
    }

    fn request(&self, method: &Method, path: &str, accept: &str) -> RequestBuilder {
        let request = self.client.request(method.clone(), format!("{}{path}", self.base));
        request.header("accept", accept).header("cookie", &self.cookie)
    }

    /// Sends `request` and judges the answer; `what` names it.
    async fn send(&mut self, what: &str, request: RequestBuilder) -> Answer {
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        self.sent += 1;
        let complaints = faults(&answer).into_iter();
        self.complaints.extend(complaints.map(|fault| format!("{what}: {fault}")));
        answer
    }

    fn assert_all_is_well(&self) {
        assert_eq!(self.complaints, Vec::<String>::new());
        println!("{} requests", self.sent);
    }
}

/// What is wrong with an answer, whatever it answers.
fn faults(answer: &Answer) -> Vec<String> {
    let header = |name: &str| {
        let value = answer.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    let mut faults = Vec::new();
    if answer.status.is_server_error() {
        faults.push(format!("our fault: {}", answer.gist()));
    }
    if header("content-type").starts_with("text/plain") {
        faults.push(format!("bare text: {} {:?}", answer.status, answer.body));
    }
    if header("x-request-id").is_empty() {
        faults.push("no request id".to_owned());
    }
    if answer.body.contains("<script>alert(1)") {
        faults.push("a script of somebody else's".to_owned());
    }
    for link in answer.body.split("href=\"#f-").skip(1) {
        let field = link.split('"').next().unwrap_or_default();
        if !answer.body.contains(&format!("id=\"f-{field}\"")) {
            faults.push(format!("no field for the complaint about {field:?}: {}", answer.gist()));
        }
    }
    faults
}

/// `path` with `bad` in the place of its variable part `part`, and good ones elsewhere.
fn with_part(place: &Place, path: &str, part: &str, bad: &str) -> String {
    let method = Method::GET;
    let needs = contract::needs::Needs::Public;
    place.path(&Endpoint { method, path: path.replace(part, bad), needs })
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| part.starts_with('{'))
}

/// Everything but the probes, whose answers are for machines. What is there for everybody comes last:
/// it is limited for those who try too often.
fn all() -> Vec<Endpoint> {
    let mut all = endpoints();
    all.retain(|endpoint| !matches!(endpoint.path.as_str(), "/healthz" | "/livez"));
    all.sort_by_key(|endpoint| endpoint.path.contains("/auth/"));
    all
}

fn forms() -> Vec<Endpoint> {
    let mut all = all();
    all.retain(|endpoint| endpoint.method == Method::POST);
    // Other browsers of the same person take part until here.
    all.sort_by_key(|endpoint| endpoint.path.ends_with("/revoke-others"));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_address_is_answered_by_a_page_or_by_json() {
    let stage = Stage::set().await;
    let mut ann = Sender::new(&stage, Some("ann@example.org")).await;
    for Endpoint { method, path, .. } in all() {
        for part in parts(&path) {
            for bad in PARTS {
                for accept in [HTML, JSON] {
                    let path = with_part(&stage.acme, &path, part, bad);
                    let request = ann.request(&method, &path, accept);
                    ann.send(&format!("{method} {path} {accept}"), request).await;
                }
            }
        }
        if method == Method::GET {
            let path =
                stage.acme.path(&Endpoint { method, path, needs: contract::needs::Needs::Public });
            for (name, bad) in ASKED.iter().flat_map(|name| QUERIES.map(|bad| (name, bad))) {
                let path = format!("{path}?{name}={bad}");
                let request = ann.request(&Method::GET, &path, HTML);
                ann.send(&format!("GET {path}"), request).await;
            }
        }
    }
    ann.assert_all_is_well();

    // What is wrong with a webhook's path is nobody's business.
    let answer = async |hook: &str| {
        let request = ann.request(&Method::POST, &format!("/telegram/{hook}"), HTML);
        Answer::of(request.body("{}").send().await.expect("an answer")).await
    };
    let (odd, none) = (answer("%FF").await, answer("none").await);
    assert_eq!((odd.status, odd.body), (none.status, none.body));
    assert_eq!(none.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_field_is_answered_with_a_complaint_that_leads_to_it() {
    let stage = Stage::set().await;
    let mut ann = Sender::new(&stage, Some("ann@example.org")).await;
    for Endpoint { method, path, .. } in forms() {
        // The same handlers under another name; and any text will do, each of which would bring a
        // thousand people along.
        if path.starts_with("/api/") || path == "/bots/sandbox" {
            continue;
        }
        let here = stage.acme.path(&Endpoint {
            method: method.clone(),
            path: path.clone(),
            needs: contract::needs::Needs::Public,
        });
        // Whoever is signed in has no business with these.
        let cookie = ann.cookie.clone();
        if path.contains("/auth/") {
            ann.cookie.clear();
        }
        for (field, _) in fields(&path) {
            let with = |bad: Value| {
                let good = fields(&path).into_iter().map(|(name, text)| (name, json!(text)));
                let all = good.chain([(field, bad)]);
                Value::from_iter(all.map(|(name, value)| (name.to_owned(), value)))
            };
            for bad in texts() {
                let shown: String = bad.chars().take(9).collect();
                for accept in [HTML, JSON] {
                    let form = with(json!(bad));
                    let request = ann.request(&method, &here, accept).form(&form);
                    ann.send(&format!("{path} {field}={shown:?} {accept}"), request).await;
                }
            }
            for bad in [json!(5), json!({ "a": 1 }), json!(["x"]), json!(null)] {
                for accept in [HTML, JSON] {
                    let request = ann.request(&method, &here, accept).json(&with(bad.clone()));
                    ann.send(&format!("{path} {field}={bad} {accept}"), request).await;
                }
            }
        }
        ann.cookie = cookie;
    }
    ann.assert_all_is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_form_is_refused() {
    let stage = Stage::set().await;
    let mut ann = Sender::new(&stage, Some("ann@example.org")).await;
    let long = "x".repeat(200_000);
    let bodies = [
        ("nothing", FORM, "", None),
        ("no form", "text/plain", "hello", Some(400)),
        ("half of JSON", "application/json", "{", Some(400)),
        ("a list", "application/json", "[1]", Some(400)),
        ("bytes", FORM, "a=%FF&%FF=b&&==", None),
        ("too much", FORM, long.as_str(), Some(413)),
    ];
    for endpoint in forms() {
        let Endpoint { method, path, .. } = &endpoint;
        // What needs a secret looks at that first, and nobody here has one.
        if path == "/auth/logout" || path == "/api/auth/logout" || endpoint.needs == Needs::Secret {
            continue;
        }
        let here = stage.acme.path(&endpoint);
        for (what, kind, body, want) in bodies {
            // Each bot in the sandbox brings a thousand people along.
            if want.is_none() && path == "/bots/sandbox" {
                continue;
            }
            for accept in [HTML, JSON] {
                let request = ann.request(method, &here, accept);
                let request = request.header("content-type", kind).body(body.to_owned());
                let what = format!("{path} {what} {accept}");
                let answer = ann.send(&what, request).await;
                if let Some(want) = want {
                    assert_eq!(answer.status.as_u16(), want, "{what}: {}", answer.gist());
                }
            }
        }
    }
    ann.assert_all_is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_twice_or_after_the_session_has_ended_gets_an_answer() {
    let stage = Stage::set().await;
    let mut ann = Sender::new(&stage, Some("ann@example.org")).await;
    let mut nobody = Sender::new(&stage, None).await;
    let owner: &Browser = &stage.ann;
    for endpoint in forms() {
        let Endpoint { method, path, .. } = &endpoint;
        // A draft may be sent or thrown away once.
        let draft = draft(owner, &stage.acme.slug, "Hello").await;
        let here = stage.acme.path(&endpoint).replace(&stage.acme.draft, &draft);
        let good = fields(path);
        for accept in [HTML, JSON] {
            let request = nobody.request(method, &here, accept).form(&good);
            let answer = nobody.send(&format!("{path} as nobody, {accept}"), request).await;
            let is_open = path.contains("/auth/") || path == "/theme";
            let is_refused = matches!(answer.status.as_u16(), 401 | 403);
            // Stripe's word for a signature that is not its own.
            let is_unsigned = path == "/stripe/webhook" && answer.status.as_u16() == 400;
            assert!(is_open || is_refused || is_unsigned, "{path}: {}", answer.gist());
            if path.ends_with("/logout") {
                continue;
            }
            for _ in 0..2 {
                let request = ann.request(method, &here, accept).form(&good);
                ann.send(&format!("{path} twice, {accept}"), request).await;
            }
        }
    }
    ann.assert_all_is_well();
    nobody.assert_all_is_well();
}
