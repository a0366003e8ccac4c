//! Addresses, and who may come.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use contract::auth::Signups;

use super::{BaseUrl, Networks, Reader, reader::Value};

/// Where we listen, what people type, who may come.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Address and port to listen on.
    /// `LISTEN`, default 127.0.0.1:3000.
    pub listen: SocketAddr,
    /// The address people type. http only for loopback.
    /// `BASE_URL`, default http://localhost with the port of `LISTEN`.
    pub base_url: BaseUrl,
    /// Peers whose `X-Forwarded-For` is believed.
    /// `TRUSTED_PROXIES`, addresses or networks separated by commas, default none.
    pub trusted_proxies: Networks,
    /// Who may reach the web app; health checks and webhooks are exempt. None means everyone.
    /// `WEB_ALLOWED_IPS`, addresses or networks separated by commas.
    pub allowed_ips: Option<Networks>,
    /// Who may register.
    /// `SIGNUPS`, default open.
    pub signups: Signups,
    /// Directory of static files; without it those in the binary are served.
    /// `GANNET_SITE`.
    pub site: Option<PathBuf>,
}

impl WebConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let listen = reader.or("LISTEN", SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)));
        let meant = reader.written("BASE_URL").and_then(|text| BaseUrl::guess(&text));
        let otherwise = meant.unwrap_or_else(|| BaseUrl::local(listen.port()));
        let base_url = reader.or("BASE_URL", otherwise);
        let trusted_proxies =
            reader.maybe::<Networks>("TRUSTED_PROXIES", "(none)").unwrap_or_default();
        if trusted_proxies.has_everyone() {
            let why = "a network of /0 would let anyone choose their own address";
            reader.complain("TRUSTED_PROXIES", why);
        }
        let allowed_ips = reader.maybe("WEB_ALLOWED_IPS", "(everyone)");
        let signups = reader.or("SIGNUPS", Signups::Open);
        let site = reader
            .maybe::<PathBuf>("GANNET_SITE", "(in the binary)")
            .map(|path| reader.host().directory.join(path));
        Self { listen, base_url, trusted_proxies, allowed_ips, signups, site }
    }
}

impl Value for Signups {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "invite" => Ok(Self::Invite),
            "closed" => Ok(Self::Closed),
            _ => Err(format!("`{text}` is not open, invite or closed")),
        }
    }

    fn show(&self) -> String {
        let name = match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        };
        name.to_owned()
    }
}

impl Value for SocketAddr {
    fn parse(text: &str) -> Result<Self, String> {
        let text = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.to_owned(),
        };
        match text.parse::<SocketAddr>() {
            Ok(address) if address.port() == 0 => Err("port 0 is no port".to_owned()),
            Ok(address) => Ok(address),
            Err(_) => Err(format!("`{text}` is no address and port such as 127.0.0.1:3000")),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for PathBuf {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(PathBuf::from(text))
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}
