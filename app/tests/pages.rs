//! What holds for every page, looked at in the HTML that the router makes of samples.

#[path = "../examples/gallery/billing.rs"]
mod billing;
#[path = "../examples/gallery/people.rs"]
mod people;
#[path = "../examples/gallery/sample.rs"]
mod sample;
#[path = "../examples/gallery/shots.rs"]
mod shots;

use std::sync::Arc;

use app::{Assets, routes};
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
};
use contract::auth::Signups;
use leptos::prelude::*;
use people::Guest;
use tower::ServiceExt;

/// The page at `address` as `guest` gets it.
async fn answer(guest: Guest, address: &str) -> Response {
    let backend = guest.backend.clone();
    let provide = move || {
        provide_context(backend.clone());
        provide_context(Assets::default());
    };
    let options = LeptosOptions::builder().output_name("gannet").build();
    let mut request = Request::get(address).body(Body::empty()).expect("a request");
    request.extensions_mut().insert(guest.cx);
    request.extensions_mut().insert(guest.form);
    request.extensions_mut().extend(guest.also);
    routes(options, Arc::new(provide)).oneshot(request).await.expect("routers answer")
}

async fn html(guest: Guest, address: &str) -> String {
    let bytes = to_bytes(answer(guest, address).await.into_body(), 1 << 20).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("HTML is UTF-8")
}

/// The start tags of `name`.
fn tags<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    let open = format!("<{name}");
    html.match_indices(&open)
        .filter_map(|(at, _)| {
            let rest = &html[at..];
            let is_whole_name = rest[open.len()..].starts_with([' ', '>', '/']);
            is_whole_name.then(|| &rest[..rest.find('>').map_or(rest.len(), |end| end + 1)])
        })
        .collect()
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

#[tokio::test]
async fn every_page_has_one_heading_one_main_and_a_title() {
    for &(name, guest, address) in shots::SHOTS.iter().filter(|(name, ..)| *name != "styleguide") {
        let page = html(guest(), address).await;
        assert_eq!(tags(&page, "h1").len(), 1, "{name}");
        assert_eq!(tags(&page, "main").len(), 1, "{name}");
        assert!(page.contains("Gannet</title>") || page.contains("<title>Gannet"), "{name}");
    }
}

#[tokio::test]
async fn no_page_needs_what_the_policy_forbids() {
    for &(name, guest, address) in shots::SHOTS {
        let page = html(guest(), address).await;
        assert!(!page.contains(" style=\""), "{name}");
        assert!(!page.contains("javascript:") && !page.contains(" onclick="), "{name}");
        for script in tags(&page, "script") {
            assert!(attribute(script, "nonce").is_some(), "{name}: {script}");
        }
        for tag in ["img", "script", "link", "use"] {
            for tag in tags(&page, tag) {
                let foreign = ["src", "href"]
                    .iter()
                    .filter_map(|name| attribute(tag, name))
                    .any(|to| to.contains("//"));
                assert!(!foreign, "{name}: {tag}");
            }
        }
    }
}

#[tokio::test]
async fn every_field_has_its_label_and_its_description() {
    for &(name, guest, address) in shots::SHOTS.iter().filter(|(name, ..)| *name != "styleguide") {
        let page = html(guest(), address).await;
        let labels: Vec<_> =
            tags(&page, "label").into_iter().filter_map(|tag| attribute(tag, "for")).collect();
        let ids: Vec<_> = page
            .match_indices(" id=\"")
            .filter_map(|(at, _)| page[at + 5..].split('"').next())
            .collect();
        for field in ["input", "textarea", "select"].iter().flat_map(|tag| tags(&page, tag)) {
            if attribute(field, "type") == Some("hidden") {
                continue;
            }
            let id = attribute(field, "id").unwrap_or_default();
            assert!(labels.contains(&id), "{name}: {field}");
            for described in
                attribute(field, "aria-describedby").unwrap_or_default().split_whitespace()
            {
                assert!(ids.contains(&described), "{name}: {described} of {field}");
            }
        }
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), ids.len(), "{name}: an id stands twice");
    }
}

