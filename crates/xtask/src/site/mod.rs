//! Building `target/site`: every static file under its final name, with compressed siblings.
//!
//! ```text
//! manifest.json                 {"gannet.css": "gannet-0123456789abcdef.css", …}
//! gannet-<hash>.css             style/, in the order of style/order.txt
//! icons-<hash>.svg, robots.txt  public/; what others look for at a fixed address keeps its name
//! pkg/gannet-<hash>.{js,wasm}   the WASM module and its script, under one hash
//! *.br, *.gz                    beside what compresses well
//! ```

mod css;
mod manifest;
mod public;
mod wasm;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

pub use self::wasm::Module;
use crate::{
    budget::Weight,
    compress::{self, Effort},
    progress::Progress,
    steps::Steps,
    workspace::Workspace,
};

/// Kinds of files that are worth compressing; images and fonts are compressed already.
const COMPRESSIBLE: [&str; 9] =
    ["css", "html", "js", "json", "svg", "txt", "wasm", "webmanifest", "xml"];

/// A file of the site that is not written yet.
pub struct Source {
    /// What the server calls it: `gannet.css`.
    pub name: String,
    /// Where it lies below the site, and its address: `gannet-0123456789abcdef.css`.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A file of the site that was written.
pub struct Asset {
    /// Where it lies below the site.
    pub path: String,
    /// What it weighs.
    pub weight: Weight,
}

/// A site that was written.
pub struct Built {
    /// Every file but the manifest and the compressed siblings.
    pub assets: Vec<Asset>,
}

/// Compiles the WASM module and generates its script.
///
/// # Errors
/// [`crate::Failed`] when the frontend does not compile.
pub fn build_module(workspace: &Workspace, steps: &mut Steps, release: bool) -> Result<Module> {
    wasm::build(workspace, steps, release)
}

/// Writes `target/site` from the module, style/ and public/. Files that did not change are left
/// alone, and those that no longer belong to the site are removed.
///
/// # Errors
/// When a source is missing or a file cannot be written.
pub fn write(
    workspace: &Workspace,
    steps: &mut Steps,
    module: &Module,
    release: bool,
) -> Result<Built> {
    steps.step("build the site", |progress| {
        let root = workspace.root();
        let mut sources = module.sources();
        sources.push(css::source(&root.join("style"), release)?);
        sources.extend(public::sources(&root.join("public"))?);
        let effort = if release { Effort::Best } else { Effort::Quick };
        write_all(&workspace.site(), sources, effort, progress)
    })
}

fn write_all(
    site: &Path,
    sources: Vec<Source>,
    effort: Effort,
    progress: &Progress,
) -> Result<Built> {
    let mut names = BTreeMap::new();
    let mut keep = BTreeSet::from([site.join(manifest::FILE)]);
    let mut assets = Vec::new();
    for source in sources {
        progress.say(&source.path);
        let path = site.join(&source.path);
        let mut weight = Weight { raw: source.bytes.len(), ..Weight::default() };
        put(&path, &source.bytes)?;
        for (suffix, bytes) in compressed(&source, effort)? {
            let sibling = with_suffix(&path, suffix);
            match suffix {
                "br" => weight.brotli = bytes.len(),
                _ => weight.gzip = bytes.len(),
            }
            // A sibling that saves nothing would only cost its reader time.
            if bytes.len() < source.bytes.len() {
                put(&sibling, &bytes)?;
                keep.insert(sibling);
            }
        }
        keep.insert(path);
        names.insert(source.name, source.path.clone());
        assets.push(Asset { path: source.path, weight });
    }
    // Last, so that whoever reads it finds what it names.
    put(&site.join(manifest::FILE), manifest::text(&names)?.as_bytes())?;
    sweep(site, &keep)?;
    Ok(Built { assets })
}

fn compressed(source: &Source, effort: Effort) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let kind = Path::new(&source.path).extension().and_then(|kind| kind.to_str());
    if !kind.is_some_and(|kind| COMPRESSIBLE.contains(&kind)) {
        return Ok(Vec::new());
    }
    Ok(vec![
        ("br", compress::brotli(&source.bytes, effort)?),
        ("gz", compress::gzip(&source.bytes, effort)?),
    ])
}

/// Writes a file whole or not at all, and only if it would change.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let say = || format!("write {}", path.display());
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).with_context(say)?;
    }
    let draft = with_suffix(path, "new");
    fs::write(&draft, bytes).with_context(say)?;
    fs::rename(&draft, path).with_context(say)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Removes every file below `dir` that is not kept, and the directories that are then empty.
fn sweep(dir: &Path, keep: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            sweep(&path, keep)?;
            // Fails when it is not empty, which is what we want.
            let _ = fs::remove_dir(&path);
        } else if !keep.contains(&path) {
            fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}
