//! Which compressed form a client takes.

use axum::http::{HeaderMap, header};

/// A form in which a file can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// gzip.
    Gzip,
    /// Brotli.
    Brotli,
}

impl Encoding {
    /// The name in `Content-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }

    /// Whether `Accept-Encoding` lets us send this one. Without the header only identity is sure
    /// to be understood.
    pub fn is_accepted(self, asked: &HeaderMap) -> bool {
        let mut by_star = None;
        let lines = asked.get_all(header::ACCEPT_ENCODING).iter();
        for part in lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')) {
            let mut pieces = part.split(';').map(str::trim);
            let name = pieces.next().unwrap_or_default();
            let refused = pieces
                .filter_map(|piece| piece.strip_prefix("q=").or_else(|| piece.strip_prefix("Q=")))
                .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
            if name.eq_ignore_ascii_case(self.name()) {
                return !refused;
            }
            if name == "*" {
                by_star = Some(!refused);
            }
        }
        by_star.unwrap_or(self == Self::Identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_not_sent() {
        use Encoding::{Brotli, Gzip, Identity};
        let cases = [
            ("", [true, false, false]),
            ("gzip, deflate, br", [true, true, true]),
            ("gzip;q=1.0, br;q=0", [true, true, false]),
            ("BR", [true, false, true]),
            ("*", [true, true, true]),
            ("*;q=0, gzip", [false, true, false]),
            ("identity;q=0, br", [false, false, true]),
        ];
        for (text, want) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, text.parse().expect("a header"));
            let got = [Identity, Gzip, Brotli].map(|encoding| encoding.is_accepted(&headers));
            assert_eq!(got, want, "{text:?}");
        }
    }
}
