//! `web.headers`: on every response, errors and static files included.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use leptos::nonce::Nonce;

use crate::http::web::Web;

/// The nonce of this response's scripts; Leptos puts it into the page.
#[derive(Clone, Debug)]
pub struct CspNonce(pub Nonce);

/// On an answer that carries a `<style>` with the nonce: a letter, as a mailbox would show it.
#[derive(Clone, Copy, Debug)]
pub struct OwnStyle;

/// Two years, as the preload lists want it. `includeSubDomains` and `preload` bind the whole domain
/// and are not ours to choose.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// When to come again where something that we depend on is away and nobody knows for how long, in seconds.
const COME_AGAIN: HeaderValue = HeaderValue::from_static("5");

const ALWAYS: [(&str, &str); 5] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// Chooses the nonce, and sets the headers.
pub async fn secure(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(CspNonce(nonce.clone()));
    let pays = request.uri().path().starts_with(app::paths::SUBSCRIPTION);
    let mut response = next.run(request).await;
    let has_style = response.extensions().get::<OwnStyle>().is_some();
    let is_away = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    if is_away {
        headers.entry(header::RETRY_AFTER).or_insert(COME_AGAIN);
    }
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page whose own address holds a secret asks for less.
    let referrer = HeaderValue::from_static("strict-origin-when-cross-origin");
    headers.entry(header::REFERRER_POLICY).or_insert(referrer);
    if web.config.base_url.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    let forms_end_at: &[String] = if pays { &web.pays_at } else { &[] };
    if let Ok(policy) = HeaderValue::from_str(&policy(&nonce, forms_end_at, has_style)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    keep_pages_fresh(headers);
    response
}

/// What is not said to be cacheable is asked for again: a page shows what is, not what was.
fn keep_pages_fresh(headers: &mut HeaderMap) {
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
}

/// The policy of a response whose scripts carry `nonce`. `forms_end_at` are further hosts that a
/// form's redirect may lead to: browsers judge the whole chain by `form-action`. With `has_style` the
/// nonce counts for styles too.
fn policy(nonce: &str, forms_end_at: &[String], has_style: bool) -> String {
    let forms: String = forms_end_at.iter().map(|host| format!(" {host}")).collect();
    let style = if has_style { format!(" 'nonce-{nonce}'") } else { String::new() };
    format!(
        "default-src 'none'; \
         script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'{style}; \
         img-src 'self' data: blob:; \
         font-src 'self'; \
         connect-src 'self'; \
         manifest-src 'self'; \
         form-action 'self'{forms}; \
         frame-ancestors 'none'; \
         base-uri 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_nothing_inline_but_what_carries_the_nonce() {
        let strict = policy("TEST", &[], false);
        assert!(strict.contains("default-src 'none'; script-src 'self' 'nonce-TEST'"));
        assert!(strict.contains("form-action 'self'; frame-ancestors 'none'; base-uri 'none'"));
        assert!(!strict.contains("unsafe-inline") && !strict.contains("'unsafe-eval'"));
        let paying = policy("TEST", &["https://checkout.stripe.com".to_owned()], false);
        assert!(paying.contains("form-action 'self' https://checkout.stripe.com;"));
        assert!(strict.contains("style-src 'self';"), "{strict}");
        let letter = policy("TEST", &[], true);
        assert!(letter.contains("style-src 'self' 'nonce-TEST';"), "{letter}");
    }
}
