//! `/dev/mail`: mail that has no server to go to, readable on this machine alone.

use std::{fmt::Write, net::SocketAddr, sync::Arc};

use axum::{
    Extension, Json,
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use contract::needs::Needs;
use services::mail::templates::{self, Letter};

use super::{
    layers::{CspNonce, OwnStyle},
    ports::{KeptMail, Mailbox},
    problem::{Asked, Problem, escaped, wants_json},
    table::Table,
    web::Web,
};

/// Headers that a proxy adds: behind one, everybody comes from loopback.
const FORWARDING: [&str; 5] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

const NOTHING_HERE: Problem<'_> = Problem {
    status: StatusCode::NOT_FOUND,
    title: "There is nothing here",
    what: "The address may be mistyped, or what was here has been removed.",
    advice: "Check the address, or start from the overview.",
};

/// What the page is made from.
#[derive(Clone)]
pub struct Mails {
    /// The mail.
    pub mailbox: Arc<dyn Mailbox>,
    /// For refusals, and for the look.
    pub web: Web,
}

/// The routes; only to be served where mail is kept and `BASE_URL` is loopback.
pub fn table() -> Table<Mails> {
    Table::new()
        .get("/dev/mail", Needs::Local, show)
        .get("/dev/mail/letters", Needs::Local, letters)
        .get("/dev/mail/letters/{name}", Needs::Local, letter)
}

async fn show(State(mails): State<Mails>, request: Request) -> Response {
    let asked = Asked::of(&request);
    if !asks_from_here(&request) {
        return NOTHING_HERE.answer(&asked, &mails.web);
    }
    let Ok(latest) = mails.mailbox.latest().await else {
        return Problem::AWAY.answer(&asked, &mails.web);
    };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    if wants_json(request.headers()) {
        (no_store, Json(latest)).into_response()
    } else {
        let lead = "There is no SMTP_URL, so mail is kept here instead of being sent. Only a browser on this \
                    machine can see this page.";
        (no_store, Html(around("Mail on this machine", lead, &list(&latest), &mails.web)))
            .into_response()
    }
}

/// `/dev/mail/letters`: every letter there is.
async fn letters(State(mails): State<Mails>, request: Request) -> Response {
    let asked = Asked::of(&request);
    if !asks_from_here(&request) {
        return NOTHING_HERE.answer(&asked, &mails.web);
    }
    let mut list = String::from("<ul>");
    for (name, letter) in samples(&mails) {
        let subject = escaped(letter.subject);
        let _ =
            write!(list, "<li><a href=\"/dev/mail/letters/{name}\">{subject}</a> ({name})</li>");
    }
    list.push_str("</ul>");
    let lead = "Each with samples in it, as a mailbox shows it.";
    Html(around("Letters", lead, &list, &mails.web)).into_response()
}

/// `/dev/mail/letters/{name}`: one letter as a mailbox would show it, and below it the text for those
/// that show no HTML.
async fn letter(
    State(mails): State<Mails>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let asked = Asked::of(&request);
    let letter = samples(&mails).into_iter().find(|(known, _)| *known == name);
    let nonce = request.extensions().get::<CspNonce>().map(|nonce| nonce.0.clone());
    let (Some((_, letter)), Some(nonce), true) = (letter, nonce, asks_from_here(&request)) else {
        return NOTHING_HERE.answer(&asked, &mails.web);
    };
    let text = format!("<hr><pre>{}</pre></body>", escaped(&letter.text()));
    let html = letter.html().replacen("<style>", &format!("<style nonce=\"{nonce}\">"), 1);
    (Extension(OwnStyle), Html(html.replacen("</body>", &text, 1))).into_response()
}

fn samples(mails: &Mails) -> Vec<(&'static str, Letter)> {
    templates::samples(&mails.web.config.base_url.origin())
}

fn asks_from_here(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    is_from_here(peer, request.headers())
}

/// Whether a browser on this machine asks, by a name of this machine, without a proxy between.
/// The name matters: another site's name that resolves to 127.0.0.1 is that site, to the browser.
fn is_from_here(peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host.parse::<axum::http::uri::Authority>().map(|host| host.host().to_owned());
    let is_loopback = |name: &str| {
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let ip = bare.parse::<std::net::IpAddr>();
        bare == "localhost" || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
    };
    peer.is_none_or(|peer| peer.ip().to_canonical().is_loopback())
        && name.is_ok_and(|name| is_loopback(&name))
        && !FORWARDING.iter().any(|forwarding| headers.contains_key(*forwarding))
}

fn list(mails: &[KeptMail]) -> String {
    let mut list = String::from("<p><a href=\"/dev/mail/letters\">Every letter there is</a></p>");
    for KeptMail { to, subject, text, at } in mails {
        let at = at.map(|at| at.to_string()).unwrap_or_default();
        // Writing into a string does not fail.
        let _ = write!(
            list,
            "<article class=\"card\"><h2>{}</h2><p class=\"muted\">To {} {}</p><pre>{}</pre></article>",
            escaped(subject),
            escaped(to),
            escaped(&at),
            escaped(text),
        );
    }
    if mails.is_empty() {
        list.push_str("<p>No mail yet. What Gannet would send appears here.</p>");
    }
    list
}

/// The page around `body`.
fn around(title: &str, lead: &str, body: &str, web: &Web) -> String {
    let css = web.site.snapshot().assets().css.clone();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\" data-theme=\"system\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · Gannet</title>\
         <link rel=\"stylesheet\" href=\"/{css}\"></head>\
         <body><div class=\"gate\"><main id=\"main\"><h1>{title}</h1>\
         <p class=\"muted\">{lead}</p>{body}</main></div></body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_browser_on_this_machine_sees_the_mail() {
        type Lines = &'static [(&'static str, &'static str)];
        let cases: &[(&str, Lines, bool)] = &[
            ("127.0.0.1:5000", &[("host", "localhost:3000")], true),
            ("127.0.0.1:5000", &[("host", "127.0.0.1:3000")], true),
            ("[::1]:5000", &[("host", "[::1]:3000")], true),
            ("[::ffff:127.0.0.1]:5000", &[("host", "localhost")], true),
            ("127.0.0.1:5000", &[("host", "rebound.evil.test:3000")], false),
            ("127.0.0.1:5000", &[("host", "localhost.evil.test")], false),
            ("127.0.0.1:5000", &[("host", "user@evil.test")], false),
            ("127.0.0.1:5000", &[], false),
            ("192.0.2.7:5000", &[("host", "localhost:3000")], false),
            ("127.0.0.1:5000", &[("host", "localhost"), ("x-forwarded-for", "127.0.0.1")], false),
            ("127.0.0.1:5000", &[("host", "localhost"), ("forwarded", "for=x")], false),
            ("127.0.0.1:5000", &[("host", "localhost"), ("via", "1.1 proxy")], false),
        ];
        for (peer, lines, want) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in *lines {
                headers.insert(*name, value.parse().expect("a header"));
            }
            let peer = peer.parse().expect("an address");
            assert_eq!(is_from_here(Some(peer), &headers), *want, "{peer} {lines:?}");
        }
    }

    #[test]
    fn what_a_mail_holds_stays_text() {
        let mail = KeptMail {
            to: "a@b.test".to_owned(),
            subject: "<script>alert(1)</script>".to_owned(),
            text: "\"quotes\" & 'more'".to_owned(),
            at: None,
        };
        let page = list(&[mail]);
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.contains("&quot;quotes&quot; &amp; &#39;more&#39;"), "{page}");
    }
}
