//! Light, dark, or as the device has it.

use app::{next::same_site, paths, ui::Theme};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};

use super::{Forms, Posted};

/// A year, in seconds.
const LASTS: u32 = 365 * 24 * 60 * 60;

/// `POST /theme`: keeps the choice in a cookie that holds nothing else, and goes back.
pub async fn choose(State(forms): State<Forms>, posted: Posted) -> Response {
    let theme = Theme::parse(posted.field("theme"));
    let next = same_site(posted.field("next")).unwrap_or(paths::HOME);
    let mut response = posted.done(next);
    if let Ok(cookie) = HeaderValue::from_str(&cookie(theme, forms.web.config.base_url.is_https()))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn cookie(theme: Theme, https: bool) -> String {
    let (name, secure) = if https { ("__Host-theme", "; Secure") } else { ("theme", "") };
    let value = theme.as_str();
    format!("{name}={value}; Path=/; Max-Age={LASTS}; HttpOnly; SameSite=Lax{secure}")
}
