//! `public/`: files that are served as they are.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::{
    Source,
    manifest::{hash, hashed_name},
};

/// What browsers and robots ask for at a fixed address, by name or by its beginning.
const FIXED: [&str; 4] = [".well-known/", "apple-touch-icon", "favicon.", "robots.txt"];

/// The files of `dir`; all but those at fixed addresses get a hash into their names.
///
/// # Errors
/// When a file cannot be read.
pub fn sources(dir: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    collect(dir, "", &mut sources)?;
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

fn collect(dir: &Path, prefix: &str, sources: &mut Vec<Source>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        let entry = entry?;
        let file = entry.file_name().into_string();
        let Ok(file) = file else { continue };
        let name = format!("{prefix}{file}");
        let path = entry.path();
        if path.is_dir() {
            collect(&path, &format!("{name}/"), sources)?;
        } else if is_served(&name) {
            let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            let path = address(&name, &bytes);
            sources.push(Source { name, path, bytes });
        }
    }
    Ok(())
}

/// Hidden files are an editor's or git's, but for those in `.well-known`.
fn is_served(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    !file.starts_with('.') && !file.ends_with('~')
}

fn address(name: &str, bytes: &[u8]) -> String {
    if FIXED.iter().any(|fixed| name.starts_with(fixed)) {
        return name.to_owned();
    }
    hashed_name(name, &hash([bytes]))
}

#[cfg(test)]
mod tests {
    use super::{address, is_served};

    #[test]
    fn what_others_look_for_keeps_its_name() {
        for name in ["favicon.ico", "favicon.svg", "robots.txt", ".well-known/security.txt"] {
            assert_eq!(address(name, b"abc"), name);
        }
        assert_eq!(address("icons.svg", b"abc"), "icons-ba7816bf8f01cfea.svg");
    }

    #[test]
    fn what_editors_leave_behind_is_not_served() {
        for name in [".gitkeep", "icons.svg~", "img/.DS_Store"] {
            assert!(!is_served(name), "{name}");
        }
        assert!(is_served(".well-known/security.txt"));
    }
}
