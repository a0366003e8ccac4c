//! Puts the built site into the binary.
//!
//! `GANNET_EMBED_SITE` names its directory; without it nothing is embedded, and the server needs
//! `GANNET_SITE` when it runs.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=GANNET_EMBED_SITE");
    let mut files = Vec::new();
    if let Some(site) = env::var_os("GANNET_EMBED_SITE") {
        let site = PathBuf::from(site).canonicalize()?;
        println!("cargo::rerun-if-changed={}", site.display());
        collect(&site, &site, &mut files)?;
        files.sort();
    }
    let lines: String = files
        .iter()
        .map(|(name, path)| format!("    ({name:?}, include_bytes!({path:?})),\n"))
        .collect();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("site.rs");
    fs::write(out, format!("&[\n{lines}]\n"))
}

/// All files below `dir`, by their name relative to `site`.
fn collect(site: &Path, dir: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(site, &path, files)?;
        } else {
            let name = path.strip_prefix(site).expect("it lies below the site");
            files.push((text(name)?, text(&path)?));
        }
    }
    Ok(())
}

fn text(path: &Path) -> io::Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| io::Error::other("a file name is not UTF-8"))
}
