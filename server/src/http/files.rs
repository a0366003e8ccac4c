//! Files of a workspace's export, a part at a time.

use std::io::{self, Read};

use app::paths;
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use contract::{Backend, ClientError, cx::RequestCx, export::Part, needs::Needs};
use flate2::read::GzDecoder;
use futures::{Stream, stream};

use super::{
    problem::{Asked, Problem, wants_json},
    table::Table,
    web::Web,
};

/// What the files are read from.
#[derive(Clone)]
pub struct Files {
    /// The use cases.
    pub backend: Backend,
    /// For refusals.
    pub web: Web,
}

/// The files, and what they need.
pub fn table() -> Table<Files> {
    Table::new().get("/w/export/{id}/{file}", Needs::Owner, file)
}

/// A file, as it was written. It lies here compressed and goes out so to whoever takes that; in memory is one
/// part. Who loses the right to it in the middle gets no further part.
async fn file(
    State(files): State<Files>,
    Path((id, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    let asked = Asked::of(&request);
    let Some(cx) = request.extensions().get::<RequestCx>().cloned() else {
        return Problem::INTERNAL.answer(&asked, &files.web);
    };
    let first = match files.backend.exports.fetch(&cx, &id, &file).await {
        Ok(first) => first,
        Err(error) => return refusal(&error, &request, &asked, &files.web),
    };
    let is_compressed = takes_gzip(request.headers());
    // It is one of ours: there is such a file.
    let (content_type, name) = match file.rsplit_once('.') {
        Some((_, "csv")) => ("text/csv; charset=utf-8; header=present", file.clone()),
        _ => ("application/jsonl; charset=utf-8", file.clone()),
    };
    let parts = Parts { backend: files.backend, cx, id, file, is_compressed };
    let mut response = Body::from_stream(parts.stream(first)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// Whether the client takes gzip. A weight of zero says no (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
    accepted.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight: String = weight.split_whitespace().collect();
            let refused =
                weight.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
            name.trim().eq_ignore_ascii_case("gzip") && !refused
        },
    )
}

struct Parts {
    backend: Backend,
    cx: RequestCx,
    id: String,
    file: String,
    is_compressed: bool,
}

impl Parts {
    fn stream(self, first: Part) -> impl Stream<Item = io::Result<Bytes>> {
        stream::unfold((self, Some(Ok(first))), |(parts, next)| async move {
            let part: Part = match next? {
                Ok(part) => part,
                // A file that ends early must not look whole.
                Err(error) => return Some((Err(error), (parts, None))),
            };
            let n = part.n;
            let bytes = if parts.is_compressed { Ok(part.gzip.into()) } else { plain(&part.gzip) };
            let next = parts.backend.exports.part_after(&parts.cx, &parts.id, &parts.file, n).await;
            let next = next.map_err(io::Error::other).transpose();
            Some((bytes, (parts, next)))
        })
    }
}

fn plain(gzip: &[u8]) -> io::Result<Bytes> {
    let mut text = Vec::with_capacity(gzip.len() * 6);
    GzDecoder::new(gzip).read_to_end(&mut text)?;
    Ok(text.into())
}

fn refusal(error: &ClientError, request: &Request, asked: &Asked, web: &Web) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::FORBIDDEN);
    if wants_json(request.headers()) {
        return (status, Json(error.clone())).into_response();
    }
    let what = error.to_string();
    match error {
        // Back to the page: a file would be all they see of having signed in.
        ClientError::Unauthenticated => {
            Redirect::to(&paths::query(paths::LOGIN, &[("next", paths::EXPORT)])).into_response()
        }
        ClientError::NeedsSecondFactor => {
            Redirect::to(&paths::two_factor_for_workspace()).into_response()
        }
        _ => Problem {
            status,
            title: "There is no such file",
            what: &what,
            advice: "Go back to the export and choose a file there.",
        }
        .answer(asked, web),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_goes_to_those_who_take_it() {
        let cases = [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP ; q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, br", false),
            ("identity", false),
            ("", false),
            ("xgzip", false),
        ];
        for (value, want) in cases {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(takes_gzip(&headers), want, "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
