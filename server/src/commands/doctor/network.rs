//! Addresses, and the neighbours we talk to.

use std::time::Duration;

use contract::auth::Signups;
use tokio::{net::TcpStream, time::timeout};
use url::Url;

use super::finding::Finding;
use crate::config::Config;

/// Longest wait for a neighbour.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the addresses mean for how gannet works.
pub(super) fn addresses(config: &Config) -> Vec<Finding> {
    let web = &config.web;
    let address = web.base_url.origin();
    let mut findings = vec![if web.base_url.is_public_https() {
        Finding::ok("address", format!("{address}, where Telegram delivers updates"))
    } else {
        Finding::ok("address", format!("{address}, which is not public: updates are fetched"))
    }];
    if web.base_url.is_loopback() && !web.listen.ip().is_loopback() {
        findings.push(Finding::warn(
            "listen",
            format!("{} is open to other machines while BASE_URL is this one", web.listen),
            "listen on 127.0.0.1, or set BASE_URL to the address people use",
        ));
    }
    if web.base_url.is_https() && web.listen.ip().is_loopback() && web.trusted_proxies.is_empty() {
        findings.push(Finding::warn(
            "proxy",
            "everybody seems to come from the proxy in front of gannet",
            "set TRUSTED_PROXIES to its address, such as 127.0.0.1",
        ));
    }
    if let Some(address) = config.metrics.listen.filter(|address| !address.ip().is_loopback()) {
        findings.push(Finding::warn(
            "metrics",
            format!("{address} tells figures about this instance to whoever reaches it"),
            "let a firewall see to it that only your monitoring does, or use METRICS_TOKEN",
        ));
    }
    if web.base_url.is_public_https() && web.signups == Signups::Open {
        findings
            .push(Finding::ok("sign-ups", "anybody may register (SIGNUPS=closed to change it)"));
    }
    findings
}

/// Whether mail and Telegram can be reached from here.
pub(super) async fn neighbours(config: &Config) -> Vec<Finding> {
    vec![mail(config).await, telegram(config).await]
}

async fn mail(config: &Config) -> Finding {
    let Some(smtp) = &config.mail.smtp else {
        return Finding::ok("mail", "is kept and readable at /dev/mail, on this machine only");
    };
    let (host, port) = smtp.place();
    match connects(&host, port).await {
        Ok(()) => Finding::ok("mail", format!("{host}:{port} answers")),
        Err(why) => Finding::fail(
            "mail",
            format!("{host}:{port} does not answer ({why})"),
            "check SMTP_URL and the firewall",
        ),
    }
}

async fn telegram(config: &Config) -> Finding {
    let base = &config.telegram.api_url;
    let place = Url::parse(base).ok().and_then(|url| {
        Some((url.host_str()?.trim_matches(['[', ']']).to_owned(), url.port_or_known_default()?))
    });
    let Some((host, port)) = place else {
        return Finding::fail("telegram", format!("{base} names no host"), "set TELEGRAM_API_URL");
    };
    match connects(&host, port).await {
        Ok(()) => Finding::ok("telegram", format!("{host}:{port} answers")),
        Err(why) if config.telegram.sandbox => Finding::warn(
            "telegram",
            format!("{host}:{port} does not answer ({why}); the sandbox works without it"),
            "check the network, or TELEGRAM_API_URL",
        ),
        Err(why) => Finding::fail(
            "telegram",
            format!("{host}:{port} does not answer ({why})"),
            "check the network, or TELEGRAM_API_URL",
        ),
    }
}

async fn connects(host: &str, port: u16) -> Result<(), String> {
    match timeout(PATIENCE, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(err)) => Err(err.to_string()),
        Err(_) => Err(format!("nothing within {} s", PATIENCE.as_secs())),
    }
}
