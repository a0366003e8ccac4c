//! Lists of addresses and networks.

use std::net::IpAddr;

use ipnet::IpNet;

use super::reader::Value;

/// Networks, v4 and v6; a single address is a network of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether `ip` lies in one of them. A v4-mapped address is judged as v4.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|network| network.contains(&ip))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them holds every address there is.
    pub(super) fn has_everyone(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }
}

impl Value for Networks {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split([',', ' ', '\n', '\t']).filter(|part| !part.is_empty());
        let networks = parts.map(network).collect::<Result<Vec<_>, _>>()?;
        if networks.is_empty() {
            return Err("names no address".to_owned());
        }
        Ok(Self(networks))
    }

    fn show(&self) -> String {
        let shown: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        shown.join(", ")
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let wrong =
        || format!("`{text}` is no address or network such as 203.0.113.7 or 2001:db8::/32");
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(ip.to_canonical()));
    }
    let network: IpNet = text.parse().map_err(|_| wrong())?;
    if network.trunc() != network {
        return Err(format!("`{text}` has bits set behind its prefix; meant {}?", network.trunc()));
    }
    match network {
        IpNet::V6(v6) if v6.addr().to_ipv4_mapped().is_some() => {
            Err(format!("`{text}`: write v4-mapped networks as v4"))
        }
        network => Ok(network),
    }
}
