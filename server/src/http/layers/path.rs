//! Addresses are text.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use percent_encoding::percent_decode_str;

use crate::http::{
    problem::{Asked, Problem},
    web::Web,
};

/// Refuses a path that no text is encoded as, so that no handler has to.
///
/// The path of a webhook is a secret, and whatever is wrong with it its handler says the same.
pub async fn check(State(web): State<Web>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/telegram/") || is_text(path) {
        next.run(request).await
    } else {
        Problem::MALFORMED.answer(&Asked::of(&request), &web)
    }
}

fn is_text(path: &str) -> bool {
    percent_decode_str(path).decode_utf8().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_text_or_none() {
        for path in ["/", "/bots/demo", "/%C3%BC", "/%00", "/%F0%9F%98%80", "/100%", "/%zz"] {
            assert!(is_text(path), "{path}");
        }
        for path in ["/%FF", "/bots/%C3", "/%C3/%BC", "/%ED%A0%80", "/a%80b"] {
            assert!(!is_text(path), "{path}");
        }
    }
}
