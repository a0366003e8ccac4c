//! Static files: hashed names, compressed at build time, cached for ever.
//!
//! In a release they are inside the binary. `GANNET_SITE` names a directory instead; it is looked
//! at again whenever its `manifest.json` changes, so that a new stylesheet needs no restart.

mod encoding;
mod site;
mod snapshot;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::web::Web;

pub use site::Site;
pub use snapshot::Snapshot;

use encoding::Encoding;
use snapshot::File;

/// A name with a hash never means anything else.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Answers GET and HEAD for the site's files; everything else goes on.
pub async fn serve(State(web): State<Web>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads && let Some(file) = web.site.snapshot().file(request.uri().path()) {
        return answer(&file, request.headers());
    }
    next.run(request).await
}

fn answer(file: &File, asked: &HeaderMap) -> Response {
    let (encoding, bytes) = file.best_for(asked);
    let tag = file.tag(encoding);
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, if file.hashed { FOR_EVER } else { FOR_MINUTES });
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ETAG, tag.clone());
    if knows(asked, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    if encoding != Encoding::Identity {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
    // hyper leaves the body out of an answer to HEAD and keeps its length.
    (headers, Body::from(Bytes::clone(bytes))).into_response()
}

/// Whether the client has what `tag` names.
fn knows(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let lists = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one.as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests;
