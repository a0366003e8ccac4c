//! Answers that no page and no use case gives: refused by a layer, or broken.

use app::ui::Theme;
use axum::{
    Json,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

use super::{layers::RequestId, web::Web};

/// What happened, why, and what to do now; as a page, or as JSON for who asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// The answer's status.
    pub status: StatusCode,
    /// A few words.
    pub title: &'a str,
    /// What happened and why.
    pub what: &'a str,
    /// What to do now.
    pub advice: &'a str,
}

/// What of a request its refusal needs to know, kept while the request itself goes on.
#[derive(Clone, Debug)]
pub struct Asked {
    json: bool,
    request_id: String,
    theme: Theme,
}

impl Asked {
    /// What `request` asks for.
    pub fn of(request: &Request) -> Self {
        let id = request.extensions().get::<RequestId>();
        Self {
            json: wants_json(request.headers()),
            request_id: id.map(|id| id.0.clone()).unwrap_or_default(),
            theme: theme_of(request.headers()),
        }
    }
}

impl Problem<'static> {
    /// Our own fault.
    pub const INTERNAL: Self = Self {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "Something went wrong on our side",
        what: "Your request met an error that we had not foreseen. It has been logged.",
        advice: "Try again. If it happens again, tell the person who runs this Gannet the request \
                 id below.",
    };
    /// A body or a path nobody can read.
    pub const MALFORMED: Self = Self {
        status: StatusCode::BAD_REQUEST,
        title: "This request cannot be read",
        what: "What arrived is neither a form nor an address that a page of ours leads to.",
        advice: "Go back, reload the page and try again.",
    };
    /// The body is longer than what is taken here.
    pub const TOO_LONG: Self = Self {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        title: "That is too much at once",
        what: "What you sent is longer than 128 KiB, and nothing of it was saved.",
        advice: "Go back, shorten it and send it again.",
    };
    /// The body had not come when the time for it was over.
    pub const TOO_SLOW: Self = Self {
        status: StatusCode::REQUEST_TIMEOUT,
        title: "This did not arrive",
        what: "What you sent took longer than 20 seconds to come, and nothing of it was saved.",
        advice: "Check your connection, then go back and send it again.",
    };
    /// Another site sent the request.
    pub const FOREIGN: Self = Self {
        status: StatusCode::FORBIDDEN,
        title: "This came from another site",
        what: "Requests that change something are taken from pages of this Gannet only, so that no \
               other site can act in your name.",
        advice: "Open the page here and try again there.",
    };
    /// Something we depend on is away.
    pub const AWAY: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Gannet is not ready",
        what: "The database does not answer at the moment.",
        advice: "Wait a few seconds and try again; nothing was changed.",
    };
}

impl Problem<'_> {
    /// The answer to who `asked`.
    pub fn answer(&self, asked: &Asked, web: &Web) -> Response {
        let mut response = if asked.json {
            self.json(&asked.request_id)
        } else {
            let css = web.site.snapshot().assets().css.clone();
            (self.status, Html(self.page(&css, asked))).into_response()
        };
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, no_store);
        response
    }

    fn json(&self, request_id: &str) -> Response {
        let error = self.title.to_lowercase().replace(' ', "_");
        let body = json!({
            "error": error,
            "message": format!("{} {}", self.what, self.advice),
            "request_id": request_id,
        });
        (self.status, Json(body)).into_response()
    }

    /// A page that needs nothing but the stylesheet: whatever else is broken, it can be shown.
    fn page(&self, css: &str, asked: &Asked) -> String {
        let Self { status, title, advice, .. } = self;
        let what = escaped(self.what);
        let (code, theme, id) = (status.as_u16(), asked.theme.as_str(), &asked.request_id);
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\" data-theme=\"{theme}\">\n<head>\
             <meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title} · Gannet</title>\
             <link rel=\"stylesheet\" href=\"/{css}\"></head>\n\
             <body><div class=\"gate\"><main id=\"main\"><section class=\"problem\">\
             <p class=\"problem-status\" aria-hidden=\"true\">{code}</p>\
             <h1>{title}</h1><p>{what}</p><p>{advice}</p>\
             <div class=\"actions\"><a class=\"btn\" data-kind=\"primary\" href=\"/\">Go to the start</a></div>\
             <p class=\"small muted\">Request <code>{id}</code></p>\
             </section></main></div></body>\n</html>\n"
        )
    }
}

/// `text` for HTML, in and between tags.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The theme that the cookie asks for.
fn theme_of(headers: &HeaderMap) -> Theme {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let word = pairs.find(|(name, _)| matches!(*name, "theme" | "__Host-theme"));
    word.map(|(_, word)| Theme::parse(word)).unwrap_or_default()
}

/// Whether JSON is asked for by name, and HTML is not.
pub fn wants_json(headers: &HeaderMap) -> bool {
    let accepts = |wanted: &str| {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut ranges = values.flat_map(|value| value.split(','));
        ranges.any(|range| {
            let kind = range.split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case(wanted)
        })
    };
    accepts("application/json") && !accepts("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_for_those_who_name_it() {
        let cases = [
            ("", false),
            ("*/*", false),
            ("application/json", true),
            ("Application/JSON; q=0.9, */*", true),
            ("text/html,application/xhtml+xml,application/json;q=0.9", false),
        ];
        for (accept, want) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            assert_eq!(wants_json(&headers), want, "{accept:?}");
        }
    }
}
