//! `auth.csrf`: no other site can act for a signed-in person, nor sign one in.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};

use crate::http::{
    problem::{Asked, Problem},
    web::Web,
};

/// Refuses what another site's page sends.
pub async fn check(State(web): State<Web>, request: Request, next: Next) -> Response {
    if is_ours(request.method(), request.headers(), &web.config.base_url.origin()) {
        next.run(request).await
    } else {
        Problem::FOREIGN.answer(&Asked::of(&request), &web)
    }
}

/// Whether a request comes from a page of `origin`, or from no page at all.
///
/// Browsers say where a request comes from: nearly all in `Sec-Fetch-Site`, older ones in `Origin`.
/// What has neither is no browser, and holds no cookies that it was not given.
fn is_ours(method: &Method, headers: &HeaderMap, origin: &str) -> bool {
    if method.is_safe() {
        return true;
    }
    let mut sites = headers.get_all("sec-fetch-site").iter().peekable();
    if sites.peek().is_some() {
        return sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
    }
    headers.get_all(header::ORIGIN).iter().all(|value| value.as_bytes() == origin.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_programs_that_are_no_browsers_may_change_anything() {
        type Lines = &'static [(&'static str, &'static str)];
        const OURS: &str = "https://gannet.example";
        let cases: &[(Method, Lines, bool)] = &[
            (Method::GET, &[("sec-fetch-site", "cross-site")], true),
            (Method::POST, &[], true),
            (Method::POST, &[("sec-fetch-site", "same-origin")], true),
            (Method::POST, &[("sec-fetch-site", "none")], true),
            (Method::POST, &[("sec-fetch-site", "same-site")], false),
            (Method::POST, &[("sec-fetch-site", "cross-site")], false),
            (Method::POST, &[("sec-fetch-site", "cross-site"), ("origin", OURS)], false),
            (Method::POST, &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "x")], false),
            (Method::POST, &[("origin", OURS)], true),
            (Method::POST, &[("origin", "null")], false),
            (Method::POST, &[("origin", "https://gannet.example.evil.test")], false),
            (Method::POST, &[("origin", "http://gannet.example")], false),
            (Method::POST, &[("origin", OURS), ("origin", "https://evil.test")], false),
            (Method::DELETE, &[("origin", "https://evil.test")], false),
        ];
        for (method, lines, want) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in *lines {
                headers.append(*name, value.parse().expect("a header"));
            }
            assert_eq!(is_ours(method, &headers, OURS), *want, "{method} {lines:?}");
        }
    }
}
