//! Names with a hash, and the list of them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The list's own name.
pub const FILE: &str = "manifest.json";

/// The first 16 hex digits of the SHA-256 of the parts, one after the other.
pub fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hex::encode(&hasher.finalize()[..8])
}

/// `icons.svg` with a hash: `icons-0123456789abcdef.svg`.
pub fn hashed_name(path: &str, hash: &str) -> String {
    let file = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[file..].rfind('.') {
        // A dot in front hides a file and does not begin its kind.
        Some(dot) if dot > 0 => {
            let (stem, kind) = path.split_at(file + dot);
            format!("{stem}-{hash}{kind}")
        }
        _ => format!("{path}-{hash}"),
    }
}

/// The list as JSON: what the server calls a file, and where it lies.
///
/// # Errors
/// Never: both are strings.
pub fn text(names: &BTreeMap<String, String>) -> Result<String> {
    let mut text = serde_json::to_string_pretty(names).context("write the manifest")?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{hash, hashed_name, text};

    #[test]
    fn a_hash_is_that_of_the_parts_together() {
        // SHA-256 of "abc", as in FIPS 180-2.
        assert_eq!(hash([b"abc".as_slice()]), "ba7816bf8f01cfea");
        assert_eq!(hash([b"a".as_slice(), b"bc"]), hash([b"abc".as_slice()]));
        assert_ne!(hash([b"abc".as_slice()]), hash([b"abd".as_slice()]));
    }

    #[test]
    fn the_hash_stands_before_the_kind() {
        let cases = [
            ("icons.svg", "icons-00.svg"),
            ("img/empty.bots.svg", "img/empty.bots-00.svg"),
            ("v1.2/LICENSE", "v1.2/LICENSE-00"),
            (".hidden", ".hidden-00"),
        ];
        for (path, want) in cases {
            assert_eq!(hashed_name(path, "00"), want);
        }
    }

    #[test]
    fn the_list_is_sorted_json() {
        let names = [("gannet.js", "pkg/gannet-00.js"), ("gannet.css", "gannet-11.css")];
        let names: BTreeMap<_, _> =
            names.map(|(name, path)| (name.to_owned(), path.to_owned())).into();
        let want =
            "{\n  \"gannet.css\": \"gannet-11.css\",\n  \"gannet.js\": \"pkg/gannet-00.js\"\n}\n";
        assert_eq!(text(&names).expect("strings"), want);
    }
}
