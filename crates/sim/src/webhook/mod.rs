//! Webhooks: one per bot, instead of polling.

mod deliver;
mod pump;

use std::sync::Arc;

use frankenstein::{types::AllowedUpdate, updates::WebhookInfo};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use crate::{bots::Bot, clock::Moment, reply::Refusal, world::World};

/// Ports that Telegram delivers to.
const PORTS: [u16; 4] = [443, 80, 88, 8443];
/// Most bytes of a certificate.
pub(crate) const LARGEST_CERTIFICATE: usize = 3 << 20;

/// Where and how a bot wants its updates delivered.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Settings {
    /// As it was given.
    pub url: String,
    pub secret: Option<String>,
    /// 1 to 100.
    pub max_connections: usize,
    pub ip_address: Option<String>,
    /// PEM, for a server whose certificate nobody else vouches for.
    pub certificate: Option<String>,
}

/// The webhook of one bot, if it has one.
#[derive(Debug, Default)]
pub(crate) struct Hook(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    settings: Option<Settings>,
    running: Option<CancellationToken>,
    last_error: Option<(u64, String)>,
    set_at: Option<Moment>,
}

impl Hook {
    pub fn settings(&self) -> Option<Settings> {
        self.0.lock().settings.clone()
    }

    pub fn is_set(&self) -> bool {
        self.0.lock().settings.is_some()
    }

    /// When the address was last changed.
    pub fn set_at(&self) -> Option<Moment> {
        self.0.lock().set_at
    }

    /// Delivers there from now on.
    pub fn set(&self, world: &Arc<World>, bot: &Arc<Bot>, settings: Settings) {
        let stop = world.stop.child_token();
        let mut state = self.0.lock();
        if let Some(running) = state.running.replace(stop.clone()) {
            running.cancel();
        }
        state.settings = Some(settings.clone());
        state.last_error = None;
        state.set_at = Some(world.clock.now());
        let pump = pump::run(world.clone(), bot.clone(), settings);
        world.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = pump => {}
            }
        });
    }

    /// Delivers nowhere. Answers whether there was a webhook.
    pub fn remove(&self) -> bool {
        let state = std::mem::take(&mut *self.0.lock());
        if let Some(running) = state.running {
            running.cancel();
        }
        state.settings.is_some()
    }

    fn failed(&self, now: Moment, why: String) {
        self.0.lock().last_error = Some((now.unix_secs(), why));
    }

    /// What `getWebhookInfo` says.
    pub fn info(&self, pending: usize, allowed: Vec<String>) -> WebhookInfo {
        let state = self.0.lock();
        let settings = state.settings.as_ref();
        let kinds = allowed
            .iter()
            .filter_map(|kind| serde_json::from_value::<AllowedUpdate>(kind.as_str().into()).ok());
        let kinds: Vec<_> = kinds.collect();
        WebhookInfo::builder()
            .url(settings.map(|hook| hook.url.clone()).unwrap_or_default())
            .has_custom_certificate(settings.is_some_and(|hook| hook.certificate.is_some()))
            .pending_update_count(u32::try_from(pending).unwrap_or(u32::MAX))
            .maybe_ip_address(settings.and_then(shown_address))
            .maybe_last_error_date(state.last_error.as_ref().map(|(at, _)| *at))
            .maybe_last_error_message(state.last_error.as_ref().map(|(_, why)| why.clone()))
            .maybe_max_connections(settings.map(|hook| hook.max_connections as u16))
            .maybe_allowed_updates((!kinds.is_empty()).then_some(kinds))
            .build()
    }
}

fn shown_address(settings: &Settings) -> Option<String> {
    settings.ip_address.clone().or_else(|| match Url::parse(&settings.url).ok()?.host()? {
        Host::Ipv4(ip) => Some(ip.to_string()),
        Host::Ipv6(ip) => Some(ip.to_string()),
        Host::Domain(_) => None,
    })
}

/// The address if Telegram would deliver there.
///
/// # Errors
/// 400 `bad webhook: …`; with `allow_http` only for what is no HTTP address at all.
pub(crate) fn checked_url(url: &str, allow_http: bool) -> Result<String, Refusal> {
    let invalid = || Refusal::bad_request("invalid webhook URL specified");
    let full = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    let url = Url::parse(&full).map_err(|_| invalid())?;
    let known = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if !known {
        return Err(invalid());
    }
    if allow_http {
        return Ok(full);
    }
    if url.scheme() != "https" {
        return Err(Refusal::bad_request("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    if !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
        let why = "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443";
        return Err(Refusal::bad_request(why));
    }
    Ok(full)
}

/// A secret that Telegram would send along.
///
/// # Errors
/// 400 for more than 256 characters and for others than `A-Za-z0-9_-`.
pub(crate) fn checked_secret(secret: String) -> Result<String, Refusal> {
    if secret.len() > 256 {
        return Err(Refusal::bad_request("secret token is too long"));
    }
    if !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(Refusal::bad_request("secret token contains unallowed characters"));
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_on_four_ports_is_delivered_to() {
        for (url, want) in [
            ("https://bots.example.org/hook", Ok("https://bots.example.org/hook")),
            ("bots.example.org:8443/hook", Ok("https://bots.example.org:8443/hook")),
            (
                "http://bots.example.org/hook",
                Err("bad webhook: An HTTPS URL must be provided for webhook"),
            ),
            (
                "https://bots.example.org:3000/",
                Err("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
            ),
            ("ftp://bots.example.org/", Err("invalid webhook URL specified")),
            ("https://", Err("invalid webhook URL specified")),
        ] {
            let got = checked_url(url, false).map_err(|refusal| refusal.description.into_owned());
            let want = want.map(str::to_owned).map_err(|why| format!("Bad Request: {why}"));
            assert_eq!(got, want, "{url}");
        }
        assert!(checked_url("http://127.0.0.1:3000/hook", true).is_ok());
    }
}
