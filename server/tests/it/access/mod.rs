//! `iso.access`: every endpoint as everybody.
//!
//! The list comes from the router itself, with the need that each endpoint declares; the answers come
//! from the program. An endpoint that serves whoever does not hold what it says it needs fails here,
//! and so does one that refuses who does.

pub mod stage;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use contract::needs::Needs;
use domain::rights::{Right, Rights, Role};
use reqwest::{Method, StatusCode};
use server::http::{router::endpoints, table::Endpoint};

use crate::support::{Answer, Browser, Gannet, HTML, JSON};
use stage::{Person, Stage, Standing, draft};

const ACCEPTS: [&str; 2] = [HTML, JSON];

/// What an endpoint owes somebody.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Due {
    Served,
    AskedToSignIn,
    Refused,
}

/// The whole rule, once more and apart from the product.
fn due(needs: Needs, standing: Standing) -> Due {
    let allowed = match (needs, standing) {
        (Needs::Public | Needs::Local, _) => true,
        // Nobody here brings one.
        (Needs::Secret, _) => false,
        (_, Standing::Nobody) => return Due::AskedToSignIn,
        (Needs::SignedIn, _) => true,
        (Needs::InstanceAdmin, standing) => standing == Standing::Keeper,
        // Strangers are owners where they are at home.
        (
            Needs::Owner | Needs::Admin | Needs::OnSomeBot(_),
            Standing::Stranger | Standing::Keeper,
        ) => true,
        (Needs::OnBot(_) | Needs::OwnerOfBot, Standing::Stranger | Standing::Keeper) => false,
        (Needs::Owner | Needs::OwnerOfBot, Standing::Member(role, _)) => role == Role::Owner,
        (_, Standing::Member(Role::Owner | Role::Admin, _)) => true,
        (Needs::Admin, Standing::Member(Role::Member, _)) => false,
        (Needs::OnBot(right) | Needs::OnSomeBot(right), Standing::Member(Role::Member, rights)) => {
            rights.allow(right)
        }
    };
    if allowed { Due::Served } else { Due::Refused }
}

/// What `answer` is. A redirect that brings one back afterwards asks to sign in.
fn given(endpoint: &Endpoint, answer: &Answer) -> Due {
    let leads_to_sign_in = answer.status.is_redirection()
        && answer
            .headers
            .get("location")
            .is_some_and(|to| to.as_bytes().starts_with(b"/auth/login?next="));
    match answer.status {
        StatusCode::UNAUTHORIZED => Due::AskedToSignIn,
        StatusCode::FORBIDDEN => Due::Refused,
        // Stripe's word for a signature that is not its own.
        StatusCode::BAD_REQUEST if endpoint.path == "/stripe/webhook" => Due::Refused,
        _ if leads_to_sign_in => Due::AskedToSignIn,
        _ => Due::Served,
    }
}

