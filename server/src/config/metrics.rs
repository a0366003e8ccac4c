//! Who may read the figures of the instance.

use std::{fmt, net::SocketAddr};

use super::{Reader, WebConfig, reader::Value};

/// Fewest characters of a token: nobody guesses it.
const SHORTEST: usize = 32;
/// Most characters of a token: it travels in a header.
const LONGEST: usize = 256;

/// Where `/metrics` is, and for whom. Nowhere, unless one of the two is set; both may be.
#[derive(Clone, Debug)]
pub struct MetricsConfig {
    /// An address and port on which nothing else is served, and nobody is asked who they are.
    /// `METRICS_LISTEN`, default none.
    pub listen: Option<SocketAddr>,
    /// What a request for it on the main address must bring, as `Authorization: Bearer …`.
    /// `METRICS_TOKEN`, 32 to 256 characters without spaces, default none.
    pub token: Option<MetricsToken>,
}

impl MetricsConfig {
    pub(super) fn read(reader: &mut Reader<'_>, web: &WebConfig) -> Self {
        let listen = reader.maybe("METRICS_LISTEN", "(none)");
        if listen == Some(web.listen) {
            let why =
                "it needs an address of its own; on that of LISTEN a METRICS_TOKEN lets one in";
            reader.complain("METRICS_LISTEN", why);
        }
        Self { listen, token: reader.maybe("METRICS_TOKEN", "(none)") }
    }
}

/// What lets a program read the figures; shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct MetricsToken(String);

impl MetricsToken {
    /// The text itself, to compare with.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// For tests elsewhere that need one.
    #[cfg(test)]
    pub(crate) fn for_test(text: &str) -> Self {
        Self::parse(text).expect("a token")
    }
}

impl fmt::Debug for MetricsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsToken")
    }
}

impl Value for MetricsToken {
    fn parse(text: &str) -> Result<Self, String> {
        if !(SHORTEST..=LONGEST).contains(&text.len()) {
            return Err(format!("needs {SHORTEST} to {LONGEST} characters"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "may have letters, digits and signs of ASCII alone, and no spaces".to_owned()
            );
        }
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        "(hidden)".to_owned()
    }
}
