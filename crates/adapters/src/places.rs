//! In which country an address is, as a file on this machine knows.

use std::{fmt, net::IpAddr, path::Path};

use maxminddb::{PathElement, Reader};

/// A database of countries in MaxMind's format (`.mmdb`), held in memory. Nothing is asked of anybody.
pub struct Places(Reader<Vec<u8>>);

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Places({})", self.0.metadata().database_type)
    }
}

/// Why there are no places.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoPlaces(String);

impl Places {
    /// Reads the file at `path`. Blocks: call it at start.
    ///
    /// # Errors
    /// [`NoPlaces`] when it cannot be read, or is in another format.
    pub fn open(path: &Path) -> Result<Self, NoPlaces> {
        let bytes = std::fs::read(path)
            .map_err(|err| NoPlaces(format!("cannot read {}: {err}", path.display())))?;
        Self::of(bytes).map_err(|err| NoPlaces(format!("{}: {err}", path.display())))
    }

    fn of(bytes: Vec<u8>) -> Result<Self, NoPlaces> {
        let broken = |_| NoPlaces("no database of places in MaxMind's format (.mmdb)".to_owned());
        Ok(Self(Reader::from_source(bytes).map_err(broken)?))
    }

    /// The English name of the country of `ip`; nothing for an address that the file does not know.
    pub fn country(&self, ip: IpAddr) -> Option<String> {
        let english =
            [PathElement::Key("country"), PathElement::Key("names"), PathElement::Key("en")];
        let name = self.0.lookup(ip.to_canonical()).ok()?.decode_path::<&str>(&english).ok()??;
        Some(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database in which 203.0.113.0/24 is in Germany, written as MaxMind's specification says:
    /// a tree of 24 nodes with records of 24 bits, the data, and the metadata behind their mark.
    fn germany() -> Vec<u8> {
        const NODES: u32 = 24;
        let network: u32 = u32::from_be_bytes([203, 0, 113, 0]);
        let mut file = Vec::new();
        for depth in 0..NODES {
            // Behind the nodes stand 16 bytes, and behind those the data.
            let onward = if depth + 1 == NODES { NODES + 16 } else { depth + 1 };
            let is_right = network >> (31 - depth) & 1 == 1;
            let (left, right) = if is_right { (NODES, onward) } else { (onward, NODES) };
            file.extend(&left.to_be_bytes()[1..]);
            file.extend(&right.to_be_bytes()[1..]);
        }
        file.extend([0; 16]);
        file.extend(map(&[("country", map(&[("names", map(&[("en", text("Germany"))]))]))]));
        file.extend(b"\xab\xcd\xefMaxMind.com");
        file.extend(map(&[
            ("binary_format_major_version", number(5, &[2])),
            ("binary_format_minor_version", number(5, &[0])),
            ("build_epoch", vec![1, 2, 1]),
            ("database_type", text("Test-Country")),
            ("description", map(&[])),
            ("ip_version", number(5, &[4])),
            ("languages", vec![0, 4]),
            ("node_count", number(6, &[NODES as u8])),
            ("record_size", number(5, &[24])),
        ]));
        file
    }

    fn number(kind: u8, bytes: &[u8]) -> Vec<u8> {
        [&[kind << 5 | bytes.len() as u8], bytes].concat()
    }

    fn text(text: &str) -> Vec<u8> {
        number(2, text.as_bytes())
    }

    fn map(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = vec![7 << 5 | pairs.len() as u8];
        for (key, value) in pairs {
            bytes.extend(text(key));
            bytes.extend(value);
        }
        bytes
    }

    #[test]
    fn an_address_is_in_a_country_or_nowhere_that_is_known() {
        let places = Places::of(germany()).expect("a database");
        let country = |ip: &str| places.country(ip.parse().expect("an address"));
        assert_eq!(country("203.0.113.7").as_deref(), Some("Germany"));
        assert_eq!(country("::ffff:203.0.113.255").as_deref(), Some("Germany"));
        for ip in ["203.0.112.7", "203.0.114.1", "127.0.0.1", "2001:db8::1"] {
            assert_eq!(country(ip), None, "{ip}");
        }
    }

    #[test]
    fn another_file_is_refused_at_the_start() {
        for bytes in [Vec::new(), b"not a database".to_vec(), germany()[..200].to_vec()] {
            assert!(Places::of(bytes).is_err());
        }
        let missing = Places::open(Path::new("/nonexistent.mmdb")).expect_err("nothing is there");
        assert!(missing.to_string().starts_with("cannot read /nonexistent.mmdb"), "{missing}");
    }
}
