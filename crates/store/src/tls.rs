//! Whether TLS is spoken with a server, and whose certificates are believed.

use std::{
    ffi::OsString, net::IpAddr, os::unix::ffi::OsStringExt, path::PathBuf, sync::Arc,
    time::Duration,
};

use percent_encoding::percent_decode_str;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres::{
    Config, Error,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a server may be unreachable before its connections count as dead: what was said is not
/// acknowledged for so long, or nothing was said, and then it is asked. A cable that is cut says nothing,
/// and the system would wait for a quarter of an hour, or two.
const SILENCE: Duration = Duration::from_secs(15);

/// Where a URL leads.
pub(crate) struct Way {
    pub config: Config,
    /// None where TLS is not spoken.
    pub tls: Option<Trust>,
}

/// The issuers that are believed: the public ones, and those in this file of PEM.
pub(crate) struct Trust(Option<PathBuf>);

impl Way {
    /// Reads `url`, with what libpq knows and our driver does not: `sslrootcert`, and the modes that
    /// verify, as we always do.
    ///
    /// # Errors
    /// What the driver does not understand.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let mut issuers = None;
        let mut known = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslrootcert", "system")) => {}
                Some(("sslrootcert", path)) => {
                    let path = percent_decode_str(path).collect::<Vec<u8>>();
                    issuers = Some(PathBuf::from(OsString::from_vec(path)));
                }
                Some(("sslmode", "verify-full" | "verify-ca")) => known.push("sslmode=require"),
                // It may be spoken or not: what we would do unasked.
                Some(("sslmode", "allow" | "prefer")) => {}
                _ => known.push(pair),
            }
        }
        let mut config: Config = match known.as_slice() {
            [] => place.parse()?,
            known => format!("{place}?{}", known.join("&")).parse()?,
        };
        let says = |name: &str| {
            known.iter().any(|pair| pair.split_once('=').is_some_and(|(said, _)| said == name))
        };
        if !says("tcp_user_timeout") {
            config.tcp_user_timeout(SILENCE);
        }
        if !says("keepalives_idle") {
            config.keepalives_idle(SILENCE);
        }
        let mode = mode(&config);
        config.ssl_mode(mode);
        let tls = (mode != SslMode::Disable).then_some(Trust(issuers));
        Ok(Self { config, tls })
    }
}

impl Trust {
    /// What makes connections. Reads the file anew: certificates are renewed.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub async fn connector(&self) -> Result<MakeRustlsConnect, String> {
        let roots = match &self.0 {
            None => public_roots(),
            Some(path) => {
                let read = tokio::fs::read(path).await.map_err(|err| err.to_string());
                read.and_then(|pem| roots(&pem))
                    .map_err(|what| format!("{}: {what}", path.display()))?
            }
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the default protocol versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }
}

/// The public issuers, and those in the text `pem`.
///
/// # Errors
/// There is no certificate in it.
pub fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|err| format!("not in the form PEM ({err})"))?;
    let mut roots = public_roots();
    let (believed, _) = roots.add_parsable_certificates(found);
    if believed == 0 {
        return Err("holds no certificate in the form PEM".to_owned());
    }
    Ok(roots)
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// Off where no network lies between, unless the address asks for it; required anywhere else, unless
/// the address forbids it. Never left to the server, which might be somebody else.
fn mode(config: &Config) -> SslMode {
    match config.get_ssl_mode() {
        _ if is_all_sockets(config) => SslMode::Disable,
        SslMode::Disable => SslMode::Disable,
        SslMode::Prefer if is_on_this_machine(config) => SslMode::Disable,
        _ => SslMode::Require,
    }
}

fn is_all_sockets(config: &Config) -> bool {
    let is_socket = |host: &Host| matches!(host, Host::Unix(_));
    config.get_hostaddrs().is_empty() && config.get_hosts().iter().all(is_socket)
}

fn is_on_this_machine(config: &Config) -> bool {
    let is_loopback = |ip: &IpAddr| ip.to_canonical().is_loopback();
    let addresses = config.get_hostaddrs();
    // Where there are addresses, the names are for certificates alone.
    if !addresses.is_empty() {
        return addresses.iter().all(is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse().is_ok_and(|ip: IpAddr| is_loopback(&ip))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_on_this_machine_is_tls_left_out_unasked() {
        let cases = [
            ("localhost", "", false),
            ("LOCALHOST:5433", "?sslmode=prefer", false),
            ("127.0.0.1", "", false),
            ("[::1]", "", false),
            ("[::ffff:127.0.0.1]", "", false),
            ("localhost", "?sslmode=require", true),
            ("localhost", "?sslmode=verify-full", true),
            ("db.example.org", "", true),
            ("db.example.org", "?sslmode=prefer", true),
            ("db.example.org", "?sslmode=allow&connect_timeout=3", true),
            ("db.example.org", "?sslmode=verify-ca", true),
            ("db.example.org", "?sslmode=disable", false),
            ("10.0.0.7", "", true),
            ("localhost.example.org", "", true),
            ("localhost,db.example.org", "", true),
            ("localhost", "?hostaddr=10.0.0.7", true),
            ("", "?hostaddr=10.0.0.7", true),
            ("db.example.org", "?hostaddr=127.0.0.1", false),
            ("%2Frun%2Fpostgresql", "?sslmode=require", false),
            ("", "?host=/run/postgresql", false),
        ];
        for (place, query, want) in cases {
            let url = format!("postgres://ann:TEST@{place}/gannet{query}");
            let way = Way::parse(&url).expect(&url);
            assert_eq!(way.tls.is_some(), want, "{url}");
            let mode = if want { SslMode::Require } else { SslMode::Disable };
            assert_eq!(way.config.get_ssl_mode(), mode, "{url}: nothing is up to the server");
        }
    }

    #[test]
    fn issuers_are_named_as_elsewhere() {
        let issuers = |query: &str| {
            let way = Way::parse(&format!("postgres://ann@db/gannet?{query}")).expect(query);
            way.tls.and_then(|Trust(path)| path)
        };
        let both = "sslmode=verify-full&sslrootcert=%2Fetc/a%20b.pem&application_name=x";
        assert_eq!(issuers(both), Some(PathBuf::from("/etc/a b.pem")));
        assert_eq!(issuers("sslrootcert=system"), None);
        assert!(Way::parse("postgres://ann@db/gannet?sslmode=perhaps").is_err());
    }

    #[test]
    fn a_text_without_a_certificate_is_refused() {
        for text in
            ["", "mail me", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
        {
            assert!(roots(text.as_bytes()).is_err(), "{text}");
        }
    }
}
