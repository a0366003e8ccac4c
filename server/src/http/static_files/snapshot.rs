//! The site's files as they are at one moment, all in memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use app::Assets;
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue},
};
use sha2::{Digest, Sha256};

use super::encoding::Encoding;

/// Names that the build gives to what it makes: plain name to hashed name.
const MANIFEST: &str = "manifest.json";

/// The site's files at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    files: HashMap<String, Arc<File>>,
    assets: Assets,
}

/// One file in all the forms in which it can be sent.
#[derive(Debug)]
pub struct File {
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
    /// Whether its name holds the hash of its content.
    pub hashed: bool,
    /// With the character set, for text.
    pub content_type: &'static str,
    hash: String,
}

impl Snapshot {
    /// From all files, by their name relative to the site's root.
    ///
    /// # Errors
    /// What is wrong with `manifest.json`.
    pub fn new(mut found: BTreeMap<String, Bytes>) -> Result<Self, String> {
        let Some(manifest) = found.remove(MANIFEST) else { return Ok(Self::default()) };
        let manifest: BTreeMap<String, String> = serde_json::from_slice(&manifest)
            .map_err(|err| format!("{MANIFEST} of the site cannot be read: {err}"))?;
        let compressed = |name: &str| name.ends_with(".br") || name.ends_with(".gz");
        let mut files = HashMap::new();
        for (name, plain) in &found {
            if compressed(name) {
                continue;
            }
            let file = File {
                plain: plain.clone(),
                gzip: found.get(&format!("{name}.gz")).cloned(),
                brotli: found.get(&format!("{name}.br")).cloned(),
                hashed: manifest.values().any(|hashed| hashed == name) && is_hashed(name),
                content_type: content_type(name),
                hash: Sha256::digest(plain)[..8].iter().map(|byte| format!("{byte:02x}")).collect(),
            };
            let file = Arc::new(file);
            // Compiled with LEPTOS_OUTPUT_NAME, Leptos asks for the module without `_bg`.
            if let Some(bare) = name.strip_suffix("_bg.wasm") {
                files.insert(format!("/{bare}.wasm"), Arc::clone(&file));
            }
            files.insert(format!("/{name}"), file);
        }
        Ok(Self { files, assets: assets(&manifest) })
    }

    /// The file at `path`, which begins with a slash.
    pub fn file(&self, path: &str) -> Option<Arc<File>> {
        self.files.get(path).cloned()
    }

    /// The names the pages ask for.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }
}

impl File {
    /// The shortest form that the client takes.
    pub fn best_for(&self, asked: &HeaderMap) -> (Encoding, &Bytes) {
        let forms = [(Encoding::Brotli, &self.brotli), (Encoding::Gzip, &self.gzip)];
        forms
            .into_iter()
            .filter_map(|(encoding, bytes)| Some((encoding, bytes.as_ref()?)))
            .find(|(encoding, _)| encoding.is_accepted(asked))
            .unwrap_or((Encoding::Identity, &self.plain))
    }

    /// The `ETag` of one form.
    pub fn tag(&self, encoding: Encoding) -> HeaderValue {
        HeaderValue::from_str(&format!("\"{}-{}\"", self.hash, encoding.name()))
            .expect("hexadecimal digits make a header")
    }
}

/// Names without hashes stand in for what the build did not make.
fn assets(manifest: &BTreeMap<String, String>) -> Assets {
    let name = |plain: &str| manifest.get(plain).map_or(plain, String::as_str).to_owned();
    let script = name("gannet.js");
    let output_name = script.trim_start_matches("pkg/").trim_end_matches(".js");
    Assets {
        output_name: output_name.into(),
        css: name("gannet.css").into(),
        icons: name("icons.svg").into(),
    }
}

/// Whether `name` ends in a dash and sixteen hexadecimal digits, but for what follows them.
fn is_hashed(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    base.split(['-', '.', '_'])
        .any(|part| part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
