//! Tells the crate which migrations it was built with, so that a template database made from others
//! is not used.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::Path,
};

const MIGRATIONS: &str = "../../migrations";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={MIGRATIONS}");
    let mut files = BTreeMap::new();
    collect(Path::new(MIGRATIONS), &mut files)?;
    let mut hash = DefaultHasher::new();
    files.hash(&mut hash);
    println!("cargo::rustc-env=MIGRATIONS_HASH={:016x}", hash.finish());
    Ok(())
}

fn collect(dir: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.insert(path.display().to_string(), fs::read(&path)?);
        }
    }
    Ok(())
}
