//! `SMTP_URL`.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::{Host, Url};
use zeroize::Zeroizing;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (`smtps:`).
    Implicit,
    /// STARTTLS, or no mail (`smtp:`).
    StartTls,
    /// None: the server is this machine.
    Loopback,
}

/// A mail server and how to sign in there. The password is wiped when dropped, and never printed.
#[derive(Clone)]
pub struct SmtpUrl {
    pub(super) security: Security,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Option<(String, Zeroizing<String>)>,
}

impl SmtpUrl {
    /// Takes `smtp://[user:password@]host[:port]` or `smtps://…`.
    ///
    /// User and password are percent-encoded where they hold `@ : / ? # %`. Ports unless given: 465
    /// for `smtps`, 587 for `smtp`, 25 for `smtp` on this machine. Certificates are always verified.
    ///
    /// # Errors
    /// [`BadUrl`] never repeats the value.
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        let url = Url::parse(text.trim()).map_err(|_| BadUrl::NoUrl)?;
        let loopback = is_loopback(url.host_str().ok_or(BadUrl::NoUrl)?);
        let security = match url.scheme() {
            "smtps" => Security::Implicit,
            "smtp" if loopback => Security::Loopback,
            "smtp" => Security::StartTls,
            _ => return Err(BadUrl::NoUrl),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(BadUrl::Extra);
        }
        let usual = match security {
            Security::Implicit => 465,
            Security::StartTls => 587,
            Security::Loopback => 25,
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(BadUrl::HalfLogin),
            (user, Some(password)) => Some((decode(user)?.to_string(), decode(password)?)),
        };
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        Ok(Self { security, host, port: url.port().unwrap_or(usual), login })
    }

    /// How the connection is protected.
    pub fn security(&self) -> Security {
        self.security
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { security, host, port, login } = self;
        let login = if login.is_some() { "with" } else { "without" };
        write!(f, "SmtpUrl({host}:{port}, {security:?}, {login} login)")
    }
}

/// Why a text is no `SMTP_URL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Another scheme, or no host.
    #[error("must be smtp://host or smtps://host, with user:password@ before the host if needed")]
    NoUrl,
    /// A host that no certificate can name.
    #[error("has a host that no certificate can name")]
    Host,
    /// A user without a password, or the other way round.
    #[error("needs both a user and a password, or neither")]
    HalfLogin,
    /// Something in it decodes to no text.
    #[error("has a user or password whose percent-encoding is broken")]
    Encoding,
    /// A path, `?` or `#`. In a password they are written %2F, %3F, %23.
    #[error("must end with host and port (in a password write / as %2F, ? as %3F, # as %23)")]
    Extra,
}

fn decode(text: &str) -> Result<Zeroizing<String>, BadUrl> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| BadUrl::Encoding)?;
    if decoded.chars().any(char::is_control) {
        return Err(BadUrl::Encoding);
    }
    Ok(Zeroizing::new(decoded.into_owned()))
}

fn is_loopback(host: &str) -> bool {
    // A scheme that is not http leaves IPv4 addresses as they were typed: read them here.
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Ok(Host::Ipv4(ip)) => ip.is_loopback(),
        Ok(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_and_the_host_choose_port_and_protection() {
        use Security::*;
        let cases = [
            ("smtps://mail.example.org", Implicit, "mail.example.org", 465),
            ("smtp://mail.example.org", StartTls, "mail.example.org", 587),
            (" smtp://mail.example.org:2525/ ", StartTls, "mail.example.org", 2525),
            ("smtp://192.0.2.1", StartTls, "192.0.2.1", 587),
            ("smtp://localhost", Loopback, "localhost", 25),
            ("smtp://127.0.0.1:1025", Loopback, "127.0.0.1", 1025),
            ("smtp://[::1]:1025", Loopback, "::1", 1025),
            ("smtps://localhost", Implicit, "localhost", 465),
            ("smtp://localhost.example.org", StartTls, "localhost.example.org", 587),
        ];
        for (text, security, host, port) in cases {
            let url = SmtpUrl::parse(text).unwrap();
            assert_eq!(
                (url.security, url.host.as_str(), url.port),
                (security, host, port),
                "{text}"
            );
            assert!(url.login.is_none());
        }
    }

    #[test]
    fn the_login_is_decoded_and_hidden() {
        let url = SmtpUrl::parse("smtps://me%40example.org:p%3A%2F+w@mail.example.org").unwrap();
        let (user, password) = url.login.clone().unwrap();
        assert_eq!((user.as_str(), password.as_str()), ("me@example.org", "p:/+w"));
        let printed = format!("{url:?}");
        assert_eq!(printed, "SmtpUrl(mail.example.org:465, Implicit, with login)");
    }

    #[test]
    fn anything_else_is_refused() {
        let cases = [
            ("", BadUrl::NoUrl),
            ("mail.example.org:587", BadUrl::NoUrl),
            ("http://mail.example.org", BadUrl::NoUrl),
            ("smtp:///path", BadUrl::NoUrl),
            ("smtp://user@mail.example.org", BadUrl::HalfLogin),
            ("smtp://:word@mail.example.org", BadUrl::HalfLogin),
            ("smtp://u:%ff@mail.example.org", BadUrl::Encoding),
            ("smtp://u:a%0d%0ab@mail.example.org", BadUrl::Encoding),
            ("smtp://mail.example.org/inbox", BadUrl::Extra),
            ("smtp://mail.example.org?tls=no", BadUrl::Extra),
        ];
        for (text, want) in cases {
            assert_eq!(SmtpUrl::parse(text).err(), Some(want), "{text}");
        }
    }
}