#[test]
fn every_page_and_server_function_declares_what_it_needs() {
    assert_eq!(app::undeclared(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_serves_those_who_hold_what_it_needs_and_nobody_else() {
    let stage = Stage::set().await;
    let mut people = vec![stage.nobody(), stage.colleague("bystander", Role::Member, &[]).await];
    for &right in Right::ALL {
        people.push(stage.colleague(right.as_str(), Role::Member, &[right]).await);
    }
    people.push(stage.colleague("admin", Role::Admin, &[]).await);
    let (ann, mallory) = (stage.ann.clone(), stage.mallory.clone());
    people.push(Person {
        name: "mallory".to_owned(),
        standing: Standing::Stranger,
        browser: mallory,
    });
    people.push(stage.keeper().await);
    let owner = Standing::Member(Role::Owner, Rights::ALL);
    people.push(Person { name: "ann".to_owned(), standing: owner, browser: ann });

    // What is there for everybody is asked for by nobody: signing out would end the play.
    let asked = |endpoint: &Endpoint, person: &Person| match endpoint.needs {
        Needs::Public => person.standing == Standing::Nobody,
        // In a play of its own.
        Needs::Local => false,
        _ => true,
    };
    let before = stage.footprint().await;
    let (mut served, refused): (Vec<_>, Vec<_>) = endpoints()
        .into_iter()
        .flat_map(|endpoint| people.iter().map(move |person| (endpoint.clone(), person)))
        .filter(|(endpoint, person)| asked(endpoint, person))
        .partition(|(endpoint, person)| due(endpoint.needs, person.standing) == Due::Served);
    let mut wrong = Vec::new();
    for (endpoint, person) in &refused {
        for accept in ACCEPTS {
            let path = stage.acme.path(endpoint);
            let answer = person.browser.ask(endpoint.method.clone(), &path, accept).await;
            let want = due(endpoint.needs, person.standing);
            let is_outside = match person.standing {
                Standing::Nobody | Standing::Stranger | Standing::Keeper => true,
                Standing::Member(_, rights) => rights == Rights::NONE,
            };
            if given(endpoint, &answer) != want || is_outside && stage.acme.is_told_by(&answer) {
                wrong.push(complaint(endpoint, person, want, &answer));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(&stage.footprint().await ^ &before, BTreeSet::new(), "a refusal changes nothing");

    // Last: each new sandbox bot brings a thousand people along.
    served.sort_by_key(|(endpoint, _)| endpoint.needs == Needs::Admin);
    // There is more to do with a bot in the sandbox than with any other.
    let mut place = stage.sandbox().await;
    for (endpoint, person) in &served {
        // A draft may be sent or thrown away once.
        place.draft = draft(&stage.ann, &place.slug, "Hello").await;
        let path = place.path(endpoint);
        let answer = person.browser.ask(endpoint.method.clone(), &path, HTML).await;
        let is_well = match endpoint.method {
            // There is no export yet, which its owner may know.
            Method::GET if endpoint.path.contains("{file}") => {
                answer.status == StatusCode::NOT_FOUND
            }
            Method::GET => answer.status == StatusCode::OK,
            _ => !answer.status.is_server_error(),
        };
        if given(endpoint, &answer) != Due::Served || !is_well {
            wrong.push(complaint(endpoint, person, Due::Served, &answer));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    println!(
        "{} endpoints, {} refusals, {} services",
        endpoints().len(),
        refused.len(),
        served.len()
    );
}

fn complaint(endpoint: &Endpoint, person: &Person, want: Due, answer: &Answer) -> String {
    let Endpoint { method, path, needs } = endpoint;
    format!(
        "{method} {path} needs {needs:?}; {} is owed {want:?} and got {}",
        person.name,
        answer.gist()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_bot_and_none_at_all_get_the_same_answer() {
    let stage = Stage::set().await;
    let mallory = Person {
        name: "mallory".to_owned(),
        standing: Standing::Stranger,
        browser: stage.mallory.clone(),
    };
    let people = [stage.nobody(), mallory, stage.colleague("bystander", Role::Member, &[]).await];
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let mut paths: Vec<Endpoint> = endpoints();
    paths.retain(|endpoint| endpoint.path.contains("{slug}"));
    paths.dedup_by(|a, b| a.path == b.path);
    // No endpoint has these: one path too long, and a page's with a query.
    let more =
        ["/bots/{slug}/nothing", "/bots/{slug}/broadcasts/{id}?done=sent", "/w/audit?bot={slug}"];
    paths.extend(more.map(|path| Endpoint {
        method: Method::GET,
        path: path.to_owned(),
        needs: Needs::OnBot(Right::View),
    }));
    for endpoint in &paths {
        let (theirs, none) =
            (stage.acme.path(endpoint), stage.acme.path_at("no_such_bot", endpoint));
        for person in &people {
            for method in &methods {
                for accept in ACCEPTS {
                    let at = async |path: &str, slug: &str| {
                        masked(person.browser.ask(method.clone(), path, accept).await, slug)
                    };
                    let (theirs, none) =
                        (at(&theirs, &stage.acme.slug).await, at(&none, "no_such_bot").await);
                    assert_eq!(
                        theirs, none,
                        "{method} {} {accept} as {}",
                        endpoint.path, person.name
                    );
                }
            }
        }
    }
}

/// An answer without what differs between any two: its date and id, and what the visitor knew.
fn masked(answer: Answer, slug: &str) -> (StatusCode, BTreeMap<String, String>, String) {
    let text = |name: &str| {
        let value = answer.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let id = text("x-request-id");
    let policy = text("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
    let nonce = nonce.unwrap_or("no nonce").to_owned();
    assert!(!id.is_empty(), "an answer has a request id");
    let mask = |text: &str| text.replace(&id, "ID").replace(&nonce, "NONCE").replace(slug, "SLUG");
    let told = answer.headers.keys().map(|name| name.as_str());
    // The length is the body's, which is compared itself.
    let told = told.filter(|name| !matches!(*name, "date" | "set-cookie" | "content-length"));
    let headers = told.map(|name| (name.to_owned(), mask(&text(name)))).collect();
    (answer.status, headers, mask(&answer.body))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_bot_is_not_there_under_ones_own() {
    let stage = Stage::set().await;
    let before = stage.footprint().await;
    let inner =
        |endpoint: &Endpoint| endpoint.path.contains("{id}") || endpoint.path.contains("{chat}");
    for endpoint in endpoints().iter().filter(|endpoint| inner(endpoint)) {
        // Mallory's draft and subscriber, under Ann's bot.
        let theirs = stage.other.path_at(&stage.acme.slug, endpoint);
        let none = theirs.replace(&stage.other.draft, "00000000-0000-7000-8000-000000000000");
        let none = none.replace(stage.other.chat, "7999");
        for accept in ACCEPTS {
            let got = stage.ann.ask(endpoint.method.clone(), &theirs, accept).await;
            assert!(!stage.other.is_told_by(&got), "{theirs}: {}", got.gist());
            let is_refused = matches!(got.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN);
            assert!(is_refused, "{} {theirs}: {}", endpoint.method, got.gist());
            let none = stage.ann.ask(endpoint.method.clone(), &none, accept).await;
            assert_eq!(got.status, none.status, "{theirs}");
        }
    }
    assert_eq!(&stage.footprint().await ^ &before, BTreeSet::new(), "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_declared_methods_are_answered_and_head_as_get() {
    let stage = Stage::set().await;
    let all = endpoints();
    let known = |method: &Method, path: &str| {
        all.iter().any(|endpoint| endpoint.method == *method && endpoint.path == path)
    };
    for Endpoint { path, .. } in &all {
        // Without a mail server it is there; see below.
        if path.starts_with("/dev/mail") {
            continue;
        }
        let endpoint = Endpoint { path: path.clone(), ..all[0].clone() };
        let here = stage.acme.path(&endpoint);
        for method in
            [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        {
            if !known(&method, path) {
                let answer = stage.ann.ask(method.clone(), &here, HTML).await;
                assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            }
        }
        let answer = stage.ann.ask(Method::HEAD, &here, HTML).await;
        let want = match known(&Method::GET, path) {
            true => stage.ann.ask(Method::GET, &here, HTML).await.status,
            false => StatusCode::METHOD_NOT_ALLOWED,
        };
        assert_eq!((answer.status, answer.body.as_str()), (want, ""), "HEAD {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_and_revocations_bite_on_the_next_request() {
    let stage = Stage::set().await;
    let bob = stage.colleague("bob", Role::Member, &[]).await.browser;
    let slug = &stage.acme.slug;
    let (page, stream) = (
        format!("/bots/{slug}/broadcasts/{}", stage.acme.draft),
        format!("/bots/{slug}/broadcasts/{}/events", stage.acme.draft),
    );
    let looks = async || bob.ask(Method::GET, &page, HTML).await.status;
    let writes = async || bob.post(&page, &[("text", "Hello")]).await.status;
    let connects = async || bob.ask(Method::POST, "/bots/connect", HTML).await.status;
    let grant = async |rights: &str| {
        stage
            .execute(&format!(
                "delete from bot_permissions;
                 insert into bot_permissions (workspace_id, bot_id, user_id, rights)
                 select d.workspace_id, d.bot_id, u.id, '{rights}' from directory d, users u
                 where d.slug = '{slug}' and u.email_key = 'bob@example.org'"
            ))
            .await;
    };
    let become_ = async |role: &str| {
        let whose = "user_id = (select id from users where email_key = 'bob@example.org')";
        stage.execute(&format!("update members set role = '{role}' where {whose}")).await;
    };
    assert_eq!((looks().await, writes().await), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));

    grant("{view}").await;
    assert_eq!((looks().await, writes().await), (StatusCode::OK, StatusCode::FORBIDDEN));
    let mut progress = bob.open(Method::GET, &stream, HTML).await;
    assert_eq!(progress.status(), StatusCode::OK);
    assert!(progress.chunk().await.expect("a chunk").is_some(), "the progress as it is");

    grant("{edit}").await;
    // Without the version that was read it is a conflict: the right is there.
    assert_eq!((looks().await, writes().await), (StatusCode::OK, StatusCode::CONFLICT));

    stage.execute("delete from bot_permissions").await;
    assert_eq!((looks().await, writes().await), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
    let end = async { while progress.chunk().await.expect("a chunk").is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), end)
        .await
        .expect("the stream ends with the right");

    become_("admin").await;
    assert_eq!(
        (looks().await, connects().await),
        (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY)
    );
    become_("member").await;
    assert_eq!((looks().await, connects().await), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_and_none_at_all_refuse_a_wrong_secret_alike() {
    let stage = Stage::set().await;
    let (ours, none) = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210");
    stage
        .execute(&format!(
            "update directory set hook = '{ours}', hook_hash = sha256('TEST-secret')
             where slug = '{}'",
            stage.acme.slug
        ))
        .await;
    let send = async |hook: &str, secret: &str| {
        let request = reqwest::Client::new()
            .post(format!("{}/telegram/{hook}", stage.site.url()))
            .header("x-telegram-bot-api-secret-token", secret)
            .body("{\"update_id\": 1}");
        Answer::of(request.send().await.expect("an answer")).await
    };
    assert_eq!(send(ours, "TEST-secret").await.status, StatusCode::OK);
    for secret in ["", "TEST-wrong"] {
        let (ours, none) = (send(ours, secret).await, send(none, secret).await);
        assert_eq!(ours.status, StatusCode::FORBIDDEN);
        assert_eq!(masked(ours, "-"), masked(none, "-"));
    }
    assert_eq!(send(none, "TEST-secret").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_those_at_the_machine_is_not_there_for_others() {
    let (db, dir) = (testdb::TestDb::new().await, tempfile::tempdir().expect("a folder"));
    let trusting = [("TRUSTED_PROXIES", "127.0.0.1".to_owned())];
    let gannet = Gannet::start(&db, dir.path(), &trusting).await;
    let browser = Browser::local(&gannet.url());
    let local: Vec<_> =
        endpoints().into_iter().filter(|endpoint| endpoint.needs == Needs::Local).collect();
    assert!(!local.is_empty());
    for Endpoint { method, path, .. } in local {
        let path = path.replace("{name}", "verify");
        let here = browser.ask(method.clone(), &path, HTML).await;
        assert_eq!(here.status, StatusCode::OK, "{path}");
        let request = reqwest::Client::new()
            .request(method, format!("{}{path}", gannet.url()))
            .header("x-forwarded-for", "203.0.113.7");
        let through_a_proxy = request.send().await.expect("an answer");
        assert_eq!(through_a_proxy.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
