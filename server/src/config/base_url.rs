//! The address people type.

use std::net::IpAddr;

use url::{Host, Url};

use super::reader::Value;

/// Scheme, host and port under which people reach this instance; never a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// `http://localhost:<port>`, for an instance nobody configured.
    pub(super) fn local(port: u16) -> Self {
        let url = Url::parse(&format!("http://localhost:{port}"));
        Self(url.expect("a port makes a valid address"))
    }

    /// What `text`, which cannot stay, most likely means: so much that whatever depends on it can be
    /// complained about at once.
    pub(super) fn guess(text: &str) -> Option<Self> {
        let has_host = |url: &Url| url.has_host();
        let url = Url::parse(text).ok().filter(has_host);
        url.or_else(|| Url::parse(&format!("https://{text}")).ok().filter(has_host)).map(Self)
    }

    /// Without a slash at the end, as an `Origin` header has it: `https://gannet.example`.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The address of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The host, without port: a name or an address (`[::1]` in brackets).
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether it is https: what `DECISIONS` calls production.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the host is this very machine: `localhost`, names below it, 127/8 or `::1`.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether Telegram could call it: https, and no private or local host.
    pub fn is_public_https(&self) -> bool {
        self.is_https() && !self.is_loopback() && !is_private(&self.0)
    }
}

impl Value for BaseUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|err| format!("not an address ({err})"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err("http is for loopback only; use https".to_owned()),
            other => return Err(format!("{other}: is not http or https")),
        }
        let bare = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if bare {
            Ok(Self(url))
        } else {
            Err("give scheme, host and port only, without a path or anything after it".to_owned())
        }
    }

    fn show(&self) -> String {
        self.origin()
    }
}

/// Whether `url` leads to this very machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).to_canonical().is_loopback(),
        None => false,
    }
}

fn is_private(url: &Url) -> bool {
    let private_v4 = |ip: std::net::Ipv4Addr| {
        let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
        ip.is_private() || ip.is_link_local() || ip.is_unspecified() || shared
    };
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let local = [".local", ".internal", ".lan", ".home.arpa", ".test"];
            !name.contains('.') || local.iter().any(|suffix| name.ends_with(suffix))
        }
        Some(Host::Ipv4(ip)) => private_v4(ip),
        Some(Host::Ipv6(ip)) => match IpAddr::V6(ip).to_canonical() {
            IpAddr::V4(ip) => private_v4(ip),
            IpAddr::V6(ip) => {
                ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified()
            }
        },
        None => true,
    }
}
