use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, SystemTime},
};

use http_body_util::BodyExt;

use super::*;

const CSS: &str = "gannet-0123456789abcdef.css";

fn snapshot() -> Snapshot {
    let manifest = format!(
        r#"{{"gannet.css": "{CSS}", "gannet.js": "pkg/gannet-fedcba9876543210.js",
            "gannet_bg.wasm": "pkg/gannet-fedcba9876543210_bg.wasm"}}"#
    );
    let files = [
        ("manifest.json", manifest.as_str()),
        (CSS, "plain css"),
        ("gannet-0123456789abcdef.css.br", "brotli css"),
        ("gannet-0123456789abcdef.css.gz", "gzip css"),
        ("pkg/gannet-fedcba9876543210.js", "js"),
        ("robots.txt", "robots"),
    ];
    let owned = files.map(|(name, text)| (name.to_owned(), Bytes::from(text.to_owned())));
    Snapshot::new(BTreeMap::from(owned)).expect("a sound site")
}

async fn get(path: &str, headers: &[(&'static str, &str)]) -> Option<(Response, String)> {
    let mut asked = HeaderMap::new();
    for (name, value) in headers {
        asked.insert(*name, value.parse().expect("a header"));
    }
    let (parts, body) = answer(&*snapshot().file(path)?, &asked).into_parts();
    let bytes = body.collect().await.expect("in memory").to_bytes();
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    Some((Response::from_parts(parts, Body::empty()), text))
}

#[tokio::test]
async fn the_shortest_form_that_is_understood_is_sent() {
    let path = format!("/{CSS}");
    let cases = [
        ("br, gzip", "brotli css", Some("br")),
        ("gzip", "gzip css", Some("gzip")),
        ("identity", "plain css", None),
    ];
    for (accept, want, encoding) in cases {
        let (response, text) = get(&path, &[("accept-encoding", accept)]).await.expect("there");
        assert_eq!(text, want);
        let got = response.headers().get("content-encoding").map(|value| value.as_bytes());
        assert_eq!(got, encoding.map(str::as_bytes), "{accept}");
        assert_eq!(response.headers()["vary"], "accept-encoding");
        assert_eq!(response.headers()["content-type"], "text/css; charset=utf-8");
    }
}

#[tokio::test]
async fn hashed_names_are_cached_for_ever_and_others_for_minutes() {
    let (hashed, _) = get(&format!("/{CSS}"), &[]).await.expect("there");
    assert_eq!(hashed.headers()["cache-control"], "public, max-age=31536000, immutable");
    let (plain, _) = get("/robots.txt", &[]).await.expect("there");
    assert_eq!(plain.headers()["cache-control"], "public, max-age=300");
    for hidden in ["/manifest.json", "/gannet-0123456789abcdef.css.br", "/../etc/passwd", "/"] {
        assert!(get(hidden, &[]).await.is_none(), "{hidden}");
    }
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let (first, _) = get("/robots.txt", &[]).await.expect("there");
    let tag = first.headers()["etag"].to_str().expect("text").to_owned();
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let (response, text) =
            get("/robots.txt", &[("if-none-match", &known)]).await.expect("there");
        assert_eq!((response.status(), text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!(response.headers()["etag"], tag.as_str());
    }
    let (response, _) = get("/robots.txt", &[("if-none-match", "\"other\"")]).await.expect("there");
    assert_eq!(response.status(), StatusCode::OK);
}

#[test]
fn pages_learn_the_hashed_names() {
    let snapshot = snapshot();
    let assets = snapshot.assets();
    assert_eq!(&*assets.output_name, "gannet-fedcba9876543210");
    assert_eq!(&*assets.css, CSS);
    assert_eq!(&*assets.icons, "icons.svg", "what the build did not make keeps its name");
}

#[test]
fn a_directory_is_read_again_when_its_manifest_changes() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("written");
    assert!(Site::open(Some(dir.path())).is_err(), "no manifest, no site");

    write("manifest.json", r#"{"gannet.css": "one.css"}"#);
    write("one.css", "1");
    let site = Site::open(Some(dir.path())).expect("a site");
    assert_eq!(&*site.snapshot().assets().css, "one.css");

    write("manifest.json", r#"{"gannet.css": "two.css"}"#);
    write("two.css", "2");
    let later = SystemTime::now() + Duration::from_secs(5);
    let manifest = fs::File::options().write(true).open(dir.path().join("manifest.json"));
    manifest.and_then(|file| file.set_modified(later)).expect("touched");
    assert_eq!(&*site.snapshot().assets().css, "two.css");
    assert!(site.snapshot().file("/two.css").is_some());
}