#[tokio::test]
async fn every_change_is_posted_and_every_button_says_what_it_is() {
    for &(name, guest, address) in shots::SHOTS {
        let page = html(guest(), address).await;
        for form in tags(&page, "form") {
            let method = attribute(form, "method").unwrap_or_default();
            let is_search = attribute(form, "role") == Some("search");
            // It chooses whom the question that follows is about.
            let is_choice = attribute(form, "action").is_some_and(|to| to.ends_with("/again"));
            let may_get = is_search || is_choice || name == "styleguide";
            assert!(method == "post" || may_get, "{name}: {form}");
        }
        for button in tags(&page, "button") {
            assert!(attribute(button, "type").is_some(), "{name}: {button}");
        }
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_there_and_back() {
    for address in ["/bots", "/bots/acme_shop_bot", "/bots/connect", "/w/audit", "/account"] {
        let answer = answer(people::nobody(), address).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{address}");
        let to = answer.headers()[header::LOCATION].to_str().expect("text");
        assert_eq!(to, format!("/auth/login?next={}", address.replace('/', "%2F")));
    }
}

#[tokio::test]
async fn who_is_signed_in_already_is_led_on_to_where_they_wanted_to_be() {
    let cases = [
        ("", "/"),
        ("?next=%2Fbots%2Fdemo%3Fq%3Dx", "/bots/demo?q=x"),
        ("?next=%2F%2Fevil.test", "/"),
    ];
    for page in ["/auth/login", "/auth/register", "/auth/verify"] {
        for (query, want) in cases {
            let answer = answer(people::owner(), &format!("{page}{query}")).await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{page}{query}");
            assert_eq!(answer.headers()[header::LOCATION], want, "{page}{query}");
        }
    }
}

#[tokio::test]
async fn where_sign_ups_are_closed_every_page_that_leads_there_says_so() {
    for address in ["/", "/auth/login", "/auth/register"] {
        let (open, closed) =
            (html(people::nobody(), address).await, html(people::uninvited(), address).await);
        let said = Signups::Closed.refusal();
        assert!(!open.contains(said), "{address}");
        assert!(closed.contains(said), "{address}");
        assert!(!closed.contains("name=\"name\""), "{address}: no form to fill in for nothing");
        assert!(!closed.contains("href=\"/auth/register"), "{address}: no way that ends there");
    }
}

#[tokio::test]
async fn who_mends_the_address_types_nothing_else_again() {
    let page = html(people::nobody(), "/auth/verify?email=ann%40exmaple.com&name=Ann%20Lee").await;
    let mend = "/auth/register?name=Ann%20Lee&amp;email=ann%40exmaple.com";
    assert!(page.contains(mend) || page.contains(&mend.replace("&amp;", "&")), "{page}");
    let form = html(people::nobody(), &mend.replace("&amp;", "&")).await;
    assert!(form.contains("value=\"Ann Lee\"") && form.contains("value=\"ann@exmaple.com\""));
}

#[tokio::test]
async fn what_makes_something_new_carries_what_makes_it_once() {
    let cases = [
        ("/bots/acme_shop_bot/broadcasts/new", "id", people::owner as fn() -> Guest),
        ("/bots/connect", "once", people::owner),
        ("/bots", "once", people::newcomer),
        ("/", "once", people::newcomer),
    ];
    for (address, field, who) in cases {
        let page = html(who(), address).await;
        let name = format!(" name=\"{field}\"");
        let tag = tags(&page, "input").into_iter().find(|tag| tag.contains(&name));
        let value = tag.and_then(|tag| attribute(tag, "value"));
        assert_eq!(value, Some(who().cx.request_id.as_str()), "{address}");
    }
    // A form that came back stands for the same draft as before.
    let mut guest = people::owner();
    guest.form.values.insert("id".to_owned(), "0193a1b2-0000-7000-8000-000000000000".to_owned());
    let page = html(guest, "/bots/acme_shop_bot/broadcasts/new").await;
    assert!(page.contains("value=\"0193a1b2-0000-7000-8000-000000000000\""), "{page}");
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_foreign_bot_from_none() {
    let pages = [
        "",
        "/settings",
        "/subscribers",
        "/subscribers/1",
        "/broadcasts",
        "/broadcasts/new",
        "/broadcasts/nonsense",
    ];
    let mut seen = Vec::new();
    for rest in pages {
        let answer = answer(people::owner(), &format!("/bots/foreign_bot{rest}")).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{rest}");
        let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        let main =
            String::from_utf8_lossy(&body).split_once("<main").map(|(_, main)| main.to_owned());
        seen.push(
            main.and_then(|main| main.split_once("</main>").map(|(main, _)| main.to_owned())),
        );
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "each refusal reads the same");
}

#[tokio::test]
async fn statuses_tell_the_truth() {
    let cases = [
        ("/no/such/page", StatusCode::NOT_FOUND),
        ("/bots/acme_shop_bot/broadcasts/nonsense", StatusCode::NOT_FOUND),
        ("/bots/acme_shop_bot/subscribers/nonsense", StatusCode::NOT_FOUND),
        ("/bots", StatusCode::OK),
    ];
    for (address, want) in cases {
        assert_eq!(answer(people::owner(), address).await.status(), want, "{address}");
    }
}

#[tokio::test]
async fn what_was_typed_comes_back_and_hostile_text_stays_text() {
    let hostile = "\"><script>alert(1)</script>\u{202e}";
    let mut guest = people::nobody();
    guest.form.values.insert("name".to_owned(), hostile.to_owned());
    let page = html(guest, "/auth/register").await;
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(
        page.contains("&quot;&gt;&lt;script&gt;") || page.contains("&quot;><script"),
        "the text is still there"
    );
}

#[tokio::test]
async fn no_text_ends_the_field_or_the_title_that_it_stands_in() {
    let hostile = "</textarea></title><h1>& more";
    let form = |address, field: &'static str| async move {
        let mut guest = people::owner();
        guest.form.values.insert(field.to_owned(), hostile.to_owned());
        html(guest, address).await
    };
    for (address, field) in [
        ("/bots/acme_shop_bot/settings", "welcome"),
        ("/bots/acme_shop_bot/broadcasts/new", "text"),
    ] {
        let page = form(address, field).await;
        assert!(!page.contains("<h1>&"), "{address}");
        let kept = "\n&lt;/textarea&gt;&lt;/title&gt;&lt;h1&gt;&amp; more</textarea>";
        assert!(page.contains(kept), "{address}");
    }
}

#[tokio::test]
async fn a_broadcast_that_goes_out_is_looked_at_again_without_scripts() {
    let sending = answer(
        people::owner(),
        "/bots/acme_shop_bot/broadcasts/00000000-0000-0000-0000-000000000002",
    )
    .await;
    assert_eq!(sending.headers()[header::REFRESH], "4");
    let done = answer(
        people::owner(),
        "/bots/acme_shop_bot/broadcasts/00000000-0000-0000-0000-000000000003",
    )
    .await;
    assert!(done.headers().get(header::REFRESH).is_none());
}

#[tokio::test]
async fn the_secret_of_a_link_is_told_to_no_other_site() {
    for link in ["open", "used"] {
        let page = answer(people::nobody(), &format!("/auth/reset-password?token={link}")).await;
        assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    }
}
